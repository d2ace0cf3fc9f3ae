#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests that --help names every option and --version the version, and that both exit with 0.
source "$(dirname "$0")/lib.sh"
for program in "$mlp" "$cnn"; do
  help=$("$program" --help)
  for option in data dataset samples device epochs batch-size lr shift seed threads save \
                checkpoint resume compare trace tensorboard profile json quiet help version; do
    grep -qE -- "--$option( |,|$)" <<< "$help" || wrong "--help does not name --$option"
  done
  [[ $("$program" --version) =~ ^tinygrad\ [0-9]+\.[0-9]+\.[0-9]+$ ]] ||
    wrong "--version: $("$program" --version)"
done
[ -z "$(ls)" ] || wrong "files were made: $(ls)"
