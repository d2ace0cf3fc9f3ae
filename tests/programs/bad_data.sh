#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests data that are missing, cut off or of another kind: one clear line, exit code 2, nothing
# written.
source "$(dirname "$0")/lib.sh"
refused 'nowhere' "$mlp" --data nowhere --save w.safetensors --json lines.json
refused 'fashion' "$mlp" --dataset fashion --checkpoint run
mkdir -p data/mnist empty
refused 'empty' "$mlp" --data empty
# idx NAME TYPE-AND-SIZES BYTES: a file of that header and so many zeros.
idx() {
  printf "$2" > "data/mnist/$1"
  head -c "$3" /dev/zero >> "data/mnist/$1"
}
# Ten images of 28 x 28, and their labels.
images='\0\0\x08\3\0\0\0\x0a\0\0\0\x1c\0\0\0\x1c' labels='\0\0\x08\1\0\0\0\x0a'
whole() {
  for part in train t10k; do
    idx $part-images-idx3-ubyte "$images" 7840
    idx $part-labels-idx1-ubyte "$labels" 10
  done
}
whole
"$mlp" --data data --epochs 1 --quiet
"$mlp" --data data/mnist --epochs 1 --quiet
idx train-images-idx3-ubyte "$images" 7839
refused 'train-images' "$mlp" --data data --save w.safetensors
idx train-images-idx3-ubyte "$images" 7841
refused 'train-images' "$mlp" --data data
whole
idx t10k-labels-idx1-ubyte "$labels" 9
refused 't10k-labels' "$mlp" --data data --checkpoint run
whole
echo '<html>404</html>' > data/mnist/train-labels-idx1-ubyte
refused 'train-labels' "$mlp" --data data
whole
rm data/mnist/t10k-images-idx3-ubyte
refused 'has t10k-images-idx3-ubyte, packed or not' "$mlp" --data data
