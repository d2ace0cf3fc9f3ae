#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the files of tests/gguf/fixtures with the Python package gguf (0.19.0), and prints a sum of
the elements of a whole model for tests/gguf/model_test.cpp.

    python3 tests/gguf/make_fixtures.py [MODEL.gguf]

types.gguf        one tensor of each type that is read; its blocks are random bytes
types.safetensors what the package's dequantize() makes of them
metadata.gguf     a value of every type
input.safetensors the tensors that the next files hold
saved_TYPE.gguf   the package's quantize() of them"""
import pathlib
import sys

import gguf
import numpy as np
from gguf import GGMLQuantizationType as T
from gguf import GGUFValueType as V
from safetensors.numpy import save_file

FOLDER = pathlib.Path(__file__).parent / "fixtures"
READ = [T.F32, T.F16, T.BF16, T.Q8_0, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q4_K, T.Q5_K, T.Q6_K]


def close(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_types():
    random = np.random.default_rng(1)
    writer = gguf.GGUFWriter(FOLDER / "types.gguf", "test")
    values = {}
    for kind in READ:
        elements, size = gguf.GGML_QUANT_SIZES[kind]
        shape = (2, 1, 256) if elements == 256 else (2, 3, 32)
        rows = (*shape[:-1], shape[-1] // elements * size)
        if kind == T.F32:
            data = random.standard_normal(shape, np.float32)
        else:
            data = random.integers(0, 256, rows, np.uint8)
        if kind == T.F16:  # the writer takes its type from the array
            data = data.view(np.float16)
        writer.add_tensor(kind.name, data, raw_dtype=None if kind in (T.F32, T.F16) else kind)
        with np.errstate(invalid="ignore", over="ignore"):
            values[kind.name] = gguf.quants.dequantize(data, kind)
    close(writer)
    save_file(values, FOLDER / "types.safetensors")


def write_metadata():
    writer = gguf.GGUFWriter(FOLDER / "metadata.gguf", "test")
    scalars = [("uint8", V.UINT8, 200), ("int8", V.INT8, -100), ("uint16", V.UINT16, 60000),
               ("int16", V.INT16, -30000), ("uint32", V.UINT32, 4000000000),
               ("int32", V.INT32, -2000000000), ("float32", V.FLOAT32, 0.5), ("bool", V.BOOL, True),
               ("string", V.STRING, "Grüße"), ("uint64", V.UINT64, 2**64 - 1),
               ("int64", V.INT64, -2**63), ("float64", V.FLOAT64, 0.1)]
    for name, kind, value in scalars:
        writer.add_key_value("scalar." + name, value, kind)
    for name, kind, value in scalars:
        writer.add_key_value("array." + name, [value, value], V.ARRAY, sub_type=kind)
    writer.add_key_value("nested", [[1, 2], [3]], V.ARRAY)
    close(writer)


def write_saved():
    random = np.random.default_rng(2)
    matrix = random.standard_normal((8, 64), np.float32)
    matrix[0] = 0
    matrix[1, :32] = -0.0
    matrix[2, :32] = np.where(np.arange(32) % 2, 1.5, -1.5)  # the first of the largest decides
    matrix[3, :32] = np.arange(32) / 254  # codes halfway between integers
    matrix[4, :32] *= 1e-42  # subnormal
    matrix[5, :32] *= 1e-30  # the scale becomes 0
    tensors = {"matrix": matrix, "vector": random.standard_normal(5, np.float32),
               "odd": random.standard_normal((2, 33), np.float32),
               "integer": np.arange(6, dtype=np.int32).reshape(1, 2, 3)}
    save_file(tensors, FOLDER / "input.safetensors")
    for kind in (T.F32, T.F16, T.BF16, T.Q8_0, T.Q4_0):
        writer = gguf.GGUFWriter(FOLDER / f"saved_{kind.name}.gguf", "test")
        writer.add_uint32("test.count", 3)
        writer.add_array("test.names", ["a", "", "ccc"])
        for name, tensor in tensors.items():
            converted = tensor.ndim > 1 and tensor.dtype == np.float32 and (
                kind in (T.F16, T.BF16) or tensor.shape[-1] % 32 == 0)
            if converted and kind != T.F32:
                with np.errstate(all="ignore"):
                    tensor = gguf.quants.quantize(tensor, kind)
                raw = None if kind == T.F16 else kind
                writer.add_tensor(name, tensor, raw_dtype=raw)
            else:
                writer.add_tensor(name, tensor)
        close(writer)


def print_sum(path):
    total, at = 0, 0
    for tensor in gguf.GGUFReader(path).tensors:
        words = gguf.quants.dequantize(tensor.data, tensor.tensor_type).astype(np.float32).ravel()
        places = np.arange(at + 1, at + 1 + words.size, dtype=np.uint64)
        with np.errstate(over="ignore"):
            total = (total + int((words.view(np.uint32) * places).sum(dtype=np.uint64))) % 2**64
        at += words.size
    print(at, "elements, sum", total)


FOLDER.mkdir(exist_ok=True)
write_types()
write_metadata()
write_saved()
if len(sys.argv) > 1:
    print_sum(sys.argv[1])
