# SPDX-License-Identifier: MIT
# Judges the files of export_nets: onnx.checker in full, shape inference, and ONNX Runtime's outputs
# (with --openvino also OpenVINO's) against those of the library, for both batch sizes.
#   check_export.py FOLDER [--openvino]
import argparse
import pathlib

import numpy
import onnx
import onnxruntime
from safetensors.numpy import load_file

parser = argparse.ArgumentParser()
parser.add_argument("folder", type=pathlib.Path)
parser.add_argument("--openvino", action="store_true")
options = parser.parse_args()


def by_onnxruntime(path, model):
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda inputs: session.run(None, inputs)


def by_openvino(path, model):
    import openvino

    hints = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = openvino.Core().compile_model(str(path), "CPU", hints)
    return lambda inputs: [compiled(inputs)[i] for i in range(len(model.graph.output))]


def difference(a, b):
    """The largest difference, relative to values above 1."""
    assert a.shape == b.shape and a.dtype == b.dtype, (a.shape, b.shape, a.dtype, b.dtype)
    return float(numpy.max(numpy.abs(a - b) / numpy.maximum(1, numpy.abs(b)), initial=0))


def check(path, judge):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_param in ("N", "")
    values, run, worst = load_file(path.with_suffix(".safetensors")), judge(path, model), 0
    for batch in (2, 5):
        inputs = {port.name: values[f"x{i}.{batch}"] for i, port in enumerate(model.graph.input)}
        for i, y in enumerate(run(inputs)):
            worst = max(worst, difference(y, values[f"y{i}.{batch}"]))
    print(f"{path.stem:18} {judge.__name__:16} {len(model.graph.node):4} nodes  {worst:.1e}")
    return worst <= 1e-5


paths = sorted(options.folder.glob("*.onnx"))
judges = [by_onnxruntime] + [by_openvino] * options.openvino
right = [check(path, judge) for judge in judges for path in paths]
assert right and all(right), "a difference is above 1e-5"
