#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Prints networks as C++ by tinygrad-onnx, compiles that, and compares it with the files:
#   printed.sh TINYGRAD_ONNX EXPORT_NETS LIBRARIES...
# The networks are those that export_nets writes, NETS; or MODELS, an ONNX file and the sizes of its
# input, if the file leaves them open: MODELS="cls.onnx 2 3 48 192". CXX chooses the compiler.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
tool=$1 export_nets=$2
shift 2
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

check() {
  local model=$1
  shift
  "$tool" "$model" -o "$folder/model.h" --weights "$folder/weights.safetensors"
  "${CXX:-c++}" -std=c++20 -O0 -Wall -Wextra -Werror -I"$root/include" -I"$folder" \
    "$here/printed_main.cpp" -o "$folder/program" "${libraries[@]}" -lz -lpthread -ldl
  "$folder/program" "$model" "$folder/weights.safetensors" "$@"
}

libraries=("$@")
if [ -n "${MODELS:-}" ]; then
  read -ra words <<< "$MODELS"
  check "${words[@]}"
else
  "$export_nets" "$folder"
  for net in ${NETS:-mnist_cnn vae}; do
    check "$folder/$net.onnx"
    if [ -f "$here/printed_$net.h" ]; then  # what the guide shows
      diff "$here/printed_$net.h" "$folder/model.h"
    fi
    if awk 'length > 100' "$folder/model.h" | grep .; then
      echo "FAILED: these lines have more than 100 columns"
      exit 1
    fi
  done
fi
