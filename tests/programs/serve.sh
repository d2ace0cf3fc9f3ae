#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests examples/serve: eight threads get the answers that one gets, with weights of mnist_cnn too.
source "$(dirname "$0")/lib.sh"
serve=$programs/serve
refused '--clients' "$serve" --clients 0
refused 'missing' "$serve" --weights missing.safetensors
refused '--save' "$serve" --save w.safetensors
"$mlp" --dataset digits --samples 64 --epochs 0 --quiet --save mlp.safetensors
refused 'conv1.weight' "$serve" --weights mlp.safetensors

"$cnn" --dataset digits --samples 64 --epochs 1 --quiet --save cnn.safetensors
"$serve" --requests 20 --weights cnn.safetensors --json lines.json > out
grep -q '^8 clients, 160 requests of 1 images' out || wrong "printed: $(cat out)"
grep -qE '^throughput [1-9][0-9]* requests/s' out || wrong "printed: $(cat out)"
grep -qE 'p50 [0-9.]+  p90 [0-9.]+  p99 [0-9.]+' out || wrong "printed: $(cat out)"
grep -q '"requests":160,' lines.json && grep -q '"wrong":0,' lines.json ||
  wrong "lines of JSON: $(cat lines.json)"
[ -z "$("$serve" --requests 2 --batch-size 3 --quiet 2>&1)" ] || wrong "--quiet printed"
