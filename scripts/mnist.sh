#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what is missing, builds, trains a CNN on MNIST and shows what it learned.
#   scripts/mnist.sh [arguments of mnist_cnn, such as --epochs 3]
# The data are in $TINYGRAD_DATA, else in ./data, else they are downloaded there; if that fails,
# digits are drawn by code.
source "$(dirname "$0")/lib.sh"

install_packages "${build_packages[@]}"
say "building for this machine"
build native mnist_cnn

chosen=" $* "
if [[ $chosen != *" --data"* ]] && ! has_mnist "${TINYGRAD_DATA:-data}"; then
  install_packages "${download_packages[@]}"
  if scripts/download_mnist.sh data/mnist; then
    export TINYGRAD_DATA=data
  else
    printf '\n%s %s\n' "**** MNIST COULD NOT BE DOWNLOADED. Training on digits drawn by code" \
      "instead; their accuracy says nothing about MNIST. ****"
    set -- --dataset digits "$@"
  fi
fi
say "training"
exec build/native/examples/mnist_cnn "$@"
