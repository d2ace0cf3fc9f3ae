#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Puts CIFAR-10's binary files into build/cifar10, once, for vision::cifar10("build/cifar10", ...).
#   scripts/cifar10.sh [FOLDER]     FOLDER is $TINYGRAD_DATA/cifar10 or data/cifar10 by default
# FOLDER holds the binary files, plain or as cifar-10-binary.tar.gz, or images.tar.xz with the
# pictures as train/CLASS/*.jpg and test/CLASS/*.jpg, which are not quite the original ones.
source "$(dirname "$0")/lib.sh"
folder=${1:-${TINYGRAD_DATA:-data}/cifar10}
out=build/cifar10/cifar-10-batches-bin

if [ -e $out/complete ]; then
  echo "CIFAR-10 is in build/cifar10"
  exit
fi
mkdir -p $out
if [ -e "$folder/cifar-10-binary.tar.gz" ]; then
  tar -xzf "$folder/cifar-10-binary.tar.gz" -C build/cifar10
elif compgen -G "$folder/cifar-10-batches-bin/*.bin" > /dev/null; then
  cp "$folder"/cifar-10-batches-bin/*.bin $out
elif [ -e "$folder/images.tar.xz" ]; then
  install_packages xz-utils "${build_packages[@]}"
  say "building"
  build release cifar10_files
  say "unpacking and decoding"
  pictures=$(mktemp -d build/cifar10/pictures.XXXXXX)
  trap 'rm -rf "$pictures"' EXIT
  tar -xJf "$folder/images.tar.xz" -C "$pictures"
  build/release/examples/cifar10_files "$pictures" $out
else
  echo "Neither binary files nor images.tar.xz are in $folder." >&2
  exit 2
fi
touch $out/complete
echo "CIFAR-10 is in build/cifar10"
