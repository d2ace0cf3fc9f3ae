# SPDX-License-Identifier: MIT
"""The weights of small models: element i of the tensor `name` is weight(name, shape)[i], made here
and in the tests (tests/models/fixtures.h) from the same formula. With h = FNV-1a (64 bits) of the
name, and the finalizer of SplitMix64,

    u = splitmix64(h + i) >> 40                   24 bits
    weight = (u / 2^24 - 1/2) / 2                 in [-1/4, 1/4)
    and 1 + weight for weights and variances of norms: names that end so, of rank 1"""
import numpy as np
import torch


def fnv(text):
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return h


def weight(name, shape):
    with np.errstate(over="ignore"):
        z = np.uint64(fnv(name)) + np.arange(int(np.prod(shape)), dtype=np.uint64)
        z = z + np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    values = ((z >> np.uint64(40)).astype(np.float64) / 2**24 - 0.5) / 2
    if name.endswith(("weight", "running_var")) and len(shape) == 1:
        values += 1
    return torch.from_numpy(values.astype(np.float32).reshape(shape))
