# SPDX-License-Identifier: MIT
"""Calls PyTorch with a sample and records the results and their derivatives.

An entry of a sample has: input, args, kwargs; out, a list of results, each with the gradient dy
that is sent back from it; grads, a list of {of: leaf, g: gradient, v: weights, gg: gradient of the
sum of v * g over all leaves}. Results and gradients of 32 or 16 bits have ref, the same in float64.
A call that PyTorch refuses has error instead, a result that is a Python number has scalar.
"""
import torch
from torch.testing._internal.opinfo.core import SampleInput

from sample_file import CODES, MAX_RANK, name_of

SECOND_DERIVATIVES_BELOW = 20000  # elements of the leaves and results


def mapped(value, f):
    """The value with f(tensor) instead of each tensor in it."""
    if isinstance(value, torch.Tensor):
        return f(value)
    if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        return type(value)(mapped(item, f) for item in value)
    if isinstance(value, dict):
        return {key: mapped(item, f) for key, item in value.items()}
    return value


def mapped_sample(sample, f):
    """The sample with f(tensor) instead of each tensor; also the new tensors by the old one's id.
    A tensor that occurs twice is mapped once."""
    memo = {}

    def once(tensor):
        if id(tensor) not in memo:
            memo[id(tensor)] = (f(tensor), tensor)
        return memo[id(tensor)][0]

    new = SampleInput(mapped(sample.input, once), args=mapped(tuple(sample.args), once),
                      kwargs=mapped(dict(sample.kwargs), once))
    return new, {key: tensor for key, (tensor, _) in memo.items()}


def as_leaves(sample):
    """Tensors that require a gradient become leaves of the same strides."""
    return mapped_sample(
        sample, lambda t: t.detach().requires_grad_() if t.requires_grad else t)[0]


def to_float64(sample):
    def wider(tensor):
        if not tensor.is_floating_point():
            return tensor
        return tensor.detach().to(torch.float64).requires_grad_(tensor.requires_grad)

    def wider_dtype(value):
        is_real = isinstance(value, torch.dtype) and value.is_floating_point
        return torch.float64 if is_real else value

    double, tensors = mapped_sample(sample, wider)
    double.args = tuple(wider_dtype(argument) for argument in double.args)
    double.kwargs = {name: wider_dtype(value) for name, value in double.kwargs.items()}
    return double, tensors


def results_of(value):
    """The tensors of a result: one, or a nested list."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in results_of(item)]
    return []


def attempt(f, *arguments):
    """f(*arguments), or None if that throws."""
    try:
        return f(*arguments)
    except Exception:
        return None


def differentiate(results, leaves, dys, weights):
    """The gradients for dys; with weights, also those of the sum of weights * gradients."""
    sent = [(result, dy) for result, dy in zip(results, dys) if dy is not None]
    first = torch.autograd.grad([result for result, _ in sent], leaves, [dy for _, dy in sent],
                                allow_unused=True, create_graph=weights is not None)
    if weights is None:
        return first, None
    terms = [(g * w).sum() for g, w in zip(first, weights) if g is not None and g.requires_grad]
    if not terms:
        return first, [None] * len(leaves)
    return first, torch.autograd.grad(sum(terms), leaves, allow_unused=True)


def normal_like(tensor):
    return torch.randn(tensor.shape, dtype=torch.float64).to(tensor.dtype)


class Recorder:
    """Records the samples of one op and dtype into a SampleFile."""

    def __init__(self, file, op, dtype, differentiates, has_reference):
        self.file, self.op, self.dtype = file, op, dtype
        self.differentiates = differentiates
        self.has_reference = (has_reference and dtype.is_floating_point
                              and dtype != torch.float64)

    def record(self, call, sample):
        """The entry of a sample; None if its results have no form in the file."""
        memo = {}
        entry = self.file.call(sample, memo)
        reference, doubles = self.reference(call, sample)
        try:
            result = call(sample)
        except Exception as error:
            return {**entry, "error": f"{type(error).__name__}: {str(error)[:200]}"}
        if isinstance(result, (bool, int, float)):
            return {**entry, "scalar": self.file.value(result, memo)}
        results = results_of(result)
        if not results or any(r.dtype not in CODES or r.layout != torch.strided for r in results):
            return None
        entry["out"] = [self.file.tensor(r) for r in results]
        self.add_reference(entry["out"], results, reference)
        if self.differentiates and all(r.dim() <= MAX_RANK for r in results):
            self.add_derivatives(entry, results, memo, reference, doubles)
        return entry

    def reference(self, call, sample):
        """The results in float64, and the float64 tensors by the id of the sample's tensors."""
        if not self.has_reference:
            return None, None
        converted = attempt(to_float64, sample)
        if converted is None:
            return None, None
        result = attempt(call, converted[0])
        return (None if result is None else results_of(result)), converted[1]

    def add_reference(self, entries, results, reference):
        if reference is None or [r.shape for r in reference] != [r.shape for r in results]:
            return
        for entry, exact, result in zip(entries, reference, results):
            if result.is_floating_point() and entry["t"]:
                entry["ref"] = self.file.add(exact.to(torch.float64))

    def add_derivatives(self, entry, results, memo, reference, doubles):
        leaves = [t for _, t in memo.values() if t.requires_grad]
        dys = [normal_like(r) if r.requires_grad else None for r in results]
        if not leaves or all(dy is None for dy in dys):
            return
        weights = self.weights(leaves, results)
        found = attempt(differentiate, results, leaves, dys, weights)
        if found is None:
            weights = None
            try:
                found = differentiate(results, leaves, dys, None)
            except Exception as error:
                entry["grad_error"] = str(error)[:200]
                return
        exact = None
        if reference is not None:
            exact = attempt(differentiate, reference, [doubles[id(t)] for t in leaves],
                            [dy if dy is None else dy.double() for dy in dys], None)
        for slot, dy in zip(entry["out"], dys):
            if dy is not None:
                slot["dy"] = self.file.add(dy)
        entry["grads"] = [
            self.gradient(memo[id(leaf)][0]["t"], found[0][i], exact and exact[0][i],
                          weights and (weights[i], found[1][i]))
            for i, leaf in enumerate(leaves)]

    def weights(self, leaves, results):
        elements = sum(t.numel() for t in leaves + results)
        if self.dtype != torch.float64 or not self.op.supports_gradgrad:
            return None
        return [normal_like(t) for t in leaves] if elements < SECOND_DERIVATIVES_BELOW else None

    def gradient(self, leaf, first, exact, second):
        def stored(tensor):
            return None if tensor is None else self.file.add(tensor)

        entry = {"of": leaf, "g": stored(first),
                 "dtype": None if first is None else name_of(first.dtype)}
        if exact is not None:
            entry["ref"] = stored(exact)
        if second is not None:
            entry["v"], entry["gg"] = stored(second[0]), stored(second[1])
        return entry
