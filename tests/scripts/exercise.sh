#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests scripts/exercise.sh with the programs of this build, and with stand-ins for them.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
failed=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
expect() {  # expect STATUS PATTERN ARGUMENTS...: how the script ends, and what it says
  local said code=0
  said=$(scripts/exercise.sh "${@:3}" 2>&1) || code=$?
  if [ $code != "$1" ] || ! grep -qE -- "$2" <<< "$said"; then
    echo "FAILED: exercise.sh ${*:3} ended with $code, not $1, or no \"$2\" in: $said"
    failed=1
  fi
}
export GRADERS=$TINYGRAD_BINARY_DIR/tests/exercises
expect 0 '^softmax +docs/course/en/softmax.md +not begun '
expect 1 '^softmax: not begun' softmax
expect 2 'no exercise "softmx"; there are: activations .* update_order' softmx
export GRADERS=$folder
ending() { printf '#!/bin/sh\necho "softmax: right"\n%s\n' "$1" > "$folder/exercise_softmax"; }
ending 'exit 0' && chmod +x "$folder/exercise_softmax"
expect 0 '^softmax: right' softmax
ending 'exit 1' && expect 1 '^softmax: right' softmax
ending 'kill -SEGV $$' && expect 1 '^softmax: wrong .* signal 11$' softmax
[ $failed = 0 ]
