#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the files of tests/corpus that must be refused, each named after what is wrong with it,
and small idx files that must load.

    python3 tests/golden/make_bad_files.py"""
import gzip
import json
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent.parent / "corpus"


def tensors(header, data=b"12345678"):
    text = header
    if not isinstance(header, bytes):
        text = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype="U8", shape=(8,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def text(value):
    return json.dumps(value, separators=(",", ":")).encode()


SAFETENSORS = {
    "empty_file": b"",
    "length_beyond_the_file": struct.pack("<Q", 2**64 - 1) + b"{}",
    "length_of_2_63": struct.pack("<Q", 2**63) + b"{}",
    "zero_byte_in_header": tensors(b"{}\0 \"x\"", b""),
    "byte_order_mark": tensors(b"\xef\xbb\xbf{}", b""),
    "deep_nesting": tensors(b"{\"x\":" + b"[" * 5000, b""),
    "duplicate_tensor": tensors(b"{\"x\":" + text(entry(shape=(4,), offsets=(0, 4))) + b",\"x\":"
                                + text(entry(shape=(4,), offsets=(4, 8))) + b"}"),
    "duplicate_by_escape": tensors(b"{\"x\":" + text(entry(shape=(4,), offsets=(0, 4)))
                                   + b",\"\\u0078\":" + text(entry(shape=(4,), offsets=(4, 8)))
                                   + b"}"),
    "duplicate_metadata": tensors(b"{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"},\"x\":"
                                  + text(entry()) + b"}"),
    "duplicate_field": tensors(b"{\"x\":{\"dtype\":\"U8\",\"dtype\":\"F32\",\"shape\":[8],"
                               b"\"data_offsets\":[0,8]}}"),
    "overlap": tensors({"x": entry(shape=(5,), offsets=(0, 5)),
                        "y": entry(shape=(4,), offsets=(4, 8))}),
    "hole": tensors({"x": entry(shape=(3,), offsets=(0, 3)),
                     "y": entry(shape=(4,), offsets=(4, 8))}),
    "left_over": tensors({"x": entry(shape=(7,), offsets=(0, 7))}),
    "offsets_beyond_the_file": tensors({"x": entry(shape=(9,), offsets=(0, 9))}),
    "offsets_backwards": tensors({"x": entry(offsets=(8, 0))}),
    "shape_overflows_to_8_bytes": tensors({"x": entry(shape=(2**61 + 1,), dtype="F64")}),
    "shape_product_overflows": tensors({"x": entry(shape=(2**32, 2**32))}),
    "size_of_2_64_minus_1": tensors({"x": entry(shape=(2**64 - 1,))}),
    "rank_9": tensors({"x": entry(shape=(1,) * 8 + (8,))}),
    "unknown_dtype": tensors({"x": entry(dtype="C64")}),
    "dtype_says_other_size": tensors({"x": entry(dtype="F32")}),
    "bool_of_2": tensors({"x": entry(dtype="BOOL")}),
    "name_is_not_utf8": tensors(b"{\"\xff\":" + text(entry()) + b"}"),
    "lone_surrogate": tensors(b"{\"\\ud800\":" + text(entry()) + b"}"),
    "lfs_pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    "web_page": b"<!DOCTYPE html><title>404</title>",
}


def idx(code, sizes, data):
    return bytes([0, 0, code, len(sizes)]) + b"".join(struct.pack(">I", n) for n in sizes) + data


IDX = {
    "bytes": idx(8, [2, 3], b"abcdef"),
    "floats": idx(13, [1], struct.pack(">f", 1.5)),
    "empty": idx(8, [0, 5], b""),
    "packed": gzip.compress(idx(8, [2, 3], b"abcdef"), mtime=0),
    "packed_int32": gzip.compress(idx(12, [2], struct.pack(">ii", 1, -1)), mtime=0),
    "sizes_overflow": idx(8, [2**32 - 1] * 4, b"abc"),
    "more_than_there_is": idx(8, [2**31], b"abc"),
    "packed_more_than_there_is": gzip.compress(idx(8, [2**31], b"abc"), mtime=0),
    "packed_left_over": gzip.compress(idx(8, [3], b"abc"), mtime=0) + b"x",
    "packed_twice": gzip.compress(gzip.compress(idx(8, [3], b"abc"), mtime=0), mtime=0),
    "packed_bomb": gzip.compress(idx(8, [1], bytes(2_000_000)), mtime=0),
    "packed_cut": gzip.compress(idx(8, [2, 3], b"abcdef"), mtime=0)[:-9],
    "packed_wrong_checksum": gzip.compress(idx(8, [2, 3], b"abcdef"), mtime=0)[:-8] + bytes(8),
    "left_over": idx(8, [3], b"abcd"),
    "int16": idx(11, [1], b"ab"),
    "rank_0": idx(8, [], b"a"),
    "rank_255": bytes([0, 0, 8, 255]) + bytes(40),
}


def main():
    for folder, files in (("safetensors", SAFETENSORS), ("idx", IDX)):
        (CORPUS / folder).mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (CORPUS / folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
