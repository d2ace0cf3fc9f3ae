# SPDX-License-Identifier: MIT
"""The rows of bench_rows with PyTorch: the other half of bench/compare_cuda.

    bench_rows_torch.py DEVICE [tiny]

It reads lines "ROW <tab> DTYPE" and answers each with "milliseconds peak_bytes". Eager mode; TF32
off; cudnn.benchmark on; NCHW; attention by scaled_dot_product_attention.
"""
import gc
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

device, tiny = sys.argv[1], len(sys.argv) > 2
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False
torch.backends.cudnn.benchmark = True
side = 8192


def size(n, small):
    return small if tiny else n


def rand(*shape, dtype):
    return torch.rand(*shape, device=device).to(dtype)


# ------------------------------------------------------------ networks

def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.2),
                         nn.Linear(512, 10))


def cnn():
    return nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(),
                         nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.5), nn.Linear(64 * 7 * 7, 10))


class Block(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(i, o, 3, stride, 1, bias=False), nn.BatchNorm2d(o)
        self.conv2, self.bn2 = nn.Conv2d(o, o, 3, 1, 1, bias=False), nn.BatchNorm2d(o)
        self.down = (nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))
                     if stride != 1 or i != o else nn.Identity())

    def forward(self, x):
        return F.relu(self.down(x) + self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x))))))


def resnet18():
    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(),
              nn.MaxPool2d(3, 2, 1)]
    for i, o in [(64, 64), (64, 128), (128, 256), (256, 512)]:
        layers += [Block(i, o, 1 if i == o else 2), Block(o, o, 1)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000))


class Attention(nn.Module):
    def __init__(self, heads, width):
        super().__init__()
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.heads = heads

    def forward(self, x):
        n, t, width = x.shape
        qkv = self.qkv(x).reshape(n, t, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.proj(y.transpose(1, 2).reshape(n, t, width))


class GptBlock(nn.Module):
    def __init__(self, heads, width):
        super().__init__()
        self.ln1, self.attention = nn.LayerNorm(width), Attention(heads, width)
        self.ln2 = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        h = x + self.attention(self.ln1(x))
        return h + self.down(F.gelu(self.up(self.ln2(h)), approximate="tanh"))


class Gpt(nn.Module):
    """GPT-2, whose output map is the transposed table of words."""

    def __init__(self, layers, heads, width, context, words):
        super().__init__()
        self.words, self.places = nn.Embedding(words, width), nn.Embedding(context, width)
        self.blocks = nn.Sequential(*[GptBlock(heads, width) for _ in range(layers)])
        self.last = nn.LayerNorm(width)

    def forward(self, x):
        h = self.blocks(self.words(x) + self.places.weight[:x.shape[1]])
        return F.linear(self.last(h), self.words.weight)


# ------------------------------------------------------------ rows

def op(shapes, backward, f, dtype):
    inputs = [rand(*shape, dtype=dtype) for shape in shapes]
    if not backward:
        return lambda: f(*inputs)
    for x in inputs:
        x.requires_grad_()
    dy = torch.ones_like(f(*inputs).detach())

    def step():
        for x in inputs:
            x.grad = None
        f(*inputs).backward(dy)
    return step


def conv(words, dtype):
    i, o = map(int, words[1].split("-"))
    image, kernel = int(words[2].split("x")[0]), 1 if "1x1" in words else 3
    groups = i if "depthwise" in words else 32 if "grouped" in words else 1
    dilation, stride = 1 + ("dilated" in words), 1 + ("strided" in words)
    return op([(size(256, 2), i, image, image), (o, i // groups, kernel, kernel)],
              "backward" in words,
              lambda x, w: F.conv2d(x, w, padding=kernel // 2 * dilation, stride=stride,
                                    dilation=dilation, groups=groups), dtype)


def memory(rows, columns, f, dtype):
    x = rand(size(rows, 8), size(columns, 64), dtype=dtype)
    return lambda: f(x)


def optimizer(make):
    params = [torch.rand(size(1_000_000, 100), device=device, requires_grad=True)
              for _ in range(100)]
    for p in params:
        p.grad = torch.rand_like(p)
    return make(params).step


def training(net, x, y, dtype):
    net = net.to(device)
    sgd = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)

    def step():
        sgd.zero_grad()
        with torch.autocast(torch.device(device).type, torch.bfloat16,
                            enabled=dtype == torch.bfloat16):
            scores = net(x)
            loss = F.cross_entropy(scores.reshape(-1, scores.shape[-1]), y)
        loss.backward()
        sgd.step()
    return step


def images(shape, classes):
    return torch.rand(shape, device=device), torch.randint(0, classes, shape[:1], device=device)


def gpt(dtype):
    layers, heads, width, context, words = (2, 2, 16, 8, 32) if tiny else (12, 12, 768, 1024, 50304)
    n = size(8, 2)
    x = torch.randint(0, words, (n, context), device=device)
    y = torch.randint(0, words, (n * context,), device=device)
    return training(Gpt(layers, heads, width, context, words), x, y, dtype)


def step_of(row, dtype):
    """The function that is timed."""
    if row == "matmul 4096":
        n = size(4096, 64)
        a, b = rand(n, n, dtype=dtype), rand(n, n, dtype=dtype)
        return lambda: a @ b
    if row.startswith("conv "):
        return conv(row.split(), dtype)
    if "32x32 to 64x64" in row:
        return op([(size(64, 2), 64, 32, 32)], True,
                  lambda x: F.interpolate(x, scale_factor=2, mode=row.split()[0]), dtype)
    memory_rows = {
        "copy": (side, side, torch.clone), "exp": (side, side, torch.exp),
        "gelu": (side, side, F.gelu), "transpose": (side, side, lambda x: x.t().contiguous()),
        "sum": (side, side, torch.sum), "sum of rows": (side, side, lambda x: x.sum(1)),
        "sum of rows of 4": (side * side // 4, 4, lambda x: x.sum(1)),
        "sum of columns": (side, side, lambda x: x.sum(0)),
        "softmax": (4 * side, side // 4, lambda x: torch.softmax(x, 1)),
        "layer_norm": (16 * side, side // 16, lambda x: F.layer_norm(x, x.shape[1:]))}
    if row in memory_rows:
        return memory(*memory_rows[row], dtype)
    if row == "add":
        a, b = (rand(size(side, 8), size(side, 64), dtype=dtype) for _ in range(2))
        return lambda: a + b
    if row == "batch_norm":
        x = rand(size(256, 2), 64, 56, 56, dtype=dtype)
        w, b = rand(64, dtype=dtype), rand(64, dtype=dtype)
        return lambda: F.batch_norm(x, None, None, w, b, training=True)
    return {
        "sgd 100M": lambda: optimizer(lambda p: torch.optim.SGD(p, lr=0.01, momentum=0.9)),
        "adam 100M": lambda: optimizer(torch.optim.Adam),
        "train mlp": lambda: training(mlp(), *images((64, 1, 28, 28), 10), dtype),
        "train cnn": lambda: training(cnn(), *images((64, 1, 28, 28), 10), dtype),
        "train resnet18": lambda: training(
            resnet18(), *images((size(128, 2), 3, size(224, 32), size(224, 32)), 1000), dtype),
        "train gpt": lambda: gpt(dtype)}[row]()


# ------------------------------------------------------------ time

def is_gpu():
    return torch.device(device).type == "cuda"


def wait():
    if is_gpu():
        torch.cuda.synchronize()


def milliseconds(step):
    """As in bench_rows: the median of ten stretches, each at least 10 ms where a step is short."""
    def stretch(steps):
        start = time.perf_counter()
        for _ in range(steps):
            step()
        wait()
        return 1000 * (time.perf_counter() - start) / steps
    for _ in range(5):
        stretch(1)
    steps = max(1, int(10 / max(stretch(2), 0.001)))
    return statistics.median(stretch(steps) for _ in range(10))


torch.manual_seed(1)
print(f"PyTorch {torch.__version__}",
      f"CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}, "
      f"{torch.cuda.get_device_name()}"
      if is_gpu() else "on the processor", flush=True)
for line in sys.stdin:
    name, number = line.rstrip("\n").split("\t")
    if is_gpu():
        gc.collect()  # what refers to itself in a circle: it would count as memory of the next row
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    time_taken = milliseconds(step_of(name, getattr(torch, number)))
    print(f"{time_taken:.6f} {torch.cuda.max_memory_reserved() if is_gpu() else 0}", flush=True)
