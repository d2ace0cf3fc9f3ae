#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests tinygrad-inspect and tinygrad-convert: the rows of a file are those that NumPy computes
# (inspect_judge.py wrote both), files converted and back hold the same, and bad ones are refused in
# one line. TINYGRAD_TEST_FULL=1: the judge looks at real models, too.
source "$(dirname "$0")/lib.sh"
tools=$(cd "$programs/../tools/inspect" && pwd) here=$(cd "$(dirname "$0")" && pwd)
inspect=$tools/tinygrad-inspect convert=$tools/tinygrad-convert

# rows FILE: of its tensors, words apart by one space.
rows() { "$inspect" "$1" | sed -n '/^  tensor /,/^$/p' | sed '1d; /^$/d; s/  */ /g; s/^ //'; }

cp "$here/inspect.safetensors" a.safetensors
rows a.safetensors | diff "$here/inspect.txt" - || wrong "rows differ from NumPy's"
"$inspect" a.safetensors --draw --svg a.svg > out
grep -q '140 bytes repeated: embed.weight head.weight' out || wrong "no repeated tensor: $(cat out)"
grep -q '^  layers.0 *2 *30 *72$' out || wrong "no sum of a layer: $(cat out)"
grep -q '^  note *two.x0alines$' out || wrong "no metadata: $(cat out)"
grep -q 'a  steps, 8 bytes' out || wrong "no drawing: $(cat out)"
grep -q '<title>embed.weight: 140 bytes at 696</title>' a.svg || wrong "picture: $(cat a.svg)"
"$inspect" a.safetensors --json > a.json
grep -q '"spread": 1.414213562373' a.json || wrong "JSON: $(cat a.json)"

"$convert" a.safetensors b.safetensors
"$inspect" a.safetensors --diff b.safetensors > out || wrong "a copy differs: $(cat out)"
cmp a.safetensors b.safetensors || wrong "a copy has other bytes"
"$convert" a.safetensors float32.safetensors --dtype float32
"$convert" a.safetensors float32.npz --dtype float32
"$inspect" float32.npz --diff float32.safetensors > out || true  # it has no metadata
! grep -vE '^  metadata|there float32.safetensors:$' out || wrong "float32.npz differs"
"$convert" a.safetensors half.safetensors --dtype float16
code=0
"$inspect" a.safetensors --diff half.safetensors > out || code=$?
[ $code = 1 ] && grep -q 'embed.weight *float32, there float16; .* of 35 elements differ' out ||
  wrong "difference: exit code $code, $(cat out)"

# What the course shows.
mkdir shown && "$here/../../docs/course/results/inspect/make.sh" "$inspect" shown
for file in shown/*; do
  same "$file" "$here/../../docs/course/results/inspect/$(basename "$file")"
done

head -c 600 a.safetensors > cut.safetensors
echo 'no model' > text.txt
refused 'cut.safetensors.*cut short|header' "$inspect" cut.safetensors
refused 'text.txt' "$inspect" text.txt
refused 'missing' "$inspect" missing.safetensors
refused '--what' "$inspect" --what a.safetensors
refused 'FILE' "$inspect"
refused 'extension' "$convert" a.safetensors a.xyz
refused 'text.txt' "$convert" text.txt a.npz
refused 'mask.*bool' "$convert" a.safetensors a.gguf
refused '--dtype.*int8' "$convert" a.safetensors d.safetensors --dtype int8
[ "${TINYGRAD_TEST_FULL:-0}" = 1 ] || exit 0
root=$here/../..
"$root/scripts/fetch_models.sh" silero smollm2 || { [ $? = 77 ] && exit 0 || exit 1; }
models=${TINYGRAD_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/tinygrad/models}
for file in silero_vad_16k.safetensors SmolLM2-135M-Instruct.Q4_1.gguf; do
  "$root/scripts/judges.sh" "$here/inspect_judge.py" "$models/$file" > judged
  rows "$models/$file" | diff judged - || wrong "rows of $file differ from NumPy's"
done
"$convert" "$models/silero_vad_16k.safetensors" silero.gguf
"$inspect" silero.gguf --diff "$models/silero_vad_16k.safetensors" || wrong "silero.gguf differs"
