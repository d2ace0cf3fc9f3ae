#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the files of tests/corpus/npy and tests/corpus/npz with NumPy, and the same arrays with
the Hugging Face package as tests/golden/npy.safetensors, which the tests compare with.

    scripts/judges.sh tests/golden/make_npy.py

Files whose names begin with bad_ must be refused."""
import io
import pathlib
import struct
import zipfile
import zlib

import ml_dtypes
import numpy as np
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
CORPUS = HERE.parent / "corpus"
rng = np.random.default_rng(7)


def numbers(dtype, shape=(2, 3)):
    return rng.integers(0, 2 if dtype == "?" else 100, shape).astype(dtype)


ARRAYS = {
    "bool": numbers("?"), "int8": numbers("i1") - 50, "int16": numbers("i2") - 50,
    "int32": numbers("i4") - 50, "int64": numbers("i8") * -(1 << 40), "uint8": numbers("u1"),
    "uint16": numbers("u2") + 65000, "uint32": numbers("u4") + (1 << 31),
    "float16": numbers("f2") / 8, "float32": numbers("f4") / 3, "float64": numbers("f8") / 3,
    "scalar": np.array(2.5, "f4"), "vector": numbers("f4", 5), "empty": np.zeros((0, 4), "f4"),
    "rank8": numbers("i2", (1, 2, 1, 2, 1, 1, 2, 1)),
}
# Other ways to write an array: they load as an array above, or as its contiguous copy.
FORTRAN = np.asfortranarray(numbers("f4", (2, 3, 4)))
OTHERS = {"fortran": FORTRAN, "big_f4": numbers(">f4"), "big_i8": numbers(">i8"),
          "big_fortran": np.asfortranarray(numbers(">i2", (3, 2))), "uint64": numbers("u8")}


def npy(array, version=None, **options):
    out = io.BytesIO()
    np.lib.format.write_array(out, np.asanyarray(array), version=version, **options)
    return out.getvalue()


def header(text, version=1, data=b"12345678"):
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text.encode() + data


def dictionary(descr="'<f4'", order="False", shape="(2,)"):
    return "{'descr': %s, 'fortran_order': %s, 'shape': %s, }\n" % (descr, order, shape)


def write(name, data):
    path = CORPUS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


BAD_NPY = {
    "objects": npy(np.array([1, "a"], object), allow_pickle=True),
    "texts": npy(np.array(["ab", "c"])), "bytes": npy(np.array([b"ab", b"c"])),
    "dates": npy(np.array(["2026-01-01"], "M8[D]")), "complex": npy(np.ones(2, "c8")),
    "structure": npy(np.zeros(2, [("a", "f4"), ("b", "i4")])),
    "long_double": header(dictionary("'<f16'")),
    "wide_uint64": npy(np.array([1 << 63], "u8")),
    "two_arrays": npy(np.ones(2, "f4")) * 2, "short": npy(np.ones(9, "f4"))[:-1],
    "version_4": header(dictionary(), 4), "long_header": b"\x93NUMPY\1\0\xff\xff{",
    "negative": header(dictionary(shape="(-2,)")),
    "huge": header(dictionary(shape="(%d,)" % 2**63)),
    "overflow": header(dictionary(shape="(%d, %d)" % (2**32, 2**32))),
    "overflow_to_zero": header(dictionary(shape="(%d, %d, 0)" % (2**62, 2**62)), data=b""),
    "rank_9": header(dictionary(shape="(1, 1, 1, 1, 1, 1, 1, 1, 2)")),
    "no_order": header("{'descr': '<f4', 'shape': (2,), }"),
    "twice": header("{'descr': '<f4', 'descr': '<i4', 'fortran_order': False, 'shape': (2,), }"),
    "unknown_field": header("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}"),
    "no_dictionary": header("'descr'"), "code": header("__import__('os')"),
    "nesting": header(dictionary(shape="(" * 5000)), "no_quote": header("{'descr': '<f4"),
    "order_of_2": header(dictionary(order="2")),
    "bool_of_2": header(dictionary("'|b1'"), data=b"\1\2"),
    "after_brace": header(dictionary() + "x"),
}


def archive(members, zip64=False):
    """A ZIP archive of names and bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for name, data in members:
            with z.open(zipfile.ZipInfo(name), "w", force_zip64=zip64) as member:
                member.write(data)
    return out.getvalue()


def patched(data, signature, offset, value):
    """The archive with bytes at an offset from a signature's first occurrence replaced."""
    at = data.index(signature) + offset
    return data[:at] + value + data[at + len(value):]


LOCAL, CENTRAL, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
ONE = archive([("x.npy", npy(np.ones(2, "f4")))])
TWO = archive([("x.npy", npy(np.ones(2, "f4"))), ("y.npy", npy(np.ones(2, "f4")))])


def deflated(claimed, data):
    """An archive of one deflated member that claims a size."""
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = pack.compress(data) + pack.flush()
    about = struct.pack("<HHHIIIIHH", 20, 0, 8, 0x210000, zlib.crc32(data), len(packed), claimed,
                        5, 0)
    local = LOCAL + about + b"x.npy" + packed
    central = CENTRAL + struct.pack("<H", 20) + about + bytes(14) + b"x.npy"
    return local + central + END + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


TEN = npy(np.zeros(10, "f4"))
BAD_NPZ = {
    "wrong_check_sum": patched(ONE, CENTRAL, 16, b"\0\0\0\0"),
    "another_name": patched(ONE, LOCAL, 30, b"y"), "encrypted": patched(ONE, CENTRAL, 8, b"\1"),
    "lzma": patched(ONE, CENTRAL, 10, b"\x0e"), "no_end": ONE[:-1], "left_over": ONE + b"x",
    "huge_member": patched(ONE, CENTRAL, 20, b"\xf0\xff\xff\x7f" * 2),
    "far_member": patched(ONE, CENTRAL, 42, b"\xf0\xff\xff\x7f"),
    "overlap": patched(TWO, CENTRAL, 46 + 5 + 42, b"\0\0\0\0").replace(b"y.npy", b"x.npy", 1)
               .replace(b"y.npy", b"x.npy"),
    "same_bytes": TWO[:TWO.index(CENTRAL)] + (lambda c: c[:51] + c[:51])(TWO[TWO.index(CENTRAL):])
                  + TWO[TWO.index(END):],
    "more_members": patched(ONE, END, 8, b"\2\0\2\0"),
    "directory_far": patched(ONE, END, 16, b"\xf0\xff\xff\x7f"),
    "no_zip64": patched(ONE, END, 16, b"\xff\xff\xff\xff"),
    "no_zip64_field": patched(ONE, CENTRAL, 24, b"\xff\xff\xff\xff"),
    "bomb": deflated(0xFFFFFFF0, bytes(1000)), "claims_less": deflated(len(TEN), TEN + b"1234"),
    "claims_more": deflated(len(TEN), TEN[:-4]),
    "other_size": deflated(len(TEN) + 4, TEN + b"1234"),
    "not_an_array": archive([("x.npy", npy(np.ones(2))), ("readme.txt", b"text")]),
    "objects": archive([("x.npy", BAD_NPY["objects"])]), "empty_member": archive([("x.npy", b"")]),
}


def main():
    bfloat16 = numbers("f4").astype(ml_dtypes.bfloat16)
    expected = {name: np.ascontiguousarray(a.astype(a.dtype.newbyteorder("=")))
                .reshape(a.shape) for name, a in {**ARRAYS, **OTHERS}.items()}
    expected["uint64"] = expected["uint64"].astype("i8")
    expected["bfloat16"] = bfloat16
    save_file(expected, HERE / "npy.safetensors")
    for name, array in {**ARRAYS, **OTHERS, "bfloat16": bfloat16}.items():
        write(f"npy/{name}.npy", npy(array))
    write("npy/fortran_2.npy", npy(FORTRAN, (2, 0)))
    write("npy/fortran_3.npy", npy(FORTRAN, (3, 0)))
    write("npy/python2.npy", header("{'descr': \"<f4\", 'shape': (2L,), 'fortran_order': False}"))
    for name, data in BAD_NPY.items():
        write(f"npy/bad_{name}.npy", data)

    every = {name: array for name, array in {**ARRAYS, **OTHERS}.items() if name != "bfloat16"}
    for name, save in {"stored": np.savez, "deflated": np.savez_compressed}.items():
        out = io.BytesIO()
        save(out, **every)
        write(f"npz/{name}.npz", out.getvalue())
    out = io.BytesIO()
    np.savez(out)
    write("npz/nothing.npz", out.getvalue())
    write("npz/names.npz", archive([("a/b.npy", npy(np.ones(1, "f4"))),
                                    ("\u03c3.npy", npy(np.ones(2, "f4")))]))
    zipfile.ZIP64_LIMIT = 100  # what is above is written as ZIP64
    write("npz/zip64.npz", archive([("x.npy", npy(np.ones(2, "f4"))),
                                    ("y.npy", npy(np.ones(2, "f4")))], zip64=True))
    for name, data in BAD_NPZ.items():
        write(f"npz/bad_{name}.npz", data)


if __name__ == "__main__":
    main()
