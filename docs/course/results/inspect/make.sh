#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Writes what the chapter on model files shows of tinygrad-inspect; tests/programs/inspect.sh compares.
#   make.sh TINYGRAD_INSPECT FOLDER     with the models of scripts/fetch_models.sh, if they are there
set -euo pipefail
root=$(cd "$(dirname "$0")/../../../.." && pwd)
inspect=$(realpath "$1") out=$(realpath "$2")
models=${TINYGRAD_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/tinygrad/models}

cd "$root/docs/examples"
head -c 120 from_pytorch.safetensors | od -A d -t c -w20 > "$out/bytes.txt"
"$inspect" from_pytorch.safetensors > "$out/from_pytorch.txt"
[ -e "$models/SmolLM2-135M-Instruct.Q4_1.gguf" ] || exit 0

cd "$models"
"$inspect" SmolLM2-135M-Instruct.Q4_1.gguf |
  grep -E '^S|^  (version|general.(arch|lic)|llama.(block|emb|vocab)|tokenizer.*(model|tokens)|tensor |token_embd.weight|blk.0.(attn_norm|attn_q|ffn_up)|output_norm.weight|dtype|Q|float|all)' \
  > "$out/smollm2.txt"
[ -e nmp.onnx ] || exit 0
"$inspect" PP-OCRv6_det_small.onnx | sed '/^  tensor/,$d' > "$out/detector.txt"
"$inspect" silero_vad_16k.safetensors --draw --svg "$out/silero.svg" |
  sed -n '/a character/,$p' > "$out/silero.txt"
