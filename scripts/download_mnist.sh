#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Downloads MNIST from its public mirrors into a folder (data/mnist by default), checks it, and only
# then puts it there.
#   scripts/download_mnist.sh [FOLDER]      MNIST_MIRRORS="URL URL..." takes it from elsewhere
set -euo pipefail
folder=${1:-$(cd "$(dirname "$0")/.." && pwd)/data/mnist}
mirrors=${MNIST_MIRRORS:-https://ossci-datasets.s3.amazonaws.com/mnist
                         https://storage.googleapis.com/cvdf-datasets/mnist}
# md5 of the unpacked files
files="6bbc9ace898e44ae57da46a324031adb:train-images-idx3-ubyte
  a25bea736e30d166cdddb491f175f624:train-labels-idx1-ubyte
  2646ac647ad5339dbf082846283269ea:t10k-images-idx3-ubyte
  27ae3e4e09519cfbb04c329615203637:t10k-labels-idx1-ubyte"

whole() { [ "$(gzip -dc "$1" 2> /dev/null | md5sum | cut -d ' ' -f 1)" = "$2" ]; }
fetch() {  # fetch URL FILE
  if command -v curl > /dev/null; then
    curl -fsSL --connect-timeout 10 --max-time 300 -o "$2" "$1"
  elif command -v wget > /dev/null; then
    wget -q --timeout=30 --tries=1 -O "$2" "$1"
  else
    echo "Neither curl nor wget is here: sudo apt-get install -y curl" >&2
    exit 2
  fi
}

mkdir -p "$folder"
temporary=$(mktemp -d "$folder/.download.XXXXXX")
trap 'rm -rf "$temporary"' EXIT
for file in $files; do
  md5=${file%%:*} name=${file#*:}.gz
  if whole "$folder/$name" "$md5"; then
    echo "$name is there"
    continue
  fi
  for mirror in $mirrors; do
    echo "$name from $mirror"
    if fetch "$mirror/$name" "$temporary/$name" && whole "$temporary/$name" "$md5"; then
      mv "$temporary/$name" "$folder/$name"
      break
    fi
    rm -f "$temporary/$name"
  done
  if ! whole "$folder/$name" "$md5"; then
    echo "$name could not be downloaded whole from any mirror." >&2
    exit 1
  fi
done
echo "MNIST is in $folder"
