#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Writes examples/data/penguins.csv again: 344 penguins of three species on the Palmer islands
# (Horst, Hill and Gorman 2020; Gorman, Williams and Fraser 2014), CC0, from the Python package
# palmerpenguins.
source "$(dirname "$0")/lib.sh"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m pip download --quiet --no-deps --dest "$folder" palmerpenguins==0.1.6
python3 -m zipfile -e "$folder"/palmerpenguins-*.whl "$folder"
cp "$folder/palmerpenguins/data/penguins.csv" examples/data/penguins.csv
