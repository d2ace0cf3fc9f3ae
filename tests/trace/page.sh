#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Opens pages of recorded steps in Chromium without a window: page_test.js clicks, steps and
# searches in them, and this looks at what it found. Also: a page that is broken is found.
#   page.sh TRACE_PAGES
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
  echo "there is no chromium"
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$1" "$folder"

# look PAGE: what page_test.js says about it.
look() {
  local tested=$folder/tested.html
  { cat "$1"; echo "<script>"; cat "$here/page_test.js"; echo "</script>"; } > "$tested"
  timeout 120 "$browser" --headless --no-sandbox --disable-gpu --user-data-dir="$folder/profile" \
    --window-size=1400,900 --virtual-time-budget=20000 --lang=en --dump-dom "file://$tested" \
    2> /dev/null | grep -oE '<pre id="result">[^<]*' | sed 's/.*>//'
}
failed=0
for page in "$folder"/{mlp,cnn,gpt}.html; do
  said=$(look "$page" || true)
  echo "${page##*/}: ${said:-the page did not run}"
  [[ $said == all* ]] || failed=1
done
sed 's/function place(layer, before) {/&return;/' "$folder/mlp.html" > "$folder/broken.html"
if [[ $(look "$folder/broken.html" || true) == all* ]]; then
  echo "a page whose nodes have no place passes"
  failed=1
fi
exit $failed
