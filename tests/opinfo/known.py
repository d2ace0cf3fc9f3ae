# SPDX-License-Identifier: MIT
"""The known differences from PyTorch. The reason of each is a paragraph of
docs/coming-from-pytorch.md, in the section "Results that differ"; `topic` is its first, bold words.

A rule holds for a result if the regular expressions match its op (the whole name), its status (the
whole status) and its detail (any part); integers: only if the dtype is not floating; halves: only
if it is float16 or bfloat16. The first rule that holds counts. Details are matched by figures and values,
not by the words of messages.

Classes: bug, a fault of the library; gap, a missing feature; refused, a call that is rare enough to
be refused; different, a deliberate or harmless difference; device, one of a device beside the CPU or
of formulas, if TINYGRAD_DEVICE or TINYGRAD_KERNELS=0 is set.
"""
import os
import re
from typing import NamedTuple

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    "../../docs/coming-from-pytorch.md")

on_device = (os.environ.get("TINYGRAD_DEVICE", "cpu") != "cpu"
             or os.environ.get("TINYGRAD_KERNELS") == "0")


class Rule(NamedTuple):
    kind: str
    op: str
    status: str
    topic: str
    detail: str = ""
    integers: bool = False
    halves: bool = False

    def holds(self, result):
        return ((self.kind != "device" or on_device)
                and re.fullmatch(self.op, result["op"])
                and re.fullmatch(self.status, result["status"])
                and re.search(self.detail, result["detail"])
                and not (self.integers and "float" in result["dtype"])
                and not (self.halves and "float16" not in result["dtype"]))


RULES = [
    Rule("refused", op="index_select", status="throws", topic="Selecting from a scalar"),
    Rule("refused", op="gather", status="throws", topic="Indices of another rank"),
    Rule("refused", op=r"nn\.functional\.linear", status="throws", topic="Vectors as weights"),
    Rule("refused", op="tensordot", status="throws", topic="Contracted dimensions of size 1"),
    Rule("refused", op="cat", status="throws", detail=r"\[0\]",
         topic="Empty parts of another rank"),
    Rule("refused", op=r"nn\.functional\.batch_norm.*", status="throws", detail=r"\[0\]",
         topic="Batch norm of a vector"),
    Rule("refused", op=".*(layer|group|rms)_norm", status="throws", detail="-[0-9]",
         topic="A negative eps"),
    Rule("refused", op=r"linalg\.matrix_power", status="throws", detail="-[0-9]",
         topic="Negative powers of matrices"),
    Rule("refused", op="add(bmm|mv)|baddbmm", status="throws", integers=True,
         topic="Real factors of integers"),
    Rule("refused", op=r".*(conv\dd|conv_transpose\dd|avg_pool\dd|max_pool\dd|"
                       "local_response_norm)", status="throws",
         integers=True, topic="Images of integers"),
    Rule("refused", op=r".*(interpolate.*|upsample_bilinear.*)", status="throws", integers=True,
         topic="Interpolation of integers"),
    Rule("refused", op=r"scatter_add|scatter_reduce\.sum|index_add|put|index_put",
         status="throws", integers=True,
         detail="bool", topic="Sums of bools by index"),
    Rule("refused", op="geometric", status="throws", integers=True, topic="Draws of integers"),
    Rule("different", op="index_copy", status="gradient", detail="ours -?0, PyTorch",
         topic="Indices that occur twice"),
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
    Rule("different", op=r"nn\.functional\.max_pool[13]d", status="error_missed",
         detail="Expected 2D or 3D|non-zero size", topic="Pooling of nothing"),
    Rule("different", op=r"nn\.functional\.max_unpool\dd", status="gradient",
         topic="Indices that occur twice"),
    Rule("different", op=r"nn\.functional\.mish", status="gradient2",
         detail=r"ours -?0, PyTorch -?nan", topic="Overflow in PyTorch's formulas"),
    Rule("different", op="(pow|__rpow__|float_power)", status="gradient2(_at_zero)?",
         detail=r"ours -?nan, PyTorch -?inf|ours -?0, PyTorch -?nan",
         topic="Second derivatives of powers"),
    Rule("different", op=r"nn\.functional\.(elu|selu|celu)", status="gradient2_at_zero",
         topic="Second derivatives at kinks"),
    Rule("different", op="pow", status="gradient", detail=r"ours -4\.1462\d+, PyTorch -4\.1462",
         topic="Sums with cancellation"),
    Rule("different", op="(sort|argsort|topk|kthvalue|mode)", status="value",
         detail=r"^(output 1: )?\d+ of \d+ differ", topic="The order of equal elements"),
    Rule("different", op="(msort|kthvalue)", status="gradient",
         topic="The order of equal elements"),
    Rule("different", op="(nan)?quantile", status="gradient", detail="ours is missing",
         topic="Quantiles"),
    Rule("different", op="(cumulative_)?trapezoid|trapz", status="value", integers=True,
         topic="Trapezoids of integers"),
    Rule("different", op=r"norm|linalg\.vector_norm", status="gradient2",
         detail="ours is missing", topic="The norm of a scalar"),
    Rule("different", op=r"(scatter|index)_reduce\.prod", status="gradient2",
         detail="ours is missing|are not recorded", topic="Products by index"),
    Rule("different", op=r"div_|pow|__rpow__|nn\.functional\.group_norm", status="gradient",
         detail=r": 1 of \d+ differ", halves=True, topic="Sums of 16 bits"),
    Rule("different", op=r"nn\.functional\.scaled_dot_product_attention", status="gradient",
         detail=r"PyTorch (0\.10716|-6\.2526|-1\.6479)\d+, in float64",
         topic="Sums with cancellation"),
    Rule("different", op="logcumsumexp", status="gradient", detail=r"ours -0\.47122",
         topic="Sums with cancellation"),
    Rule("refused", op=r"nn\.functional\.(poisson_nll_loss|margin_ranking_loss|"
                       "cosine_embedding_loss|triplet_margin(_with_distance)?_loss|pairwise_distance)",
         status="throws", integers=True, topic="Losses of integers"),
    Rule("refused", op=r"nn\.functional\.(gaussian_nll_loss|hinge_embedding_loss)",
         status="throws", detail=r"\] and \[", topic="Targets that broadcast"),
    Rule("refused", op=r"nn\.functional\.multi(label)?_margin_loss", status="throws", detail=r"\[\]",
         topic="Scores of rank 0"),
    Rule("different", op="(hypot|xlogy|float_power)", status="gradient(2_at_zero)?",
         detail=r"ours -?0, PyTorch -?nan", topic="Derivatives at two zeros"),
    Rule("different", op="atan2", status="gradient2_at_zero", topic="Derivatives at two zeros"),
    Rule("different", op="hypot", status="at_nan", detail=r"ours -?nan, PyTorch inf",
         topic="The hypotenuse of NaN and infinity"),
    Rule("different", op="acosh", status="gradient2?", detail=r"ours -?nan",
         topic="Derivatives where there is no value"),
    Rule("different", op=r"copysign|linalg\.slogdet|dist", status="gradient2?", detail="missing|no gradient",
         topic="Derivatives of constants"),
    Rule("different", op=r"(copysign|logaddexp|sinc|nn\.functional\.(softsign|poisson_nll_loss))",
         status="gradient(2|2_at_zero)?", detail=r"ours [^n]*, PyTorch -?nan",
         topic="Overflow in PyTorch's formulas"),
    Rule("different", op=r"div\.trunc_rounding|fmod", status="value|gradient",
         topic="Quotients that are rounded down"),
    Rule("different", op="addcdiv", status="gradient", detail="5 of 5 differ",
         topic="Products of several dtypes"),
    Rule("different", op="xlogy", status="gradient", detail=r"ours -17\.42\d+, PyTorch -17\.37",
         topic="Sums with cancellation"),
    Rule("different", op=r"nn\.functional\.softmin\.with_dtype", status="value",
         topic="Softmin of uint8"),
    Rule("different", op=r"nn\.functional\.interpolate\.bi(linear|cubic)", halves=True,
         status="gives_where_torch_throws", topic="Antialiasing of bfloat16"),
    Rule("different", op="ldexp", status="dtype", detail="float32, PyTorch b?float16",
         topic="Scalars of float16"),
    Rule("different", op=r"nn\.functional\.(grid_sample|conv_transpose3d)",
         status="value|gradient", detail=r"ours (46\.209|2\.0670)", topic="Sums with cancellation"),
    Rule("different", op=r"(nn\.functional\.)?grid_sample.*", status="gradient",
         detail=r"PyTorch -?0(,|$)", topic="Gradients at bounds"),
    Rule("different", op=r"nn\.functional\.ctc_loss", status="gradient2?",
         topic="Gradients of log-probabilities"),
    Rule("different", op=r"digamma|polygamma.*", status="value|gradient2?",
         detail=r"ours -?0, PyTorch -?nan", topic="Derivatives of logarithms at infinity"),
    Rule("different", op=r"(nn\.functional\.)?grid_sample.*|nn\.functional\.conv_transpose3d|"
                         "polygamma.*", status="gradient", detail=r"^gradient of t\d+: \d\d? of",
         topic="Sums with cancellation"),
    Rule("different", op=r"digamma|polygamma.*", status="gradient2?", detail=r"ours -?(inf|nan)",
         topic="Derivatives at poles"),
    Rule("different", op=r"linalg\.det", status="gradient2", detail="ours is there",
         topic="Derivatives of constants"),
    Rule("device", op=r"pow|nn\.functional\.scaled_dot_product_attention", status="gradient",
         topic="Sums with cancellation"),
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
