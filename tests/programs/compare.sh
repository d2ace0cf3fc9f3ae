#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests --compare of the training programs: it prints whether two devices agree, changes no bit of
# the training, and refuses a device that is not there. TINYGRAD_COMPARE names the other device.
source "$(dirname "$0")/lib.sh"
other=${TINYGRAD_COMPARE:-cpu}
for ((i = 0; i < 300; ++i)); do printf 'Tiger, tiger, burning bright. '; done > verse.txt
refused 'abacus' "$mlp" "${tiny[@]}" --compare abacus

# compares PROGRAM OPTION...
compares() {
  "$@" --quiet --save plain.safetensors
  "$@" --save compared.safetensors --compare "$other" > out
  grep -qE "^cpu and $other agree in [0-9]+ ops" out || wrong "$1 printed: $(cat out)"
  same plain.safetensors compared.safetensors
}
digits=(--dataset digits --samples 128 --epochs 1 --batch-size 32)
compares "$mlp" "${digits[@]}"
compares "$cnn" "${digits[@]}" --shift 1
compares "$programs/vae" "${digits[@]}"
compares "$programs/finetune" "${digits[@]}"
compares "$programs/pinn" --epochs 1 --steps 3 --points 32
compares "$programs/lstm_text" --text verse.txt --batch-size 4 --steps 16 --hidden 8 --epochs 1 \
  --dropout 0.1 --layers 2
compares "$programs/char_gpt" --text verse.txt --context 16 --layers 1 --heads 2 --width 8 --epochs 1
