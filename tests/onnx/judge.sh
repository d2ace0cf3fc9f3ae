#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# judge.sh NODES_TEST EXPORT_NETS: all node tests of the package onnx, and the networks of
# scripts/fetch_models.sh that are there with those of the package, against ONNX Runtime; then ONNX
# Runtime and OpenVINO run what EXPORT_NETS writes, in three opsets. Ends with 77 if the judges
# cannot be installed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
judges=$here/../../scripts/judges.sh
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$judges" "$here/node_tests.py" "$folder/nodes" | tail -n 1
models=${TINYGRAD_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/tinygrad/models}
"$judges" "$here/real_models.py" "$models" "$folder/models"
TINYGRAD_ONNX_NODE_TESTS=$folder/nodes TINYGRAD_ONNX_MODELS=$folder/models "$1"
for opset in 17 20 23; do
  mkdir "$folder/$opset"
  "$2" "$folder/$opset" $opset
  openvino=()
  [ $opset != 20 ] || openvino=(--openvino)
  "$judges" "$here/check_export.py" "$folder/$opset" "${openvino[@]}"
done
