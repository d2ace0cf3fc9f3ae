#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Writes tests/golden/ops/<family>.txt: what PyTorch (1.13) computes for the rows of tests/ops, in
float64.

    /usr/bin/python3 tests/golden/make_ops.py

A case has the name of a row: inputs, outputs, what is sent back from each output and the gradients.
tests/ops/golden.cpp reads it. The tests need no PyTorch.
"""
import os
import torch
import torch.nn.functional as F

torch.manual_seed(0)
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "ops")
families = {}


# ---------------------------------------------------------------- inputs
def any_(*shape):
    """In (-2, 2), away from multiples of 1/2, where kinks are."""
    steps = torch.randint(-4, 4, shape) * 0.5 + 0.1
    return (steps + 0.3 * torch.rand(shape, dtype=torch.float64)).double()


def positive(*shape):
    return 0.5 + 1.5 * torch.rand(shape, dtype=torch.float64)


def unit(*shape):
    size = torch.rand(shape, dtype=torch.float64) * 0.85 + 0.05
    return size * (torch.randint(0, 2, shape) * 2 - 1)


def distinct(*shape, offset=0.0):
    n = torch.Size(shape).numel()
    return ((torch.randperm(n).double() - n / 2) * 0.1 + offset + 0.01).reshape(shape)


def index(below, *shape):
    return torch.randint(0, below, shape)


def bools(*shape):
    return torch.randint(0, 2, shape).bool()


# ---------------------------------------------------------------- writing
def text_of(tensor):
    name = str(tensor.dtype).replace("torch.", "")
    numbers = tensor.detach().flatten().tolist()
    if tensor.dtype.is_floating_point:
        return f"{name} {list(tensor.shape)}\n" + " ".join("%.17g" % v for v in numbers)
    return f"{name} {list(tensor.shape)}\n" + " ".join(str(int(v)) for v in numbers)


def case(family, name, f, *inputs):
    leaves = [x.clone().requires_grad_(x.dtype.is_floating_point) for x in inputs]
    outputs = f(*leaves)
    outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    lines = [f"case {name}"] + ["input " + text_of(x) for x in inputs]
    lines += ["output " + text_of(y) for y in outputs]
    sent = [torch.rand(y.shape, dtype=torch.float64) + 0.5 if y.requires_grad else None
            for y in outputs]
    if any(s is not None for s in sent):
        lines += ["sent none" if s is None else "sent " + text_of(s) for s in sent]
        torch.autograd.backward([y for y in outputs if y.requires_grad],
                                [s for s in sent if s is not None])
        lines += ["gradient none" if x.grad is None else "gradient " + text_of(x.grad)
                  for x in leaves]
    families.setdefault(family, []).extend(lines + ["end"])


# ---------------------------------------------------------------- elementwise
def elementwise():
    def unary(name, f, x):
        case("elementwise", name, f, x)

    for name in "abs sign square exp expm1 sin cos tanh erf floor ceil round sigmoid".split():
        unary(name, getattr(torch, name), any_(2, 3, 4))
    unary("neg", torch.neg, any_(2, 3, 4))
    unary("negative_operator", lambda x: -x, any_(2, 3, 4))
    for name in "log sqrt rsqrt reciprocal".split():
        unary(name, getattr(torch, name), positive(2, 3, 4))
    unary("log1p", torch.log1p, unit(2, 3, 4))
    for name in "relu selu gelu silu mish".split():
        unary(name, getattr(F, name), any_(2, 3, 4))
    unary("clamp", lambda x: torch.clamp(x, -1, 0.5), any_(2, 3, 4))
    unary("clamp_integers", lambda x: torch.clamp(x, -1, 2), any_(2, 3, 4))
    unary("leaky_relu", lambda x: F.leaky_relu(x, 0.25), any_(2, 3, 4))
    unary("elu", lambda x: F.elu(x, 0.75), any_(2, 3, 4))
    unary("softplus", F.softplus, any_(2, 3, 4))
    unary("softplus_threshold", lambda x: F.softplus(x, 2, 1), any_(2, 3, 4))
    unary("hardtanh", lambda x: F.hardtanh(x, -1, 0.5), any_(2, 3, 4))

    for name in "add sub mul".split():
        case("elementwise", name, getattr(torch, name), any_(2, 3), any_(3))
    for name in "div pow".split():
        case("elementwise", name, getattr(torch, name), positive(2, 3), positive(2, 1))
    tied = distinct(2, 3)
    for name in "maximum minimum".split():
        case("elementwise", name, getattr(torch, name), tied,
             torch.where(torch.tensor([True, False, False]), tied, distinct(2, 3, offset=0.03)))
    case("elementwise", "add_operator", lambda a, b: a + b, any_(2, 3), any_(2, 3))
    case("elementwise", "sub_operator", lambda a, b: a - b, any_(2, 1), any_(1, 3))
    case("elementwise", "mul_operator", lambda a, b: a * b, any_(2, 3), any_())
    case("elementwise", "div_operator", lambda a, b: a / b, any_(2, 3), positive(2, 3))

    unary("add_scalar", lambda x: x + 3, any_(2, 3))
    unary("sub_scalar", lambda x: x - 3, any_(2, 3))
    unary("mul_scalar", lambda x: x * 3, any_(2, 3))
    unary("div_scalar", lambda x: x / 3, any_(2, 3))
    unary("pow_scalar", lambda x: x**3, any_(2, 3))
    unary("pow_of_half", lambda x: x**0.5, positive(2, 3))
    unary("maximum_scalar", lambda x: torch.maximum(x, torch.tensor(1.0)), any_(2, 3))
    unary("minimum_scalar", lambda x: torch.minimum(x, torch.tensor(1.0)), any_(2, 3))
    unary("scalar_sub", lambda x: 3 - x, any_(2, 3))
    unary("scalar_div", lambda x: 3 / x, positive(2, 3))
    unary("scalar_pow", lambda x: 3**x, positive(2, 3))
    unary("operators_scalar", lambda x: (2.5 - (x + 0.5)) * 1.5 / 2 + 3 / (2 * x) - (1 + x),
          positive(2, 3))

    compare = dict(eq=torch.eq, not_equal=torch.ne, less=torch.lt, less_equal=torch.le,
                   greater=torch.gt, greater_equal=torch.ge)
    for name, f in compare.items():
        case("elementwise", name, lambda a, b, f=f: [f(a, b), f(a, a)], any_(2, 3), any_(3))
        case("elementwise", name + "_scalar", lambda x, f=f: f(x, 1),
             torch.tensor([0.5, 1, 1.5, float("nan")], dtype=torch.float64))
    case("elementwise", "comparison_operators",
         lambda a, b: [f(a, b) for f in compare.values()] + [f(a, 1) for f in compare.values()],
         any_(2, 3).round(), any_(2, 3).round())
    case("elementwise", "where", torch.where, bools(2, 3), any_(2, 3), any_(3))
    two = torch.tensor(2.0, dtype=torch.float64)
    case("elementwise", "where_else_number", lambda c, x: torch.where(c, x, two),
         bools(2, 3), any_(2, 3))
    case("elementwise", "where_then_number", lambda c, x: torch.where(c, two, x),
         bools(2, 3), any_(3))


# ---------------------------------------------------------------- views
def views():
    def view(name, f, x):
        case("views", name, f, x)

    view("clone", torch.clone, any_(2, 3))
    view("contiguous", lambda x: x.contiguous(), any_(2, 3))
    view("contiguous_transposed", lambda x: x.transpose(0, 2).contiguous(), any_(2, 3, 2))
    view("to_float64", lambda x: x.double() + 0, any_(2, 3))
    view("to_integers", lambda x: [x.long(), x.int(), x.bool()], any_(2, 3))
    view("to_device", lambda x: x * 1, any_(2, 3))
    view("reshape", lambda x: x.reshape(4, -1), any_(2, 3, 4))
    view("reshape_copies", lambda x: x.transpose(0, 2).reshape(6, 4), any_(2, 3, 4))
    view("view", lambda x: x.view(6, 4), any_(2, 3, 4))
    view("flatten", lambda x: [x.flatten(), x.flatten(1), x.flatten(0, 1), x.flatten(-2, -1)],
         any_(2, 3, 2))
    view("flatten_number", lambda x: x.flatten(), any_())
    view("unflatten", lambda x: x.unflatten(-1, (2, 3)), any_(2, 6))
    view("transpose", lambda x: x.transpose(0, -1), any_(2, 3, 2))
    view("permute", lambda x: x.permute(2, 0, -2), any_(2, 3, 4))
    view("squeeze", lambda x: x.squeeze(), any_(2, 1, 3, 1))
    view("squeeze_dim", lambda x: [x.squeeze(1), x.squeeze(-1)], any_(2, 1, 3, 1))
    view("unsqueeze", lambda x: [x.unsqueeze(0), x.unsqueeze(-1), x.unsqueeze(1)], any_(2, 3))
    view("expand", lambda x: x.expand(2, -1, 4), any_(3, 1))
    view("select", lambda x: [x.select(1, 2), x.select(-1, -1)], any_(2, 3, 4))
    view("slice", lambda x: [x[1:-1:2], x[:, -3:], x[3:2], x[:, 0:100:3]], any_(7, 5))
    view("narrow", lambda x: [x.narrow(1, 1, 3), x.narrow(-2, 0, 0)], any_(2, 5))
    case("split", "split", lambda x: x.split(3, 1), any_(2, 7))
    view("windows", lambda x: x.unfold(2, 2, 2).unfold(3, 5, 1)[..., ::2], any_(1, 2, 5, 6))

    case("join", "cat", lambda *xs: torch.cat(xs, 1), any_(2, 3), any_(2, 1), any_(2, 2))
    case("join", "cat_first", lambda *xs: torch.cat(xs, -2), any_(2, 3), any_(1, 3))
    case("join", "stack", lambda *xs: [torch.stack(xs, 0), torch.stack(xs, -1)], any_(2, 3),
         any_(2, 3))
    case("pad", "pad", lambda x: F.pad(x, (1, 2, 0, 1), value=7), any_(2, 3, 2))
    case("pad", "pad_crops", lambda x: F.pad(x, (-1, 2, 1, -2)), any_(4, 3))

    # windows {1, 2} apart, elements {2, 1} apart, of an image 4 x 5: rows are spread by zeros,
    # which F.fold then adds up
    def add_windows(x):
        n, c, h, w, kh, kw = x.shape
        columns = x.permute(0, 1, 4, 5, 2, 3).reshape(n, c * kh * kw, h * w)
        return F.fold(columns, (4, 5), (kh, kw), dilation=(2, 1), stride=(1, 2))

    case("fold", "add_windows", add_windows, any_(1, 2, 2, 2, 2, 3))


# ---------------------------------------------------------------- reductions
def reduce():
    def add(name, f, x):
        case("reduce", name, f, x)

    def product(x, dims=None, keep=False):
        if dims is None:
            return x.prod()
        for d in sorted(((d if d >= 0 else d + x.dim())
                         for d in (dims if isinstance(dims, tuple) else (dims,))), reverse=True):
            x = x.prod(d, keepdim=True)
        return x if keep else x.reshape([s for i, s in enumerate(x.shape) if i not in
                                         [d if d >= 0 else d + x.dim()
                                          for d in (dims if isinstance(dims, tuple) else (dims,))]])

    def logsumexp(x, dims=None, keep=False):
        return torch.logsumexp(x, tuple(range(x.dim())) if dims is None else dims, keep)

    def variance(x, dims=None, keep=False):
        return x.var() if dims is None else x.var(dims, unbiased=True, keepdim=keep)

    def plain(f):
        return lambda x, dims=None, keep=False: f(x) if dims is None else f(x, dims, keep)

    def amax(x, dims=None, keep=False):
        return torch.amax(x, tuple(range(x.dim())) if dims is None else dims, keep)

    def amin(x, dims=None, keep=False):
        return torch.amin(x, tuple(range(x.dim())) if dims is None else dims, keep)

    def logical(f, start):
        def g(x, dims=None, keep=False):
            if dims is None:
                return f(x)
            dims = [d % x.dim() for d in (dims if isinstance(dims, tuple) else (dims,))]
            for d in dims:
                x = f(x, d, keepdim=True)
            return x if keep else x.reshape([s for i, s in enumerate(x.shape) if i not in dims])
        return g

    kinds = dict(sum=(plain(torch.sum), any_), mean=(plain(torch.mean), any_), prod=(product, unit),
                 logsumexp=(logsumexp, any_),
                 var=(variance, any_), amax=(amax, distinct), amin=(amin, distinct),
                 any=(logical(torch.any, False), bools), all=(logical(torch.all, True), bools))
    for name, (f, make) in kinds.items():
        add(name, lambda x: f(x), make(2, 3, 4))
        add(name + "_keepdim", lambda x: f(x, -1, True), make(2, 3, 4))
        add(name + "_first", lambda x: f(x, 0), make(2, 3, 4))
        add(name + "_dims", lambda x: f(x, (2, 0)), make(2, 3, 4))
        add(name + "_middle", lambda x: f(x, -2, True), make(2, 3, 4))
    for name, f in (("any", torch.any), ("all", torch.all)):
        add(name + "_numbers",
            lambda x: f(torch.maximum(x, torch.tensor(0.0, dtype=torch.float64)) != 0, -1),
            any_(2, 3, 2))
    add("var_biased", lambda x: x.var((0, 1), unbiased=False, keepdim=True), any_(3, 2, 4))
    add("max", torch.max, distinct(2, 3, 4))
    add("min", torch.min, distinct(2, 3, 4))
    add("max_dim", lambda x: tuple(torch.max(x, 1)), distinct(2, 3, 4))
    add("min_dim", lambda x: tuple(torch.min(x, 1, keepdim=True)), distinct(2, 3, 4))
    add("argmax", torch.argmax, distinct(2, 3, 4))
    add("argmin", torch.argmin, distinct(2, 3, 4))
    add("argmax_dim", lambda x: torch.argmax(x, 1), distinct(2, 3, 4))
    add("argmin_dim", lambda x: torch.argmin(x, -2, keepdim=True), distinct(2, 3, 4))

    def first(f, x, dim):  # PyTorch does not promise which of equals it takes; ours is the first
        best = f(x, dim).values.unsqueeze(dim) if dim is not None else f(x)
        return (x == best).long().argmax() if dim is None else (x == best).long().argmax(dim)

    ties = any_(3, 7)
    add("argmax_ties", lambda x: [first(torch.max, x.floor(), 1), first(torch.min, x.floor(), 1),
                                  first(torch.max, x.floor(), None),
                                  first(torch.min, x.floor(), None)], ties)
    add("amax_ties", lambda x: [torch.amax(x.floor(), 1), torch.amin(x.floor(), 0)], ties)


# ---------------------------------------------------------------- products
def matmul():
    for name, a, b in (("matmul", (2, 3), (3, 4)), ("matmul_vectors", (4,), (4,)),
                       ("matmul_vector_matrix", (3,), (3, 4)),
                       ("matmul_matrix_vector", (3, 4), (4,)),
                       ("matmul_batched", (2, 1, 2, 3), (2, 3, 2)),
                       ("matmul_batch_by_matrix", (2, 2, 3), (3, 2)),
                       ("matmul_matrix_by_batch", (2, 3), (2, 3, 2))):
        case("matmul", name, torch.matmul, any_(*a), any_(*b))
    case("matmul", "linear", F.linear, any_(2, 2, 3), any_(4, 3), any_(4))
    case("matmul", "linear_without_bias", F.linear, any_(2, 3), any_(4, 3))
    case("matmul", "tensordot", lambda a, b: torch.tensordot(a, b, 2), any_(2, 3, 4), any_(3, 4, 2))
    case("matmul", "tensordot_outer", lambda a, b: torch.tensordot(a, b, 0), any_(2, 3), any_(2))
    case("matmul", "tensordot_dims", lambda a, b: torch.tensordot(a, b, ([0, -1], [1, 0])),
         any_(2, 3, 4), any_(4, 2, 3))


def softmax_loss():
    for name, dim in (("", 1), ("_last", -1), ("_first", 0)):
        case("softmax", "softmax" + name, lambda x: torch.softmax(x, dim), any_(2, 3, 4))
        case("softmax", "log_softmax" + name, lambda x: torch.log_softmax(x, dim),
             any_(2, 3, 4))
    for loss in (F.cross_entropy, F.nll_loss):
        for suffix, reduction in (("", "mean"), ("_sum", "sum"), ("_none", "none")):
            case("loss", loss.__name__ + suffix,
                 lambda x, t: loss(x, t, reduction=reduction), any_(3, 4), index(4, 3))
    for suffix, reduction in (("", "mean"), ("_sum", "sum"), ("_none", "none")):
        case("loss", "mse_loss" + suffix,
             lambda x, t: F.mse_loss(x, t, reduction=reduction), any_(2, 3), any_(2, 3))


# ---------------------------------------------------------------- images, norms, indices
def images():
    def conv(name, x, w, bias, **args):
        inputs = [any_(*x), any_(*w)] + ([any_(w[0])] if bias else [])
        case("conv", name, lambda *xs: F.conv2d(*xs, **args), *inputs)

    conv("conv2d", (2, 2, 4, 4), (3, 2, 3, 2), False)
    conv("conv2d_bias", (1, 2, 4, 3), (2, 2, 3, 2), True)
    conv("conv2d_stride", (1, 2, 5, 4), (2, 2, 3, 2), True, stride=(2, 1))
    conv("conv2d_padding", (1, 2, 3, 2), (2, 2, 3, 3), True, padding=(1, 2))
    conv("conv2d_stride_padding", (1, 2, 5, 4), (2, 2, 3, 3), False, stride=2, padding=1)
    conv("conv2d_dilation", (1, 2, 5, 3), (2, 2, 2, 2), True, dilation=(2, 1))
    conv("conv2d_groups", (1, 4, 3, 3), (4, 2, 2, 2), True, groups=2)
    conv("conv2d_depthwise", (1, 3, 3, 3), (3, 1, 3, 3), False, padding=1, groups=3)
    conv("conv2d_same", (1, 2, 3, 4), (2, 2, 3, 2), True, padding="same")
    conv("conv2d_same_dilation", (1, 1, 4, 4), (2, 1, 2, 3), False, padding="same", dilation=2)
    conv("conv2d_everything", (1, 4, 3, 4), (2, 2, 2, 3), True, stride=(1, 2), padding=(2, 1),
         dilation=(2, 1), groups=2)
    conv("conv2d_one_by_one", (2, 3, 2, 2), (2, 3, 1, 1), True)
    for name, f, make in (("max_pool2d", F.max_pool2d, distinct),
                          ("avg_pool2d", F.avg_pool2d, any_)):
        case("pool", name, lambda x: f(x, 2), make(2, 2, 4, 5))
        case("pool", name + "_overlapping", lambda x: f(x, (3, 2), 1), make(1, 2, 4, 4))
        case("pool", name + "_padding", lambda x: f(x, 3, 2, 1), make(1, 2, 5, 4))


def norm():
    def batch(*xs):
        x, w, b = (list(xs) + [None, None])[:3]
        dims = [d for d in range(x.dim()) if d != 1]
        return [F.batch_norm(x, None, None, w, b, training=True), x.detach().mean(dims),
                x.detach().var(dims, unbiased=False)]

    case("norm", "batch_norm", batch, distinct(3, 2, 2, 2), any_(2), any_(2))
    case("norm", "batch_norm_plain", batch, distinct(3, 2, 2))
    case("norm", "batch_norm_weight", batch, distinct(4, 2), any_(2))

    def evaluation(x, mean, var, w, b):  # F.batch_norm does not differentiate by mean and var
        shape = [1, -1] + [1] * (x.dim() - 2)
        y = (x - mean.reshape(shape)) / torch.sqrt(var.reshape(shape) + 1e-5)
        y = y * w.reshape(shape) + b.reshape(shape)
        assert torch.allclose(y, F.batch_norm(x, mean.detach(), var.detach(), w, b))
        return y

    case("norm", "batch_norm_inference", evaluation, any_(2, 3, 2), any_(3), positive(3), any_(3),
         any_(3))
    case("norm", "layer_norm", lambda x, w, b: F.layer_norm(x, (5,), w, b), distinct(3, 5), any_(5),
         any_(5))
    case("norm", "layer_norm_dims", lambda x, w, b: F.layer_norm(x, (2, 3), w, b),
         distinct(2, 2, 3), any_(2, 3), any_(2, 3))
    case("norm", "layer_norm_plain", lambda x: F.layer_norm(x, (5,)), distinct(3, 5))
    case("norm", "layer_norm_weight", lambda x, w: F.layer_norm(x, (5,), w), distinct(3, 5),
         any_(5))


def indices():
    case("index", "gather", lambda x, i: torch.gather(x, 1, i), any_(2, 3, 2), index(3, 2, 5, 2))
    case("index", "gather_first", lambda x, i: torch.gather(x, 0, i), any_(4), index(4, 6))

    def scatter_last_wins(x, dim, i, source):  # PyTorch leaves open which of repeated indices wins
        y = x.clone() + 0
        for k in range(i.shape[dim]):
            y = y.scatter(dim, i.narrow(dim, k, 1), source.narrow(dim, k, 1))
        return y

    def scatter(name, f, dim, x, i):
        case("index", name, lambda x, i, s: f(x, dim, i, s), any_(*x), index(x[dim], *i), any_(*i))

    scatter("scatter", scatter_last_wins, 1, (2, 3), (2, 2))
    scatter("scatter_repeated", scatter_last_wins, 1, (2, 3), (2, 7))
    scatter("scatter_first", scatter_last_wins, 0, (3, 2), (4, 2))
    scatter("scatter_add", torch.scatter_add, 1, (2, 3), (2, 7))
    scatter("scatter_add_first", torch.scatter_add, 0, (3, 2), (4, 2))
    case("index", "index_select", lambda x, i: torch.index_select(x, 1, i), any_(2, 3, 2),
         index(3, 5))
    case("index", "one_hot", lambda i: F.one_hot(i, 4), index(4, 2, 3))
    case("index", "one_hot_counted", lambda i: F.one_hot(i), index(4, 5))
    case("index", "embedding", lambda i, w: F.embedding(i, w), index(4, 2, 3), any_(4, 2))


def later():
    """Cases that came later: the numbers of those before them stay what they were."""
    case("split", "unbind", lambda x: x.unbind(1), any_(2, 3, 4))
    case("elementwise", "lerp", torch.lerp, any_(2, 3), any_(2, 3), any_(2, 3))
    case("elementwise", "lerp_number", lambda a, b: torch.lerp(a, b, 0.75), any_(2, 3), any_(3))
    case("elementwise", "addcmul", torch.addcmul, any_(2, 3), any_(2, 3), any_(3))
    case("elementwise", "addcmul_value", lambda a, b, c: torch.addcmul(a, b, c, value=-0.5),
         any_(2, 3), any_(2, 1), any_(1, 3))
    case("elementwise", "addcdiv", torch.addcdiv, any_(2, 3), any_(2, 3), positive(3))
    case("elementwise", "addcdiv_value", lambda a, b, c: torch.addcdiv(a, b, c, value=2.5),
         any_(2, 3), any_(2, 1), positive(1, 3))
    low = torch.tensor([[-1.05, -0.45, 0.35], [0.55, -0.85, 0.15]], dtype=torch.float64)
    high = torch.tensor([[0.65, 1.25, -0.75], [1.45, -0.55, -1.35]], dtype=torch.float64)
    case("elementwise", "clamp_tensors", torch.clamp, distinct(2, 3), low, high)
    case("elementwise", "clamp_tensors", torch.clamp, any_(2, 3), low, high)


def order():
    torch.manual_seed(1)
    x, inf = (2, 3, 2), float("inf")
    case("sort", "sort", lambda x: tuple(torch.sort(x, 1)), distinct(*x))
    case("sort", "sort_descending", lambda x: tuple(torch.sort(x, -1, True)), distinct(*x))
    case("sort", "argsort", lambda x: [torch.argsort(x, 1), torch.argsort(x, 0, True)],
         distinct(*x))
    case("sort", "msort", torch.msort, distinct(*x))
    case("sort", "topk", lambda x: tuple(torch.topk(x, 2, 1)), distinct(*x))
    case("sort", "topk_smallest", lambda x: tuple(torch.topk(x, 1, -1, False)), distinct(*x))
    case("sort", "kthvalue", lambda x: tuple(torch.kthvalue(x, 2, 1)), distinct(*x))
    case("sort", "kthvalue_keepdim", lambda x: tuple(torch.kthvalue(x, 1, -1, True)),
         distinct(*x))
    case("sort", "median", lambda x: [torch.median(x), torch.nanmedian(x)], distinct(*x))
    case("sort", "median_dim", lambda x: tuple(torch.median(x, 1)), distinct(*x))
    case("sort", "nanmedian_dim", lambda x: tuple(torch.nanmedian(x, -1, True)), distinct(*x))

    def ties(name, f):
        case("sort", name, lambda x: tuple(f(x.detach().floor())), any_(*x))

    ties("sort_ties", lambda x: torch.sort(x, dim=1, stable=True))
    ties("sort_ties_descending", lambda x: torch.sort(x, dim=0, descending=True, stable=True))
    ties("mode", lambda x: torch.mode(x, 1))
    ties("mode_keepdim", lambda x: torch.mode(x, -1, True))

    def q(*values):
        return torch.tensor(values, dtype=torch.float64)

    case("sort", "quantile", lambda x: torch.quantile(x, 0.3, 1), distinct(*x))
    case("sort", "quantile_all", lambda x: torch.quantile(x, q(0.25, 0.6, 1)), distinct(*x))
    case("sort", "quantile_dims", lambda x: torch.quantile(
        x.permute(1, 0, 2).reshape(3, 4), q(0.1, 0.75), 1).reshape(2, 1, 3, 1), distinct(*x))
    case("sort", "quantile_interpolations",
         lambda x: [torch.quantile(x, 0.3, 1, interpolation=how)
                    for how in ("lower", "higher", "midpoint", "nearest")], distinct(*x))
    case("sort", "nanquantile",
         lambda x: [torch.nanquantile(x, q(0.3, 0.5), 1), torch.nanquantile(x, 0.25)],
         distinct(*x))

    for name, make in (("cumsum", any_), ("logcumsumexp", any_), ("cumprod", positive)):
        case("scan", name, lambda x: getattr(torch, name)(x, 1), make(*x))
        case("scan", name + "_last", lambda x: getattr(torch, name)(x, -1), make(*x))
    for name in ("cummax", "cummin"):
        case("scan", name, lambda x: tuple(getattr(torch, name)(x, 1)), distinct(*x))
        case("scan", name + "_ties", lambda x: tuple(getattr(torch, name)(x.detach().floor(), -1)),
             any_(*x))
    case("scan", "diff", lambda x: [torch.diff(x), torch.diff(x, 2, 0), x.clone()], any_(3, 4))
    case("scan", "diff_joined", lambda x, a, b: torch.diff(x, 1, 1, a, b), any_(2, 3), any_(2, 1),
         any_(2, 2))
    for name in ("trapezoid", "trapz", "cumulative_trapezoid"):
        f = getattr(torch, "trapezoid" if name == "trapz" else name)
        case("scan", name, lambda x: [f(x, dx=1, dim=-1), f(x, dx=0.5, dim=0)], any_(3, 4))
        case("scan", name + "_points", lambda y, x: f(y, x, dim=1), any_(2, 4, 2), any_(4))
    case("scan", "gradient", lambda x: [*torch.gradient(x, spacing=[0.5, 0.25]),
                                        torch.gradient(x, dim=1, edge_order=2)[0]], any_(3, 4))

    def coordinates(x, a, b):  # torch.gradient does not differentiate by the coordinates
        a, b = a.cumsum(0), b.cumsum(0)

        def along_last(x, t, edge_order):
            d = t.diff()
            s = x.diff() / d
            first, last = s[..., :1], s[..., -1:]
            if edge_order == 2:
                first = first + (s[..., :1] - s[..., 1:2]) * d[0] / (d[0] + d[1])
                last = last + (s[..., -1:] - s[..., -2:-1]) * d[-1] / (d[-1] + d[-2])
            middle = (d[1:] * s[..., :-1] + d[:-1] * s[..., 1:]) / (d[1:] + d[:-1])
            return torch.cat([first, middle, last], -1)

        ys = [along_last(x.T, a, 2).T, along_last(x, b, 2), along_last(x, b, 1)]
        with torch.no_grad():
            theirs = [*torch.gradient(x, spacing=(a, b), edge_order=2),
                      torch.gradient(x, spacing=(b,), dim=1)[0]]
            assert all(torch.allclose(y, t) for y, t in zip(ys, theirs))
        return ys

    case("scan", "gradient_coordinates", coordinates, any_(3, 4), positive(3), positive(4))

    x, vector_norm = (2, 3, 4), torch.linalg.vector_norm

    def statistic(name, f, make=any_):
        case("statistics", name, f, make(*x))

    statistic("std", torch.std)
    statistic("std_dims", lambda x: [x.std((0, 2), unbiased=False, keepdim=True), x.std(1)])
    statistic("std_mean", lambda x: torch.std_mean(x, 1, unbiased=False))
    statistic("var_mean", lambda x: torch.var_mean(x, (0, 1), unbiased=True, keepdim=True))
    statistic("norm", lambda x: [vector_norm(x), vector_norm(x, 2, 1, True),
                                 vector_norm(x, 1, (0, 2))])
    statistic("norm_powers", lambda x: [vector_norm(x, 3.5, 1), vector_norm(x, 0.5, 0),
                                        vector_norm(x, -2, 2)])
    statistic("vector_norm", lambda x: vector_norm(x, 4, -1))
    statistic("norm_extremes", lambda x: [vector_norm(x, inf, 1), vector_norm(x, -inf, 0),
                                          vector_norm(x, 0, 1).detach()], distinct)
    statistic("nansum", lambda x: [x.nansum(), x.nansum((0, 2), keepdim=True)])
    statistic("nanmean", lambda x: [x.nanmean(), x.nanmean((0, 2), keepdim=True)])
    statistic("count_nonzero", lambda x: [torch.count_nonzero(x), torch.count_nonzero(x.relu(), 1)])
    statistic("aminmax", lambda x: [x.amin((0, 1), True), x.amax((0, 1), True)], distinct)

    def sets(name, f, *inputs):
        case("unique", name, lambda *xs: f(*[x.detach().floor() for x in xs]), *inputs)

    sets("unique", lambda x: torch.unique(x, return_inverse=True, return_counts=True), any_(3, 7))
    sets("unique_dim", lambda x: torch.unique(x.clamp(min=0), return_inverse=True,
                                              return_counts=True, dim=1), any_(2, 12))
    sets("unique_consecutive", lambda x: torch.unique_consecutive(
        x.clamp(min=0), return_inverse=True, return_counts=True), any_(3, 7))
    sets("isin", lambda x, t: [torch.isin(x, t), torch.isin(x, t, invert=True), x == 1],
         any_(3, 4), any_(2, 2))
    case("unique", "bincount", lambda x, w: [torch.bincount(x), torch.bincount(x, minlength=9),
                                             torch.bincount(x, w.detach().floor())],
         index(7, 20), any_(20))
    case("unique", "histc", lambda x: [torch.histc(x.detach(), 8, -2, 2),
                                       torch.histc(x.detach(), 2, -0.5, 0.5)], any_(5, 7))
    sets("searchsorted", lambda s, v: [torch.searchsorted(s.sort()[0], v),
                                       torch.searchsorted(s, v, right=True, sorter=s.argsort())],
         any_(2, 7), any_(2, 5))
    sets("bucketize", lambda x, b: [torch.bucketize(x, b.sort()[0]),
                                    torch.bucketize(x, b.sort()[0], right=True)],
         any_(2, 5), any_(4))


def arrangements():
    """Views, joins, diagonals, rearranged copies, indices and masks."""
    torch.manual_seed(1)
    case("views", "movedim", lambda x: [x.movedim(0, -1), x.movedim((2, 0), (0, 1)),
                                        x.moveaxis(-1, 0), x.swapaxes(0, 2)], any_(2, 3, 4))
    case("views", "atleast", lambda x: [torch.atleast_1d(x), torch.atleast_2d(x),
                                        torch.atleast_3d(x)], any_(2, 3))
    case("views", "diagonal", lambda x: [x.diagonal(), x.diagonal(1, -1, 0), x.diagonal(-1, 1, 2),
                                         x.diagonal(9)], any_(2, 3, 4))
    case("views", "unfold", lambda x: [x.unfold(1, 3, 2), x.unfold(-1, 2, 3), x.unfold(0, 1, 1),
                                       x.unfold(0, 0, 2)], any_(4, 7))
    case("views", "unfold_number", lambda x: x.unfold(0, 1, 1), any_())

    def strided(x):
        y = x.clone()
        return [y.as_strided((3, 3), (1, 1), 2), y.as_strided((2, 2), (12, 5)),
                y.transpose(0, 2).as_strided((6, 3), (1, 0), 3),
                y.select(0, 1).as_strided((4,), (3,)), y.as_strided((0, 2), (1, 1))]

    case("views", "as_strided", strided, any_(2, 3, 4))
    case("views", "as_strided_of_shared",
         lambda x: x.clone().expand(3, 4).as_strided((2, 2), (1, 1)), any_(3, 1))
    case("views", "broadcast_tensors", torch.broadcast_tensors, any_(2, 1), any_(3), any_(1, 1, 1))

    case("split", "split_sizes", lambda x: x.split([3, 0, 4], 1), any_(2, 7))
    case("split", "chunk", lambda x: x.chunk(3, 1) + x.chunk(5), any_(2, 7))
    case("split", "tensor_split",
         lambda x: x.tensor_split(3, -1) + x.tensor_split((1, -2, 4, 9), 1), any_(2, 7))
    case("split", "split_axes", lambda x: x.hsplit(2) + x.vsplit([1]) + x.dsplit(3) +
         x.flatten().hsplit(4), any_(2, 4, 6))

    case("join", "stack_axes", lambda *xs: [torch.hstack(xs), torch.vstack(xs), torch.dstack(xs),
                                            torch.column_stack(xs)], any_(2, 3), any_(2, 3))
    case("join", "block_diag", torch.block_diag, any_(2, 3), any_(2), any_())
    case("join", "meshgrid", lambda *xs: torch.meshgrid(*xs, indexing="ij") +
         torch.meshgrid(*xs, indexing="xy"), any_(3), any_(2), any_(4))
    case("join", "cartesian_prod",
         lambda *xs: [torch.cartesian_prod(*xs), torch.cartesian_prod(xs[0])], any_(3), any_(2))
    case("join", "combinations", lambda x: [
        torch.combinations(x), torch.combinations(x, 3), torch.combinations(x, 2, True),
        torch.combinations(x, 9)], any_(4))

    case("diagonal", "diag", lambda x: [x.diag(), x.diag(-1)], any_(3, 4))
    case("diagonal", "diag_embed", lambda x: [
        torch.diag_embed(x), torch.diag_embed(x, 1), torch.diag_embed(x, -2, 2, 0),
        torch.diag_embed(x, 1, 0, -1)], any_(2, 3))
    case("diagonal", "diagflat", lambda x: torch.diagflat(x, 1), any_(2, 2))
    case("diagonal", "tril", lambda x: [x.tril(), x.tril(1), x.tril(-2)], any_(2, 3, 4))
    case("diagonal", "triu", lambda x: [x.triu(), x.triu(2), x.triu(-1)], any_(2, 3, 4))

    case("rearrange", "flip", lambda x: [x.flip(0), x.flip(-1, 0), x.flip(()), x.fliplr(),
                                         x.flipud()], any_(2, 3, 4))
    case("rearrange", "rot90", lambda x: [x.rot90(), x.rot90(2, (1, 2)), x.rot90(-1, (0, -1)),
                                          x.rot90(4)], any_(2, 3, 4))
    case("rearrange", "roll", lambda x: [x.roll(1, 1), x.roll(-5, -1), x.roll(7),
                                         x.roll((1, 2), (0, 2)), x.roll(0, 0)], any_(2, 3, 4))
    case("rearrange", "repeat", lambda x: [x.repeat(2, 1, 3), x.repeat(1, 1), x.repeat(4, 0)],
         any_(2, 3))
    case("rearrange", "tile", lambda x: [x.tile(2), x.tile(2, 1, 2)], any_(2, 3))
    case("rearrange", "repeat_interleave", lambda x: [
        x.repeat_interleave(2, 0), x.repeat_interleave(3, -1), x.repeat_interleave(2),
        x.repeat_interleave(1, 0), x.repeat_interleave(0, 0)], any_(2, 3))
    case("rearrange", "repeat_interleave_counts", lambda x, n: [
        x.repeat_interleave(n, 0), x.repeat_interleave(n[:1], 1)], any_(3, 2),
         torch.tensor([2, 0, 3]))

    f64, i64 = dict(dtype=torch.float64), dict(dtype=torch.int64)
    case("create", "eye", lambda: [torch.eye(3, **f64), torch.eye(2, 4, **i64),
                                   torch.eye(4, 2, dtype=torch.bool), torch.eye(0, 3, **i64)])
    case("create", "linspace", lambda: [
        torch.linspace(-1, 2.5, 6, **f64), torch.linspace(3, 4, 1, **f64),
        torch.linspace(2, 3, 0, **f64), torch.linspace(10, -5.5, 5, **i64)])
    case("create", "logspace", lambda: [torch.logspace(-1, 1, 5, 10, **f64),
                                        torch.logspace(0, 3, 4, 2, **i64)])
    case("create", "triangle_indices", lambda: [
        torch.tril_indices(3, 4), torch.tril_indices(4, 3, -1), torch.triu_indices(3, 4),
        torch.triu_indices(4, 3, 1), torch.triu_indices(0, 3)])

    def copy_last_wins(x, i, s):  # PyTorch leaves open which of repeated indices wins
        for k in range(len(i)):
            x = x.index_copy(1, i[k:k + 1], s[:, k:k + 1])
        return x

    slices = any_(2, 3, 2), index(3, 5), any_(2, 5, 2)
    case("index", "index_add", lambda x, i, s: x.index_add(1, i, s), *slices)
    case("index", "index_add_scaled", lambda x, i, s: x.index_add(1, i, s, alpha=-2), *slices)
    case("index", "index_copy", copy_last_wins, *slices)
    case("index", "index_fill", lambda x, i, v: [x.index_fill(1, i, 3), x.index_fill(-1, i, v)],
         any_(2, 3, 3), index(3, 5), any_())
    case("index", "take_along_dim", lambda x, i: [
        torch.take_along_dim(x, i, 1), torch.take_along_dim(x, i)], any_(2, 3, 1),
         index(3, 2, 5, 2))
    case("index", "take", lambda x, i: [x.take(i), x.take(i - x.numel())], any_(2, 3),
         index(6, 2, 2))

    def put_last_wins(x, i, s):
        for place, value in zip(i.flatten(), s.flatten()):
            x = x.put(place, value)
        return x

    elements = any_(2, 3), index(6, 2, 4), any_(4, 2)
    case("index", "put", lambda x, i, s: [put_last_wins(x, i, s)] * 2, *elements)
    case("index", "put_accumulated", lambda x, i, s: [x.put(i, s, True)] * 2, *elements)

    def index_put_last_wins(x, i, k, v):
        y, z = x, x
        for a in range(4):
            z = z.index_put((i[a, 0],), v[0])
            for b in range(5):
                y = y.index_put((i[a, 0], k[b]), v)
        return [y, z]

    several = any_(3, 3, 2), index(3, 4, 1), index(3, 5), any_(2)
    case("index", "index_put", index_put_last_wins, *several)
    case("index", "index_put_accumulated", lambda x, i, k, v: [
        x.index_put((i, k), v, True), x.index_put((i - 3,), v[0], True)], *several)
    case("index", "index_put_mask", lambda x, m, v: x.index_put((m,), v), any_(2, 3, 2),
         bools(2, 3), any_(2))
    case("index", "select_scatter", lambda x, s: x.select_scatter(s, 1, -2), any_(3, 4), any_(3))
    case("index", "slice_scatter", lambda x, s: x.slice_scatter(s, 1, 1, 4, 2), any_(3, 4),
         any_(3, 2))
    case("index", "diagonal_scatter", lambda x, s: x.diagonal_scatter(s, 1), any_(3, 4), any_(3))

    case("mask", "nonzero", lambda m: m.nonzero(), bools(2, 3))
    case("mask", "masked_fill", lambda x, m, v: [x.masked_fill(m, 3), x.masked_fill(m, v)],
         any_(2, 3), bools(2, 3), any_())
    case("mask", "masked_select", torch.masked_select, any_(2, 3), bools(2, 3))
    case("mask", "masked_scatter", torch.masked_scatter, any_(2, 3), bools(2, 3), any_(7))

    window = dict(kernel_size=(2, 3), dilation=(2, 1), padding=(1, 0), stride=(1, 2))
    case("fold", "unfold_image", lambda x: F.unfold(x, **window), any_(2, 2, 4, 5))
    case("fold", "fold", lambda x: F.fold(x, (4, 5), **window), any_(2, 12, 8))
    for how in ("sum", "prod", "mean", "amax", "amin"):
        case("index", "scatter_reduce_" + how, lambda x, i, s: [
            x.scatter_reduce(1, i, s, how), x.scatter_reduce(1, i, s, how, include_self=False)],
            distinct(2, 3), index(3, 2, 7), distinct(2, 7, offset=0.05))
        if how != "sum":
            case("index", "index_reduce_" + how, lambda x, i, s: [
                x.index_reduce(1, i, s, how), x.index_reduce(1, i, s, how, include_self=False)],
                distinct(2, 3, 2), index(3, 5), distinct(2, 5, 2, offset=0.05))


# ---------------------------------------------------------------- promotion
def promotion():
    """What torch.result_type says for two tensors, a tensor and a 0-d tensor, and a tensor and a
    number: `a b both zero_d`."""
    names = "bool uint8 int32 int64 float16 bfloat16 float32 float64".split()
    lines = []
    for a in names:
        for b in names:
            x, y = torch.ones(2, dtype=getattr(torch, a)), torch.ones(2, dtype=getattr(torch, b))
            number = torch.ones((), dtype=getattr(torch, b))
            lines.append(" ".join([a, b] + [str(torch.result_type(x, t)).replace("torch.", "")
                                            for t in (y, number)]))
        x = torch.ones(2, dtype=getattr(torch, a))
        numbers = [str(torch.result_type(x, n)).replace("torch.", "") for n in (True, 2, 2.5)]
        lines.append(" ".join([a, "numbers"] + numbers))
    with open(os.path.join(FOLDER, "..", "promotion.txt"), "w") as file:
        file.write("\n".join(lines) + "\n")


for make in (elementwise, views, reduce, matmul, softmax_loss, images, norm, indices, later,
             order, arrangements):
    make()
promotion()
for family, lines in families.items():
    with open(os.path.join(FOLDER, family + ".txt"), "w") as file:
        file.write("\n".join(lines) + "\n")
