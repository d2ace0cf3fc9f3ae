# SPDX-License-Identifier: MIT
"""The known differences from PyTorch, each with its class and its reason.

A rule holds for a result if the regular expressions match its op (the whole name), its status (the
whole status) and its detail (any part); integers: only if the dtype is not floating. The first rule
that holds counts. Details are matched by figures and values, not by the words of messages.

Classes: bug, a fault of the library; gap, a missing feature; refused, a call that is rare enough to
be refused; different, a deliberate or harmless difference; documented, a difference that the
headers state; device, a fault of a device's compiler.
"""
import re
from typing import NamedTuple


class Rule(NamedTuple):
    kind: str
    op: str
    status: str
    reason: str
    detail: str = ""
    integers: bool = False

    def holds(self, result):
        return (re.fullmatch(self.op, result["op"]) and re.fullmatch(self.status, result["status"])
                and re.search(self.detail, result["detail"])
                and not (self.integers and "float" in result["dtype"]))


RULES = [
    Rule("bug", op=r"nn\.functional\.(elu|selu)", status="gradient2",
         detail=r"ours -?nan, PyTorch -?0",
         reason="elu, selu: the second derivative at large x is NaN, from 0 * exp(x); PyTorch's "
                "is 0"),
    Rule("gap", op="(mul|div)_", status="gradient_throws",
         reason="x.mul_(w), x.div_(w), if w requires a gradient: backward() always throws; PyTorch "
                "gives the gradient"),
    Rule("gap", op=r"nn\.functional\.hardtanh", status="error_missed",
         reason="hardtanh(x, low, high) with low > high is not refused"),
    Rule("gap", op="narrow", status="throws", detail="-[0-9]",
         reason="narrow: a negative start is refused; PyTorch counts it from the end"),
    Rule("gap", op="unflatten", status="throws", detail="-1",
         reason="unflatten: -1 among the sizes is refused; reshape accepts it"),
    Rule("gap", op="logsumexp", status="throws", integers=True,
         reason="logsumexp of integers and bools is refused; PyTorch converts them to float32"),
    Rule("refused", op="index_select", status="throws",
         reason="index_select of a tensor of rank 0"),
    Rule("refused", op="gather", status="throws",
         reason="gather with an index of another rank: empty, or [1] for a tensor of rank 0"),
    Rule("refused", op=r"nn\.functional\.linear", status="throws",
         reason="linear with a weight [K]; in PyTorch a product with a vector"),
    Rule("refused", op="tensordot", status="throws",
         reason="tensordot that broadcasts a contracted dimension of size 1"),
    Rule("refused", op="cat", status="throws", detail=r"\[0\]",
         reason="cat that ignores tensors of shape [0], an old rule of PyTorch"),
    Rule("refused", op=r"nn\.functional\.batch_norm.*", status="throws", detail=r"\[0\]",
         reason="batch_norm of an x of rank 1"),
    Rule("refused", op=".*layer_norm", status="throws", detail="-[0-9]",
         reason="layer_norm with a negative eps"),
    Rule("refused", op=".*(conv2d|avg_pool2d|max_pool2d)", status="throws", integers=True,
         reason="conv2d, max_pool2d and avg_pool2d of integers"),
    Rule("refused", op="scatter_add", status="throws", integers=True, detail="bool",
         reason="scatter_add of bools"),
    Rule("documented", op=".*", status="saturates",
         reason="to(integer) of NaN, infinities and values out of range saturates (ops/copy.h); "
                "PyTorch's result is the processor's"),
    Rule("different", op="arange", status="value",
         reason="arange of an integer dtype with a real start or step: each element is rounded "
                "down once; PyTorch truncates start and step first, so that arange(0, 64, 0.5) of "
                "int64 is all zeros"),
    Rule("documented", op="(sign|sgn)", status="at_nan", detail="ours -?nan",
         reason="sign(NaN) is NaN (ops.h: NaN propagates); PyTorch's is 0"),
    Rule("different", op=".*", status="at_nan", detail="gradient",
         reason="gradients at NaN inputs: abs, elu and selu give NaN (PyTorch 0, or dy); hardtanh "
                "and relu6 dy (PyTorch 0); maximum and minimum dy / 2 (PyTorch dy to both)"),
    Rule("different", op=".*(hardtanh|relu6)", status="dtype",
         reason="hardtanh of integers is float32; PyTorch's stays an integer"),
    Rule("different", op="(all|any)", status="dtype", detail="bool, PyTorch uint8",
         reason="all and any of uint8 are bool; PyTorch's are uint8"),
    Rule("different", op="square", status="dtype", detail="bool, PyTorch int64",
         reason="square of bool is bool; PyTorch's is int64"),
    Rule("different", op=r"nn\.functional\.conv2d", status="error_missed",
         detail="should be the same",
         reason="conv2d of different dtypes promotes them; PyTorch refuses"),
    Rule("different", op=r"nn\.functional\.mish", status="gradient2",
         detail=r"ours -?0, PyTorch -?nan",
         reason="mish: PyTorch's second derivative at large x is NaN; ours is right"),
    Rule("different", op="(pow|__rpow__)", status="gradient2(_at_zero)?",
         detail=r"ours -?nan, PyTorch -?inf",
         reason="pow: second derivatives that are infinite or do not exist (0 to a negative power, "
                "overflow) are NaN; PyTorch's are infinite"),
    Rule("different", op=r"nn\.functional\.(elu|selu)", status="gradient2_at_zero",
         reason="elu, selu: the second derivative jumps at 0; ours is that of x < 0, PyTorch's "
                "that of x > 0"),
    Rule("different", op="pow", status="gradient", detail=r"ours -4\.1462\d+, PyTorch -4\.1462",
         reason="pow of float32: a gradient summed over a broadcast dimension; terms up to 444 "
                "cancel to -4.1462, ours is off by one ulp of 444 (3e-5), PyTorch by less on some "
                "processors"),
    # With TINYGRAD_DEVICE=opencl, on PoCL 3.1:
    Rule("device", op=".*mish", status="gradient",
         reason="OpenCL: mish's gradient at large x is wrong if the device's tanh is 1 - 2^-24 "
                "there: 1.0012 at 1e4, 1e13 at 1e20"),
    Rule("device", op="(pow|__rpow__)", status="value",
         reason="OpenCL: PoCL's pow(double8) is wrong beside a NaN"),
]


def rule_for(result):
    """The first rule that holds for a result, or None."""
    return next((rule for rule in RULES if rule.holds(result)), None)
