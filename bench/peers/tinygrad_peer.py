# SPDX-License-Identifier: MIT
"""The rows with tinygrad for Python, each step by TinyJit:  tinygrad_peer.py DEVICE [tiny]

DEVICE is cpu or opencl.
"""
import os
import sys

os.environ["DEV"] = {"cpu": "CPU", "opencl": "CL"}[sys.argv[1]]
from importlib.metadata import version

from tinygrad import Context, Device, Tensor, TinyJit, dtypes, nn

import program

ops = {
    "relu": lambda x, row: x[0].relu(),
    "exp": lambda x, row: x[0].exp(),
    "tanh": lambda x, row: x[0].tanh(),
    "add": lambda x, row: x[0] + x[1],
    "mul": lambda x, row: x[0] * x[1],
    "where": lambda x, row: x[0].where(x[1], x[2]),
    "permute": lambda x, row: x[0].permute(*map(int, row.get("dims").split(","))).contiguous(),
    "sum": lambda x, row: x[0].sum(row.dims()),
    "mean": lambda x, row: x[0].mean(row.dims()),
    "amax": lambda x, row: x[0].max(row.dims()),
    "matmul": lambda x, row: x[0] @ x[1],
    "matmul_tn": lambda x, row: x[0].T @ x[1],
    "matmul_nt": lambda x, row: x[0] @ x[1].T,
    "softmax": lambda x, row: x[0].softmax(),
    "conv2d": lambda x, row: x[0].conv2d(*x[1:], groups=x[0].shape[1] // x[1].shape[1],
                                         stride=row.get("stride", 1), padding=row.get("padding", 0),
                                         dilation=row.get("dilation", 1)),
}


def op(row):
    x = [Tensor.randint(*shape, high=below).cast(dtypes.bool if below == 2 else dtypes.int)
         if below else Tensor.rand(*shape) for shape, below in row.inputs]
    for t in x:
        t.realize()

    @TinyJit
    def step(*x):
        return ops[row.kind](x, row).contiguous().realize()
    return lambda: step(*x)


# ------------------------------------------------------------ networks: those of ../rows/nets.cpp

class Mlp:
    def __init__(self, widths, rate):
        self.rate = rate
        self.layers = [nn.Linear(i, o) for i, o in zip(widths, widths[1:])]

    def __call__(self, x):
        x = x.flatten(1)
        for layer in self.layers[:-1]:
            x = layer(x).relu().dropout(self.rate)
        return self.layers[-1](x)


class Cnn:
    def __init__(self, widths):
        self.convs = [nn.Conv2d(1, 32, 3, padding=1), nn.Conv2d(32, 64, 3, padding=1)]
        self.head = Mlp(widths, 0)

    def __call__(self, x):
        for conv in self.convs:
            x = conv(x).relu().max_pool2d()
        return self.head(x.flatten(1).dropout(0.5))


nets = {
    "mlp": lambda: Mlp([784, 512, 256, 10], 0),
    "mnist_mlp": lambda: Mlp([784, 512, 10], 0.2),
    "cnn": lambda: Cnn([3136, 128, 10]),
    "mnist_cnn": lambda: Cnn([3136, 10]),
}


def train(row):
    net, n = nets[row.get("net")](), row.get("batch")
    sgd = nn.optim.SGD(nn.state.get_parameters(net), lr=0.01, momentum=0.9)
    x, y = Tensor.rand(n, 1, 28, 28).realize(), Tensor.randint(n, high=10).realize()

    @TinyJit
    def step():
        sgd.zero_grad()
        loss = net(x).sparse_categorical_crossentropy(y).backward()
        return loss.realize(*sgd.schedule_step())
    return step


def infer(row):
    net, x = nets[row.get("net")](), Tensor.rand(row.get("batch"), 1, 28, 28).realize()
    step = TinyJit(lambda x: net(x).realize())
    return lambda: step(x)


def make(row, dtype, model=None):
    if dtype != "float32" or row.has("backward") or row.has("recorded"):
        return None
    if row.kind in ("train", "infer"):
        Tensor.training = row.kind == "train"
        Context(TRAINING=int(Tensor.training)).__enter__()
        return (train if row.kind == "train" else infer)(row) if row.get("net") in nets else None
    return op(row) if row.kind in ops else None


program.serve(f"tinygrad (Python) {version('tinygrad')}", make, "tiny" in sys.argv,
              lambda result: Device[Device.DEFAULT].synchronize())
