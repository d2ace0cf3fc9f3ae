# SPDX-License-Identifier: MIT
"""The known differences from PyTorch. The reason of each is a paragraph of
docs/coming-from-pytorch.md, in the section "Results that differ"; `topic` is its first, bold words.

A rule holds for a result if the regular expressions match its op (the whole name), its status (the
whole status) and its detail (any part); integers: only if the dtype is not floating. The first rule
that holds counts. Details are matched by figures and values, not by the words of messages.

Classes: bug, a fault of the library; gap, a missing feature; refused, a call that is rare enough to
be refused; different, a deliberate or harmless difference; device, a fault of a device's compiler.
"""
import os
import re
from typing import NamedTuple

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "../../docs/coming-from-pytorch.md")


class Rule(NamedTuple):
    kind: str
    op: str
    status: str
    topic: str
    detail: str = ""
    integers: bool = False

    def holds(self, result):
        return (re.fullmatch(self.op, result["op"]) and re.fullmatch(self.status, result["status"])
                and re.search(self.detail, result["detail"])
                and not (self.integers and "float" in result["dtype"]))


RULES = [
    Rule("refused", op="index_select", status="throws", topic="Selecting from a scalar"),
    Rule("refused", op="gather", status="throws", topic="Indices of another rank"),
    Rule("refused", op=r"nn\.functional\.linear", status="throws", topic="Vectors as weights"),
    Rule("refused", op="tensordot", status="throws", topic="Contracted dimensions of size 1"),
    Rule("refused", op="cat", status="throws", detail=r"\[0\]",
         topic="Empty parts of another rank"),
    Rule("refused", op=r"nn\.functional\.batch_norm.*", status="throws", detail=r"\[0\]",
         topic="Batch norm of a vector"),
    Rule("refused", op=".*layer_norm", status="throws", detail="-[0-9]", topic="A negative eps"),
    Rule("refused", op=".*(conv2d|avg_pool2d|max_pool2d)", status="throws", integers=True,
         topic="Images of integers"),
    Rule("refused", op="scatter_add", status="throws", integers=True, detail="bool",
         topic="Sums of bools by index"),
    Rule("different", op=".*", status="saturates", topic="Reals to integers"),
    Rule("different", op="arange", status="value", topic="Ranges of integers"),
    Rule("different", op="(sign|sgn)", status="at_nan", detail="ours -?nan",
         topic="The sign of NaN"),
    Rule("different", op=".*", status="at_nan", detail="gradient", topic="Gradients at NaN"),
    Rule("different", op=".*(hardtanh|relu6)", status="dtype", topic="Hardtanh of integers"),
    Rule("different", op="(all|any)", status="dtype", detail="bool, PyTorch uint8",
         topic="All and any of uint8"),
    Rule("different", op="square", status="dtype", detail="bool, PyTorch int64",
         topic="Squares of bools"),
    Rule("different", op=r"nn\.functional\.conv2d", status="error_missed",
         detail="should be the same", topic="Convolutions of two dtypes"),
    Rule("different", op=r"nn\.functional\.mish", status="gradient2",
         detail=r"ours -?0, PyTorch -?nan", topic="Overflow in PyTorch's formulas"),
    Rule("different", op="(pow|__rpow__)", status="gradient2(_at_zero)?",
         detail=r"ours -?nan, PyTorch -?inf", topic="Second derivatives of powers"),
    Rule("different", op=r"nn\.functional\.(elu|selu)", status="gradient2_at_zero",
         topic="Second derivatives at kinks"),
    Rule("different", op="pow", status="gradient", detail=r"ours -4\.1462\d+, PyTorch -4\.1462",
         topic="Sums with cancellation"),
    # With TINYGRAD_DEVICE=opencl:
    Rule("device", op="(pow|__rpow__)", status="value", topic="Powers beside a NaN on PoCL 3.1"),
]


def rule_for(result):
    """The first rule that holds for a result, or None."""
    return next((rule for rule in RULES if rule.holds(result)), None)


def missing_topics():
    """The topics of rules that are not in the page."""
    with open(PAGE) as file:
        section = file.read().split("\n## Results that differ\n")[1].split("\n## ")[0]
    topics = re.findall(r"^- \*\*(.+?)\*\*", section, re.M)
    return sorted({rule.topic for rule in RULES} - set(topics))
