#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes tests/corpus/image/*: pictures of every kind that is read, and files that must be refused.
It needs only the standard library; the two JPEG files there were written by write_image()."""
import os
import struct
import zlib

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "corpus", "image")


def chunk(name, data):
    return (struct.pack(">I", len(data)) + name + data +
            struct.pack(">I", zlib.crc32(name + data)))


def png(width, height, depth, kind, rows, interlace=0, extra=b"", end=True):
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, interlace)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra +
            chunk(b"IDAT", zlib.compress(rows, 9)) + (chunk(b"IEND", b"") if end else b""))


def rows(width, height, channels, step=1):
    return b"".join(b"\0" + bytes((7 * i + 3 * j) % 256 for j in range(width * channels * step))
                    for i in range(height))


files = {
    "gray.png": png(5, 3, 8, 0, rows(5, 3, 1)),
    "gray_alpha.png": png(4, 2, 8, 4, rows(4, 2, 2)),
    "rgb.png": png(5, 3, 8, 2, rows(5, 3, 3)),
    "rgba.png": png(3, 2, 8, 6, rows(3, 2, 4)),
    "rgb16.png": png(3, 2, 16, 2, rows(3, 2, 3, 2)),
    "bits.png": png(9, 2, 1, 0, b"\0\xAA\x80\0\x55\0"),
    "palette.png": png(4, 1, 2, 3, b"\0\x1B", extra=chunk(b"PLTE", bytes(range(12)))),
    "interlaced.png": png(2, 2, 8, 0, b"\0\1\0\2\0\3\4", interlace=1),
    "bomb.png": png(1 << 13, 1 << 14, 8, 0, b"\0" * 1000),
    "bomb_gigapixel.png": png(1 << 15, 1 << 15, 1, 0, b"\0" * 1000),
    "bomb_of_text.png": png(5, 3, 8, 0, rows(5, 3, 1), extra=b"".join(
        chunk(b"zTXt", b"a\0\0" + zlib.compress(b"a" * 2_000_000, 9)) for _ in range(20))),
    "no_end.png": png(5, 3, 8, 0, rows(5, 3, 1), end=False),
    "too_few_rows.png": png(5, 3, 8, 0, rows(5, 2, 1)),
    "no_palette.png": png(4, 1, 2, 3, b"\0\x1B"),
    "wrong_checksum.png": png(5, 3, 8, 0, rows(5, 3, 1)).replace(b"IEND\xae", b"IEND\xaf"),
    "gray.pgm": b"P5\n# a comment\n3 2\n255\nabcdef",
    "rgb.ppm": b"P6 1 2 255\nabcdef",
    "maximum.pgm": b"P5 1 1 65535\nab",
    "negative.pgm": b"P5 -1 -1 255\na",
    "huge.ppm": b"P6 1000000000 1 255\n",
    "overflow.ppm": b"P6 9223372036854775807 9223372036854775807 255\n",
    "short.ppm": b"P6 2 2 255\nabcdef",
    "left_over.pgm": b"P5 1 1 255\nab",
    "web_page": b"<!DOCTYPE html>",
    "empty": b"",
}
for name, data in files.items():
    with open(os.path.join(FOLDER, name), "wb") as f:
        f.write(data)
