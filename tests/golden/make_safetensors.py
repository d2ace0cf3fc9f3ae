#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/corpus/safetensors/package_*.safetensors with the Hugging Face package: what our
save() must write, byte for byte.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install safetensors==0.4.5 numpy
    /tmp/venv/bin/python tests/golden/make_safetensors.py

The values are written down again in tests/io/golden_test.cpp. Releases up to 0.8.0, whose
serialize() takes other arguments, write the same bytes."""
import pathlib
import struct

import numpy as np
from safetensors import serialize
from safetensors.numpy import save_file

OUT = pathlib.Path(__file__).parent.parent / "corpus" / "safetensors"


def tensor(dtype, shape, data):
    return {"dtype": dtype, "shape": shape, "data": data}


def write(name, tensors, metadata=None):
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / f"package_{name}.safetensors").write_bytes(serialize(tensors, metadata=metadata))


def main():
    every = {
        "float32": tensor("float32", [2, 3], np.arange(6, dtype="<f4").tobytes()),
        "float64": tensor("float64", [2], np.array([0.5, -1.5], "<f8").tobytes()),
        "float16": tensor("float16", [3], np.array([1, 2, -3], "<f2").tobytes()),
        "bfloat16": tensor("bfloat16", [2], struct.pack("<HH", 0x3F80, 0xC040)),
        "int32": tensor("int32", [1, 2], np.array([[7, -8]], "<i4").tobytes()),
        "int64": tensor("int64", [2], np.array([1 << 40, -1], "<i8").tobytes()),
        "uint8": tensor("uint8", [3], bytes([0, 128, 255])),
        "int8": tensor("int8", [3], np.array([1, -128, 127], "<i1").tobytes()),
        "int16": tensor("int16", [1, 2], np.array([[-2, 300]], "<i2").tobytes()),
        "uint16": tensor("uint16", [1], np.array([65535], "<u2").tobytes()),
        "uint32": tensor("uint32", [2], np.array([4294967295, 0], "<u4").tobytes()),
        "bool": tensor("bool", [3], bytes([1, 0, 1])),
    }
    write("every_dtype", every)
    write("one_metadata", {"w": every["float32"]}, {"format": "pt"})
    write("scalar_and_empty", {
        "scalar": tensor("float32", [], np.array(2.5, "<f4").tobytes()),
        "empty": tensor("float32", [0, 4], b""),
        "also_empty": tensor("int64", [3, 0], b""),
    })
    write("odd_names", {
        "b": tensor("uint8", [1], b"\1"),
        "a.weight": tensor("uint8", [1], b"\2"),
        "A": tensor("uint8", [1], b"\3"),
        "quote\" back\\ tab\t line\n bell\7 \x7f": tensor("uint8", [1], b"\4"),
        "\u03c3 \U0001f600": tensor("uint8", [1], b"\5"),
        "": tensor("uint8", [1], b"\6"),
    }, {"k\u00e9y \"": "v\x01\\/"})
    write("nothing", {})
    save_file({"y": np.ones((2, 2), np.float32), "x": np.zeros(3, np.int64)},
              OUT / "package_save_file.safetensors")


if __name__ == "__main__":
    main()
