# SPDX-License-Identifier: MIT
"""The rows `infer` with a runtime of ONNX files:  runtime_peer.py onnxruntime|openvino THREADS

The files are those that bench_rows exports: the networks are the same to the last weight.
"""
import sys

import numpy

import program

which, threads = sys.argv[1], int(sys.argv[2])
if which == "onnxruntime":
    import onnxruntime
    version = f"ONNX Runtime {onnxruntime.__version__}"

    def load(path):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(path, options, ["CPUExecutionProvider"])
        x, = session.get_inputs()
        return lambda value: session.run(None, {x.name: value}), x.shape, "int64" in x.type
else:
    import openvino
    version = f"OpenVINO {openvino.__version__}"

    def load(path):
        model = openvino.Core().compile_model(path, "CPU", {
            "INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"})
        x = model.inputs[0]
        request = model.create_infer_request()
        return (lambda value: request.infer([value])), x.shape, "int64" in str(x.element_type)


def make(row, dtype, model=None):
    if row.kind != "infer" or dtype != "float32" or not model:
        return None
    run, shape, is_int = load(model)
    x = numpy.ones(shape, numpy.int64) if is_int else \
        numpy.random.default_rng(1).random(shape, numpy.float32)
    return lambda: run(x)


program.serve(version, make, "tiny" in sys.argv)
