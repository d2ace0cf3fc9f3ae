#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the labs of the course as a whole, and writes their tables and pictures to
# docs/course/results, which the chapters quote. About an hour on 2 cores.
#   scripts/labs.sh [NAME...]              then tools/quotes --write brings the chapters up to date
#   scripts/labs.sh --compare [NAME...]    writes to build/labs, and fails where a claim does not
#                                          hold or a value has left the range that its lab states
source "$(dirname "$0")/lib.sh"
results=docs/course/results out=$results compare=()
if [ "${1:-}" = --compare ]; then
  out=build/labs
  shift
fi
names=("$@")
[ ${#names[@]} -gt 0 ] || mapfile -t names < <(grep -l '^int main' examples/labs/*.cpp |
                                               xargs -n 1 basename -s .cpp)

build native "${names[@]/#/lab_}"
failed=0
for name in "${names[@]}"; do
  rm -rf "${out:?}/$name"
  mkdir -p "$out/$name"
  [ "$out" = "$results" ] || compare=(--compare "$results/$name")
  set +e
  timed "$name" "build/native/examples/lab_$name" --out "$out/$name" "${compare[@]}"
  [ $? = 0 ] || failed=1
  set -e
done
exit $failed
