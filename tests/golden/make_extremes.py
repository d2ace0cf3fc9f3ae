#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes extremes.txt: values, first and second derivatives of the elementwise ops where a careless
formula overflows, cancels or computes 0 * inf. PyTorch 2.15 computes them in float64.

    tests/opinfo/python.sh tests/golden/make_extremes.py

The ops are the rows of elementwise.def; tests/core/elementwise_extremes_test.cpp reads the file.
Its lines:

    inputs KIND DTYPE VALUES         an op of n inputs is called with all n-tuples of these values
    OP DTYPE QUANTITY VALUES         y; a, b, c: dy/da, ...; aa, ab, ...: d2y/da da, d2y/da db, ...

A value that is repeated n times in a row is `value*n`. `value~other`: in float32 PyTorch gives
`other`, which is more than 4 units in the last place away.
"""
import itertools
import os
import re
import warnings

import torch
import torch.nn.functional as F

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROWS = os.path.join(FOLDER, "../../include/tinygrad/elementwise.def")
# Ops whose name or arguments are not those of PyTorch's function.
OTHERS = {
    "floor_divide": lambda a, b: torch.div(a, b, rounding_mode="floor"),
    "trunc_divide": lambda a, b: torch.div(a, b, rounding_mode="trunc"),
    "clamp": lambda x: torch.clamp(x, -1, 1),
    "clamp_tensor": torch.clamp,
    "where": lambda a, b, c: torch.where(a > 0, b, c),
}

# The edges of formulas, and where exp, expm1, tanh, erf and sigmoid leave the range or become
# constant: 88.7 and 709.8 for exp, 9 and 19 for tanh, 4 and 6 for erf.
EDGES = [1e-10, 1e-3, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 6, 9, 12, 17, 20, 30, 50, 88, 89, 100, 709]
INF = float("inf")
UNARY = {
    torch.float32: [0, 2**-149, 1e-40, 2**-126, 1e-30, 1e-20, *EDGES, 1e4, 1e10, 1e20, 1e30, 3e38,
                    INF],
    torch.float64: [0, 2**-1074, 1e-310, 2**-1022, 1e-300, 1e-160, 1e-30, *EDGES, 710, 745, 1e4,
                    1e30, 1e160, 1e300, 1.7e308, INF],
}
BINARY = {
    torch.float32: [0, 1e-30, 0.5, 1, 2, 3, 1e20, 1e30, INF],
    torch.float64: [0, 1e-300, 0.5, 1, 2, 3, 1e160, 1e300, INF],
}
TERNARY = {
    torch.float32: [0, 0.5, -3, -1e-30, 1e30, INF],
    torch.float64: [0, 0.5, -3, -1e-300, 1e300, INF],
}
# By the macro of elementwise.def: the number of inputs, and their values without NaN.
KINDS = {
    "UNARY": (1, lambda dtype: both_signs(UNARY[dtype])),
    "BINARY": (2, lambda dtype: both_signs(BINARY[dtype])),
    "COMPARE": (2, lambda dtype: both_signs(BINARY[dtype])),
    "TERNARY": (3, lambda dtype: TERNARY[dtype]),
}


def both_signs(values):
    return [sign * float(value) for value in values for sign in (1, -1)]


def values_of(kind, dtype):
    return torch.tensor(KINDS[kind][1](dtype) + [float("nan")], dtype=dtype)


def rows():
    """(kind, name) of each op of reals."""
    with open(ROWS) as file:
        found = re.findall(r"^(UNARY|BINARY|COMPARE|TERNARY)\(\s*(\w+),\s*(\w+)", file.read(), re.M)
    return [(kind, name) for kind, name, domain in found if domain != "integer"]


def function(name):
    f = OTHERS.get(name) or getattr(torch, name, None) or getattr(F, name, None)
    if f is None:
        raise SystemExit(f"PyTorch has no {name}; add it to OTHERS")
    return f


def quantities(f, inputs):
    """{name: tensor}: the result and its derivatives."""
    leaves = [x.clone().requires_grad_() for x in inputs]
    y = f(*leaves)
    found = {"y": y}
    if not y.requires_grad:
        return found
    zero = torch.zeros_like(y)
    firsts = torch.autograd.grad(y, leaves, torch.ones_like(y), create_graph=True,
                                 allow_unused=True)
    for i, first in enumerate(firsts):
        found["abc"[i]] = zero if first is None else first
        seconds = [None] * len(leaves)
        if first is not None and first.requires_grad:
            seconds = torch.autograd.grad(first, leaves, torch.ones_like(y), retain_graph=True,
                                          allow_unused=True)
        for j in range(i, len(leaves)):
            found["abc"[i] + "abc"[j]] = zero if seconds[j] is None else seconds[j]
    return found


def text_of(value, dtype):
    return f"{value:.9g}" if dtype == torch.float32 else repr(value).removesuffix(".0")


def is_far(value, other):
    """Whether a float32 is more than 4 units in the last place away from a float64."""
    rounded = torch.tensor(value).float().item()
    if rounded != rounded or other != other:
        return (rounded != rounded) != (other != other)
    return rounded != other and not abs(rounded - other) <= max(4 * 2**-23 * abs(value), 2**-147)


def line(values, others, dtype):
    """The values, repeated ones written once. others: what PyTorch computes in float32."""
    words = [text_of(v, dtype) + ("~" + text_of(o, dtype) if is_far(v, o) else "")
             for v, o in zip(values, others)] if others else [text_of(v, dtype) for v in values]
    runs = [(word, len(list(run))) for word, run in itertools.groupby(words)]
    return " ".join(word if n == 1 else f"{word}*{n}" for word, n in runs)


def listed(tensor):
    """Copied first: a gradient may be a tensor of zeros without memory."""
    return torch.empty(tensor.shape, dtype=torch.float64).copy_(tensor.detach()).tolist()


def lines_of(kind, name, dtype):
    inputs = torch.meshgrid(*[values_of(kind, dtype)] * KINDS[kind][0], indexing="ij")
    inputs = [x.flatten() for x in inputs]
    exact = quantities(function(name), [x.double() for x in inputs])
    single = quantities(function(name), inputs) if dtype == torch.float32 else {}
    text = str(dtype).removeprefix("torch.")
    for quantity, tensor in exact.items():
        others = listed(single[quantity]) if single else None
        yield f"{name} {text} {quantity} {line(listed(tensor), others, dtype)}"


def main():
    warnings.filterwarnings("ignore")
    with open(os.path.join(FOLDER, "extremes.txt"), "w") as file:
        for kind, dtype in itertools.product(("UNARY", "BINARY", "TERNARY"), UNARY):
            text = f"{KINDS[kind][0]} {str(dtype).removeprefix('torch.')}"
            file.write(f"inputs {text} {line(listed(values_of(kind, dtype)), None, dtype)}\n")
        for kind, name in rows():
            for dtype in UNARY:
                file.writelines(f"{text}\n" for text in lines_of(kind, name, dtype))


main()
