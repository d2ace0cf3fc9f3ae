#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tests examples/classify: bad input is refused. TINYGRAD_TEST_FULL=1: with the trained weights, five
# pictures have the classes and the cat the probability that PyTorch computes, and ONNX Runtime and
# OpenVINO, which run the network that it writes, agree.
source "$(dirname "$0")/lib.sh"
classify=$programs/classify root=$(dirname "$0")/../..
refused 'PICTURE' "$classify"
refused 'fetch_models.sh efficientnet' "$classify" --models nowhere a.png
[ "${TINYGRAD_TEST_FULL:-0}" = 1 ] || exit 0
"$root/scripts/fetch_models.sh" efficientnet pictures || { [ $? = 77 ] && exit 0 || exit 1; }
models=${TINYGRAD_MODELS:-${XDG_CACHE_HOME:-$HOME/.cache}/tinygrad/models}
refused 'a.png' "$classify" a.png

cd "$models"
"$classify" chelsea.png coffee.png rocket.jpg flower.jpg china.jpg --json "$folder/lines.json" \
  --onnx "$folder/net.onnx" > "$folder/out"
cd "$folder"
python3 - lines.json <<'END' || wrong "$(cat lines.json)"
import json, sys
pictures = json.loads(open(sys.argv[1]).read().splitlines()[-1])["pictures"]
first = [p["guesses"][0] for p in pictures]
assert [g["class"] for g in first] == [285, 967, 657, 985, 698]
assert [g["class"] for g in pictures[0]["guesses"][:3]] == [285, 282, 281]
# Pillow's resize rounds to bytes in between.
assert abs(first[0]["probability"] - 0.396) < 0.02 and abs(first[1]["probability"] - 0.944) < 0.02
END
grep -qE '^ +38\.[0-9] % +############ +Egyptian cat$' out || wrong "printed: $(cat out)"
"$root/scripts/judges.sh" - <<'END' || { [ $? = 77 ] || wrong "ONNX Runtime and OpenVINO disagree"; }
import numpy as np, onnx, onnxruntime, openvino
onnx.checker.check_model("net.onnx", full_check=True)
x = np.random.default_rng(1).uniform(-1, 1, (2, 3, 224, 224)).astype(np.float32)
a = onnxruntime.InferenceSession("net.onnx").run(None, {"x": x})[0]
b = openvino.compile_model("net.onnx", "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(x)[0]
assert a.shape == (2, 1000) and abs(a - b).max() < 1e-4 * abs(a).max(), abs(a - b).max()
END
