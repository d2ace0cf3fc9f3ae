#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tensorboard.sh PROGRAM: TensorBoard reads every kind of summary that PROGRAM, which is
# trace_tensorboard_test, writes; and Google's protobuf writes tests/golden/protobuf.txt once more.
# Their Python is $TENSORBOARD_PYTHON if that is set, otherwise an environment in $XDG_CACHE_HOME
# (~/.cache), which is created first if it is missing. Ends with 77 if it cannot be.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
version=2.20.0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

if [ -z "${TENSORBOARD_PYTHON:-}" ]; then
  environment=${XDG_CACHE_HOME:-$HOME/.cache}/tinygrad/tensorboard-$version
  TENSORBOARD_PYTHON=$environment/bin/python
  if [ ! -e "$environment/complete" ]; then
    rm -rf "$environment"
    { python3 -m venv "$environment" &&
      "$TENSORBOARD_PYTHON" -m pip install --quiet "tensorboard==$version" 'setuptools<80' &&
      touch "$environment/complete"; } > "$folder/log" 2>&1 || {
      echo "TensorBoard $version cannot be installed: $(tail -n 1 "$folder/log")"
      exit 77
    }
  fi
fi

TINYGRAD_TENSORBOARD=$folder/runs "$1" --gtest_filter='*WritesEveryKind' > "$folder/log"
"$TENSORBOARD_PYTHON" "$here/read_back.py" "$folder/runs"
"$TENSORBOARD_PYTHON" "$here/../golden/make_protobuf.py" |
  diff - "$here/../golden/protobuf.txt" && echo "protobuf.txt is what protobuf writes"
