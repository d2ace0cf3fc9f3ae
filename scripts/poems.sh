#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Writes Chinese texts into build/poems, from Debian's package fortunes-zh (texts in the public
# domain; packaging GPL-3): the "three hundred" poems of the Tang as tang300.txt, a hundred of the
# Song as song100.txt, both as poems.txt, and sayings of all kinds as chinese.txt. A blank line
# comes after each.
#   scripts/poems.sh [FILE.deb]     the package, if it was fetched already
source "$(dirname "$0")/lib.sh"
package=${1:+$(realpath "$1")}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if [ -z "$package" ]; then
  (cd "$folder" && apt-get download -qq fortunes-zh > log 2>&1) || {
    echo "apt-get cannot download fortunes-zh: $(tail -n 1 "$folder/log")" >&2
    exit 2
  }
  package=$(compgen -G "$folder/*.deb")
fi
dpkg-deb -x "$package" "$folder"
out=build/poems
mkdir -p $out
for name in tang300 song100 chinese; do  # without colours, and without the lines between fortunes
  sed -e ':again; s/\x1b\[[0-9;]*m//; t again' -e 's/^%$//' \
    "$folder/usr/share/games/fortunes/$name" > $out/$name.txt
done
cat $out/song100.txt $out/tang300.txt > $out/poems.txt
wc -m $out/*.txt
