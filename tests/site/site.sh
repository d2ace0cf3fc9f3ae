#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Opens every page of the documentation's site in Chromium without a window, as wide as a phone:
# site_test.js looks for broken links, missing pictures, formulas that stayed text, and pages that
# are wider than the screen. Also: a site that is broken in each of these ways is found.
set -euo pipefail
cd "${TINYGRAD_SOURCE_DIR:-$(dirname "$0")/../..}"
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
  echo "there is no chromium"
  exit 77
fi
scripts/docs.sh > /dev/null || exit 77
folder=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null; rm -rf "$folder"' EXIT

# look SITE: what site_test.js says about a folder of pages, which a server on this machine offers.
look() {
  local port
  rm -rf "$folder/www" && cp -r "$1" "$folder/www"
  cp tests/site/site_test.js "$folder/www/"
  (cd "$folder/www" && find . -name '*.html' ! -path './api/*' | sort | sed 's/.*/"&",/') > "$folder/pages"
  { echo '<!doctype html><meta charset="utf-8"><pre id="result"></pre><script>const pages = ['
    cat "$folder/pages"; echo '];</script><script src="site_test.js"></script>'; } \
    > "$folder/www/site_test.html"
  python3 -u -m http.server --directory "$folder/www" --bind 127.0.0.1 0 \
    > "$folder/port" 2> /dev/null &
  for _ in {1..50}; do
    port=$(grep -oE 'port [0-9]+' "$folder/port" | cut -d ' ' -f 2) && break || sleep 0.1
  done
  timeout 900 "$browser" --headless --no-sandbox --disable-gpu --window-size=1000,900 \
    --user-data-dir="$folder/profile" --timeout=600000 --virtual-time-budget=600000 --dump-dom \
    "http://127.0.0.1:$port/site_test.html" 2> /dev/null |
    sed -n '/<pre id="result">/,/<\/pre>/p' | sed 's/<[^>]*>//g'
  kill %% && wait %% 2> /dev/null || true
}

said=$(look build/docs/site)
echo "${said:-the pages did not run}"
[[ $said == all* ]] || exit 1

mkdir "$folder/broken"
cat > "$folder/broken/index.html" <<'HTML'
<!doctype html><meta name="viewport" content="width=device-width"><article>
<a href="nowhere.html">a link</a><img src="nothing.svg"><p>$$\frac{a}{b}$$</p>
<div style="width: 900px">wide</div></article>
HTML
said=$(look "$folder/broken")
for what in nowhere.html nothing.svg 'formula' 'wide'; do
  grep -q "$what" <<< "$said" || { echo "a broken site passes: $what: $said"; exit 1; }
done
