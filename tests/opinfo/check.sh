#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compares the ops with PyTorch on the samples of its OpInfo database: writes the samples if there
# are none, builds opinfo_run, runs it, and sorts the differences. Fails if one is new; ends with 77
# if PyTorch cannot be installed.
#   check.sh [WORK]      WORK: the folder of samples and results, build/opinfo if not given
here=$(cd "$(dirname "$0")" && pwd)
work=$(realpath -m "${1:-$here/../../build/opinfo}")
source "$here/../../scripts/lib.sh"
mkdir -p "$work"

# Into another folder first, so that samples of a run that was ended are not taken for all.
write_samples() {
  say "writing PyTorch's samples into $work/data"
  rm -rf "$work/partial"
  "$here/python.sh" "$here/dump.py" "$work/partial" > "$work/dump.log" 2>&1 || {
    local code=$?
    tail -n 3 "$work/dump.log"
    exit $code
  }
  mv "$work/partial" "$work/data"
}

[ -d "$work/data" ] || write_samples
build release opinfo_run
build/release/tests/opinfo/opinfo_run "$work/data" > "$work/results.jsonl"
python3 "$here/triage.py" "$work/results.jsonl"
