# SPDX-License-Identifier: MIT
"""Runs the networks of ONNX files by ONNX Runtime, for comparison with this library.

    scripts/judges.sh tests/onnx/real_models.py MODELS FOLDER

MODELS is the folder of scripts/fetch_models.sh. For each network that is there, FOLDER gets
NAME.onnx, which is a link, and NAME.data.onnx with random inputs and ONNX Runtime's outputs, as
node_tests.py writes them; the metadata has the tolerances and the milliseconds of a run with as
many threads as the machine has cores. The nine networks light_* are in the package onnx.
"""
import os
import pathlib
import sys
import time

import numpy
import onnx
import onnxruntime

rng = numpy.random.default_rng(7)


def image(*shape):
    return rng.standard_normal(shape, dtype=numpy.float32)


def state(*shape):
    return numpy.zeros(shape, dtype=numpy.float32)


def bytes_of_text():
    text = b"int main() { return 0; }\n" * 40
    ids = numpy.full((2, 2048), 256, dtype=numpy.int32)
    ids[0, : len(text)] = numpy.frombuffer(text, dtype=numpy.uint8)
    ids[1] = rng.integers(0, 256, 2048)
    return ids


rate = numpy.array(16000, dtype=numpy.int64)
inputs = {
    "nmp": [image(1, 43844, 1)],
    "magika": [bytes_of_text()],
    "silero_vad_op18_ifless": [image(1, 576) * 0.1, rate, state(2, 1, 128)],
    "silero_vad": [image(1, 576) * 0.1, state(2, 1, 128), rate],
    "silero_vad_16k_sequence": [image(20, 576) * 0.1, state(1, 1, 128), state(1, 1, 128)],
    "ch_ppocr_mobile_v2.0_cls_mobile": [image(1, 3, 48, 192)],
    "PP-OCRv6_rec_small": [image(1, 3, 48, 320)],
    "PP-OCRv6_det_small": [image(1, 3, 480, 640)],
}


def tensors(kind, values):
    for i, value in enumerate(values):
        yield onnx.numpy_helper.from_array(numpy.asarray(value), f"{kind}_{i}")


def judge(file, given, folder):
    session = onnxruntime.InferenceSession(file)
    if given is None:  # of the package onnx: one image
        given = [image(*session.get_inputs()[0].shape)]
    feed = dict(zip((i.name for i in session.get_inputs()), given))
    outputs = session.run(None, feed)
    times = []
    for _ in range(7):
        start = time.perf_counter()
        session.run(None, feed)
        times.append(1000 * (time.perf_counter() - start))
    graph = onnx.GraphProto(name=file.stem)
    graph.initializer.extend(tensors("input", given))
    graph.initializer.extend(tensors("output", outputs))
    data = onnx.ModelProto(ir_version=8, graph=graph)
    props = {"rtol": "1e-4", "atol": "1e-4", "ms": f"{sorted(times)[3]:.2f}"}
    onnx.helper.set_model_props(data, props)
    (folder / f"{file.stem}.data.onnx").write_bytes(data.SerializeToString())
    link = folder / file.name
    link.unlink(missing_ok=True)
    os.symlink(file.resolve(), link)
    print(f"{file.stem:34} {props['ms']:>8} ms")


def main(models, folder):
    models, folder = pathlib.Path(models), pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    onnxruntime.set_default_logger_severity(3)
    for name, given in inputs.items():
        if (models / f"{name}.onnx").exists():
            judge(models / f"{name}.onnx", given, folder)
    light = pathlib.Path(onnx.__file__).parent / "backend/test/data/light"
    for file in sorted(light.glob("*.onnx")):
        judge(file, None, folder)


main(*sys.argv[1:])
