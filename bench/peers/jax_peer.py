# SPDX-License-Identifier: MIT
"""The rows with JAX, each step compiled by jit:  jax_peer.py THREADS [tiny]"""
import os
import sys

threads, tiny = int(sys.argv[1]), "tiny" in sys.argv
os.environ["XLA_FLAGS"] = f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}"
import jax
from jax import lax, numpy as jnp

import program

keys = iter(jax.random.split(jax.random.PRNGKey(1), 10000))


def conv2d(x, w, b=0.0, stride=1, padding=0, dilation=1):
    """NCHW."""
    y = lax.conv_general_dilated(x, w, (stride, stride), [(padding, padding)] * 2,
                                 rhs_dilation=(dilation, dilation),
                                 feature_group_count=x.shape[1] // w.shape[1])
    return y + jnp.reshape(b, (1, -1, 1, 1))


def max_pool(x):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")


def layer_norm(x, w, b):
    centred = x - x.mean(-1, keepdims=True)
    return centred * lax.rsqrt((centred ** 2).mean(-1, keepdims=True) + 1e-5) * w + b


def attention(q, k, v, causal):
    scores = jnp.einsum("...ld,...sd->...ls", q, k) / q.shape[-1] ** 0.5
    if causal:
        scores = jnp.where(jnp.tril(jnp.ones(scores.shape[-2:], bool)), scores, -jnp.inf)
    return jax.nn.softmax(scores) @ v


def cross_entropy(scores, labels):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(scores), labels[:, None], 1))


def reduction(f):
    return lambda x, row: f(x[0], axis=row.dims())


ops = {
    "permute": lambda x, row: x[0].transpose(tuple(map(int, row.get("dims").split(",")))) + 0,
    "relu": lambda x, row: jax.nn.relu(*x),
    "exp": lambda x, row: jnp.exp(*x),
    "tanh": lambda x, row: jnp.tanh(*x),
    "gelu": lambda x, row: jax.nn.gelu(*x, approximate=False),
    "add": lambda x, row: x[0] + x[1],
    "mul": lambda x, row: x[0] * x[1],
    "where": lambda x, row: jnp.where(*x),
    "cat": lambda x, row: jnp.concatenate(x, row.get("dim")),
    "sum": reduction(jnp.sum), "mean": reduction(jnp.mean), "prod": reduction(jnp.prod),
    "amax": reduction(jnp.max), "amin": reduction(jnp.min), "std": reduction(jnp.std),
    "var": reduction(jnp.var), "norm": reduction(jnp.linalg.norm),
    "logsumexp": reduction(jax.nn.logsumexp),
    "argmax": lambda x, row: jnp.argmax(x[0], row.get("dim")),
    "matmul": lambda x, row: x[0] @ x[1],
    "matmul_tn": lambda x, row: x[0].T @ x[1],
    "matmul_nt": lambda x, row: x[0] @ x[1].T,
    "linear": lambda x, row: x[0] @ x[1].T + x[2],
    "conv2d": lambda x, row: conv2d(*x, stride=row.get("stride", 1), padding=row.get("padding", 0),
                                    dilation=row.get("dilation", 1)),
    "max_pool2d": lambda x, row: max_pool(x[0]),
    "softmax": lambda x, row: jax.nn.softmax(x[0]),
    "cross_entropy": lambda x, row: cross_entropy(*x),
    "layer_norm": lambda x, row: layer_norm(*x),
    "embedding": lambda x, row: x[0][x[1]],
    "attention": lambda x, row: attention(*x, row.has("causal")),
    "sort": lambda x, row: jnp.sort(x[0]),
    "topk": lambda x, row: lax.top_k(x[0], row.get("k"))[0],
    "cumsum": lambda x, row: jnp.cumsum(x[0], row.get("dim", -1)),
}


def value(shape, below, dtype):
    if not below:
        return jax.random.uniform(next(keys), shape).astype(dtype)
    x = jax.random.randint(next(keys), shape, 0, below)
    return x.astype(bool) if below == 2 else x


def op(row, dtype):
    x = [value(shape, below, dtype) for shape, below in row.inputs]
    wanted = [i for i, t in enumerate(x) if jnp.issubdtype(t.dtype, jnp.floating)]

    def f(values):
        all = list(x)
        for i, value in zip(wanted, values):
            all[i] = value
        return ops[row.kind](all, row)

    def both(values):
        y, back = jax.vjp(f, values)
        return y, back(jnp.ones_like(y))
    step, values = jax.jit(both if row.has("backward") else f), [x[i] for i in wanted]
    return lambda: step(values)


# ------------------------------------------------------------ networks: those of ../rows/nets.cpp

def weight(*shape):
    return 0.05 * jax.random.normal(next(keys), shape)


def linear(i, o):
    return weight(i, o), jnp.zeros(o)


def mlp(*widths, rate):
    def f(p, x, key):
        x = x.reshape(len(x), -1)
        for w, b in p[:-1]:
            x = drop(jax.nn.relu(x @ w + b), key, rate)
        return x @ p[-1][0] + p[-1][1]
    return [linear(i, o) for i, o in zip(widths, widths[1:])], f


def drop(x, key, rate):
    if key is None or not rate:
        return x
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


def cnn(*widths):
    def f(p, x, key):
        for w, b in p[0]:
            x = max_pool(jax.nn.relu(conv2d(x, w, b, padding=1)))
        return head(p[1], drop(x.reshape(len(x), -1), key, 0.5), None)
    head_of, head = mlp(3136, *widths, rate=0)
    convs = [(weight(32, 1, 3, 3), jnp.zeros(32)), (weight(64, 32, 3, 3), jnp.zeros(64))]
    return [convs, head_of], f


def gpt(layers, heads, width, context, words):
    def norm():
        return jnp.ones(width), jnp.zeros(width)

    def f(p, x, key):
        h = p["words"][x] + p["places"]
        for b in p["blocks"]:
            n, t, _ = h.shape
            qkv = (layer_norm(h, *b["ln1"]) @ b["qkv"][0] + b["qkv"][1])
            q, k, v = qkv.reshape(n, t, 3, heads, -1).transpose(2, 0, 3, 1, 4)
            y = attention(q, k, v, True).transpose(0, 2, 1, 3).reshape(n, t, width)
            h = h + y @ b["proj"][0] + b["proj"][1]
            up = jax.nn.gelu(layer_norm(h, *b["ln2"]) @ b["up"][0] + b["up"][1], approximate=False)
            h = h + up @ b["down"][0] + b["down"][1]
        return layer_norm(h, *p["last"]) @ p["words"].T
    blocks = [{"ln1": norm(), "qkv": linear(width, 3 * width), "proj": linear(width, width),
               "ln2": norm(), "up": linear(width, 4 * width), "down": linear(4 * width, width)}
              for _ in range(layers)]
    return {"words": weight(words, width), "places": weight(context, width), "blocks": blocks,
            "last": norm()}, f


nets = {
    "mlp": lambda: mlp(784, 512, 256, 10, rate=0),
    "mnist_mlp": lambda: mlp(784, 512, 10, rate=0.2),
    "cnn": lambda: cnn(128, 10),
    "mnist_cnn": lambda: cnn(10),
}


def task(row):
    n = row.get("batch")
    if row.get("net") == "gpt":
        sizes = [row.get(name, otherwise) for name, otherwise in [
            ("layers", 4), ("heads", 4), ("width", 128), ("context", 128), ("words", 65)]]
        x = value([n, sizes[3]], sizes[4], None)
        return *gpt(*sizes), x, x.flatten()
    return *nets[row.get("net")](), value([n, 1, 28, 28], 0, "float32"), value([n], 10, None)


def adam(p, state, g):
    m, v, t = state
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
    a, b = 1e-3 / (1 - 0.9 ** (t + 1)), 1 - 0.999 ** (t + 1)
    p = jax.tree.map(lambda p, m, v: p - a * m / (jnp.sqrt(v / b) + 1e-8), p, m, v)
    return p, (m, v, t + 1)


def sgd(p, state, g):
    m = jax.tree.map(lambda m, g: 0.9 * m + g, state[0], g)
    return jax.tree.map(lambda p, m: p - 0.01 * m, p, m), (m, *state[1:])


def train(row):
    p, f, x, y = task(row)
    update = adam if row.get("optimizer") == "adam" else sgd

    @jax.jit
    def step(p, state, key):
        key, own = jax.random.split(key)

        def loss(p):
            scores = f(p, x, own)
            return cross_entropy(scores.reshape(-1, scores.shape[-1]), y)
        return *update(p, state, jax.grad(loss)(p)), key
    zeros = jax.tree.map(jnp.zeros_like, p)
    now = [p, (zeros, zeros, 0.0), next(keys)]

    def advance():
        now[:] = step(*now)
        return now[0]
    return advance


def infer(row):
    p, f, x, _ = task(row)
    step = jax.jit(lambda p, x: f(p, x, None))
    return lambda: step(p, x)


def make(row, dtype, model=None):
    if row.kind in ("train", "infer"):
        has = dtype == "float32" and (row.get("net") in nets or row.get("net") == "gpt")
        return (train if row.kind == "train" else infer)(row) if has else None
    return op(row, dtype) if row.kind in ops and not row.has("recorded") else None


program.serve(f"JAX {jax.__version__}", make, tiny, jax.block_until_ready, jax.clear_caches)
