#!/bin/bash
# SPDX-License-Identifier: MIT
# mpi.sh DYING TESTS...: runs tests on 2, 3 and 4 processes, then lets a rank die in each way: the
# others must end within the time limit of 2 s and 5 s more, with an exit code that is not 0 and
# a sentence that says why, and leave no process.
set -euo pipefail
dying=$1
shift
if ! command -v mpirun > /dev/null; then
  echo "skipped: no mpirun (apt-get install openmpi-bin)"
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
ranks() { timeout 120 mpirun --oversubscribe --bind-to none -np "$@"; }

for program in "$@"; do
  for n in 2 3 4; do
    echo "== $n processes: $(basename "$program")"
    ranks "$n" "$program" --gtest_brief=1
  done
done

# runs PID: the process is there a second later; one that has ended may wait for its parent (Z).
runs() {
  for _ in {1..10}; do
    grep -qs '^State:.[^ZX]' "/proc/$1/status" || return 1
    sleep 0.1
  done
}

# dies HOW SENTENCE [CODE]: the end of a run in which rank 1 dies.
dies() {
  rm -f "$folder"/*
  local start=$SECONDS code=0
  ranks 3 "$dying" "$1" "$folder" > "$folder/log" 2>&1 || code=$?
  local seconds=$((SECONDS - start))
  echo "== $1: code $code after $seconds s"
  if [[ $code == 0 || $code == 124 || $code != "${3:-$code}" ]] || ((seconds > 7)) ||
     ! grep -qE "$2" "$folder/log"; then
    cat "$folder/log"
    echo "expected \"$2\", code ${3:-other than 0}, at most 7 s"
    return 1
  fi
  for rank in 0 1 2; do
    if runs "$(cat "$folder/$rank")"; then
      echo "rank $rank is left"
      return 1
    fi
  done
}
operation='operation 4 of the group, all_reduce \(mean\) of float32 \[1000\] \(4000 bytes\)'
late="waited 2 s in $operation; rank 1 had not arrived"
gone="$operation; .*rank 1 had ended before"
dies hang "$late" 75
dies stop "$late" 75
dies exit "$gone" 75
dies throw "$gone" 75
dies memory "$gone" 75
dies kill 'signal 9'
dies _exit 'rank 1|process rank 1|exited|exit code'
