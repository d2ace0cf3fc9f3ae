# SPDX-License-Identifier: MIT
"""The rows with PyTorch:  torch_peer.py DEVICE THREADS [tiny] [compile]

Eager mode; TF32 off; cudnn.benchmark on; NCHW; attention by scaled_dot_product_attention, if there
is one. compile: networks by torch.compile, and no other rows.
"""
import gc
import os
import sys

import torch
from torch import nn
from torch.nn import functional as F

import program

device, tiny, compiled = sys.argv[1], "tiny" in sys.argv, "compile" in sys.argv


# ------------------------------------------------------------ ops

def attention(q, k, v, causal):
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal)
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    if causal:
        scores = scores + torch.full(scores.shape[-2:], float("-inf"), device=q.device).triu(1)
    return torch.softmax(scores, -1) @ v


def conv(row, *names):
    return {name: row.get(name, 1 - (name == "padding")) for name in names}


def conv2d(x, row):
    return F.conv2d(*x, groups=x[0].shape[1] // x[1].shape[1],
                    **conv(row, "padding", "stride", "dilation"))


def rms_norm(x, w):
    if hasattr(F, "rms_norm"):
        return F.rms_norm(x, x.shape[-1:], w)
    return x * torch.rsqrt((x * x).mean(-1, keepdim=True) + 1.2e-7) * w


def reduction(name):
    def f(x, row):
        reduce = getattr(torch, name)
        dims = row.dims()
        if name in ("max", "argmax", "prod"):
            dims = dims[0]
        y = reduce(x[0]) if dims is None else reduce(x[0], dim=dims)
        return y.values if name == "max" else y
    return f


ops = {
    "copy": lambda x, row: x[0].clone(),
    "permute": lambda x, row: x[0].permute(*map(int, row.get("dims").split(","))).contiguous(),
    "relu": lambda x, row: torch.relu(*x),
    "exp": lambda x, row: torch.exp(*x),
    "tanh": lambda x, row: torch.tanh(*x),
    "gelu": lambda x, row: F.gelu(*x),
    "add": lambda x, row: torch.add(*x),
    "mul": lambda x, row: torch.mul(*x),
    "where": lambda x, row: torch.where(*x),
    "masked_fill": lambda x, row: x[0].masked_fill(x[1], 0),
    "cat": lambda x, row: torch.cat(x, row.get("dim")),
    "sum": reduction("sum"), "mean": reduction("mean"), "prod": reduction("prod"),
    "amax": reduction("amax"), "amin": reduction("amin"), "max": reduction("max"),
    "argmax": reduction("argmax"), "var": reduction("var"), "std": reduction("std"),
    "norm": reduction("norm"), "logsumexp": reduction("logsumexp"),
    "matmul": lambda x, row: x[0] @ x[1],
    "matmul_tn": lambda x, row: x[0].t() @ x[1],
    "matmul_nt": lambda x, row: x[0] @ x[1].t(),
    "linear": lambda x, row: F.linear(*x),
    "conv2d": conv2d,
    "conv_transpose2d": lambda x, row: F.conv_transpose2d(*x, **conv(row, "padding", "stride")),
    "max_pool2d": lambda x, row: F.max_pool2d(x[0], 2),
    "interpolate": lambda x, row: F.interpolate(x[0], scale_factor=2, mode=row.get("mode")),
    "softmax": lambda x, row: torch.softmax(x[0], -1),
    "cross_entropy": lambda x, row: F.cross_entropy(*x),
    "layer_norm": lambda x, row: F.layer_norm(x[0], x[0].shape[-1:], *x[1:]),
    "rms_norm": lambda x, row: rms_norm(*x),
    "group_norm": lambda x, row: F.group_norm(x[0], row.get("groups"), *x[1:]),
    "batch_norm": lambda x, row: F.batch_norm(x[0], None, None, *x[1:], training=True),
    "dropout": lambda x, row: F.dropout(x[0], 0.5),
    "embedding": lambda x, row: F.embedding(x[1], x[0]),
    "attention": lambda x, row: attention(*x, row.has("causal")),
    "sort": lambda x, row: torch.sort(x[0]).values,
    "topk": lambda x, row: torch.topk(x[0], row.get("k")).values,
    "median": lambda x, row: torch.median(x[0], -1).values,
    "unique": lambda x, row: torch.unique(x[0]),
    "searchsorted": lambda x, row: torch.searchsorted(*x),
    "cumsum": lambda x, row: torch.cumsum(x[0], row.get("dim", -1)),
    "cummax": lambda x, row: torch.cummax(x[0], row.get("dim", -1)).values,
    "pad_reflect": lambda x, row: F.pad(x[0], (3, 3, 3, 3), "reflect"),
    "max_pool1d": lambda x, row: F.max_pool1d(x[0], 3),
}


def inputs(row, dtype):
    for shape, below in row.inputs:
        x = torch.randint(0, below, shape, device=device) if below else \
            torch.rand(shape, device=device).to(dtype)
        yield x.bool() if below == 2 else x


def op(f, row, dtype):
    x = list(inputs(row, dtype))
    wanted = [t for t in x if t.is_floating_point()]
    if row.has("backward") or row.has("recorded"):
        for t in wanted:
            t.requires_grad_()
    if not row.has("backward"):
        return lambda: f(x, row)
    dy = torch.ones_like(f(x, row).detach())

    def step():
        for t in wanted:
            t.grad = None
        f(x, row).backward(dy)
    return step


def lstm(row, dtype):
    features = row.inputs[0][0][2]
    net = nn.LSTM(features, row.get("hidden"), row.get("layers")).to(device, dtype)

    def f(x, row):
        net.zero_grad()
        return net(x[0])[0]
    return op(f, row, dtype)


# ------------------------------------------------------------ networks: those of ../rows/nets.cpp

def conv_bn(i, o, kernel, stride=1, groups=1, act=nn.ReLU):
    layers = [nn.Conv2d(i, o, kernel, stride, kernel // 2, groups=groups, bias=False),
              nn.BatchNorm2d(o)]
    return nn.Sequential(*layers, *([act()] if act else []))


class Residual(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.body = nn.Sequential(conv_bn(i, o, 3, stride), conv_bn(o, o, 3, act=None))
        self.down = nn.Identity() if i == o else conv_bn(i, o, 1, stride, act=None)

    def forward(self, x):
        return F.relu(self.body(x) + self.down(x))


class InvertedResidual(nn.Module):
    def __init__(self, i, o, stride):
        super().__init__()
        self.body = nn.Sequential(conv_bn(i, 6 * i, 1, act=nn.ReLU6),
                                  conv_bn(6 * i, 6 * i, 3, stride, 6 * i, nn.ReLU6),
                                  conv_bn(6 * i, o, 1, act=None))
        self.is_added = i == o

    def forward(self, x):
        return x + self.body(x) if self.is_added else self.body(x)


def tower(first, block, widths, classes):
    """Blocks that halve the sides when the width changes, and a linear map of the means."""
    blocks = [block(i, o, 1 if i == o else 2) for i, o in widths]
    return nn.Sequential(*first, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(),
                         nn.Linear(widths[-1][1], classes))


class Vit(nn.Module):
    def __init__(self, side):
        super().__init__()
        self.patches = nn.Conv2d(3, 128, 4, 4)
        self.places = nn.Parameter(torch.zeros((side // 4) ** 2, 128))
        self.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(
            128, 4, 512, 0, "gelu", batch_first=True, norm_first=True), 4)
        self.head = nn.Linear(128, 10)

    def forward(self, x):
        return self.head(self.encoder(self.patches(x).flatten(2).transpose(1, 2) + self.places)
                         .mean(1))


def double_conv(i, o):
    return nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.GroupNorm(8, o), nn.SiLU(),
                         nn.Conv2d(o, o, 3, padding=1), nn.GroupNorm(8, o), nn.SiLU())


class Unet(nn.Module):
    def __init__(self):
        super().__init__()
        self.down1, self.down2 = double_conv(3, 32), double_conv(32, 64)
        self.middle = double_conv(64, 128)
        self.up2, self.up1 = double_conv(192, 64), double_conv(96, 32)
        self.last = nn.Conv2d(32, 3, 1)

    def forward(self, x):
        def twice(x):
            return F.interpolate(x, scale_factor=2)
        fine = self.down1(x)
        half = self.down2(F.max_pool2d(fine, 2))
        h = self.up2(torch.cat([half, twice(self.middle(F.max_pool2d(half, 2)))], 1))
        return self.last(self.up1(torch.cat([fine, twice(h)], 1)))


class GptBlock(nn.Module):
    def __init__(self, heads, width):
        super().__init__()
        self.heads, self.ln1, self.ln2 = heads, nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        n, t, width = x.shape
        qkv = self.qkv(self.ln1(x)).reshape(n, t, 3, self.heads, width // self.heads)
        y = attention(*qkv.permute(2, 0, 3, 1, 4), True)
        h = x + self.proj(y.transpose(1, 2).reshape(n, t, width))
        return h + self.down(F.gelu(self.up(self.ln2(h))))


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


def two_convs(*head):
    return nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                         nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
                         nn.Dropout(0.5), *head)


narrow = [(16, 16), (16, 16), (16, 32), (32, 32), (32, 64), (64, 64)]
wide = [(64, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 512), (512, 512)]
bottleneck = [(16, 24), (24, 24), (24, 32), (32, 32), (32, 64), (64, 64)]
nets = {
    "mlp": lambda: nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(),
                                 nn.Linear(256, 10)),
    "cnn": lambda: two_convs(nn.Linear(3136, 128), nn.ReLU(), nn.Linear(128, 10)),
    "mnist_mlp": lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(),
                                       nn.Dropout(0.2), nn.Linear(512, 10)),
    "mnist_cnn": lambda: two_convs(nn.Linear(3136, 10)),
    "resnet14": lambda: tower([conv_bn(3, 16, 3)], Residual, narrow, 10),
    "resnet18": lambda: tower([conv_bn(3, 64, 7, 2), nn.MaxPool2d(3, 2, 1)], Residual, wide, 1000),
    "mobilenet": lambda: tower([conv_bn(3, 16, 3, act=nn.ReLU6)], InvertedResidual, bottleneck, 10),
    "unet": Unet,
}


def task(row):
    """A network, and data for it."""
    name, n, side = row.get("net"), row.get("batch"), row.get("side", 32)
    if name == "gpt":
        sizes = [row.get("layers", 4), row.get("heads", 4), row.get("width", 128),
                 row.get("context", 128), row.get("words", 65)]
        x = torch.randint(0, sizes[4], (n, sizes[3]), device=device)
        return Gpt(*sizes).to(device), x, x.flatten()
    net = (Vit(side) if name == "vit" else nets[name]()).to(device)
    shape = [n, 784] if name == "mlp" else [n, 1, 28, 28] if "mnist" in name or name == "cnn" \
        else [n, 3, side, side]
    x = torch.rand(shape, device=device)
    return net, x, x.clone() if name == "unet" else torch.randint(0, 10, (n,), device=device)


def autocast(dtype):
    return torch.autocast(torch.device(device).type, torch.bfloat16,
                          enabled=dtype == torch.bfloat16)


def train(row, dtype):
    net, x, y = task(row)
    optimizer = torch.optim.Adam(net.parameters()) if row.get("optimizer") == "adam" else \
        torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)

    def loss_of():
        with autocast(dtype):
            scores = net(x)
            return F.mse_loss(scores, y) if y.is_floating_point() else \
                F.cross_entropy(scores.reshape(-1, scores.shape[-1]), y)
    loss_of = torch.compile(loss_of) if compiled else loss_of

    def step():
        optimizer.zero_grad()
        loss_of().backward()
        optimizer.step()
    return step


def infer(row, dtype):
    net, x, _ = task(row)
    net.eval()
    net = torch.compile(net) if compiled else net

    def step():
        with torch.no_grad(), autocast(dtype):
            net(x)
    return step


def generate(row, dtype):
    """By transformers. It has no products with weights in blocks."""
    if row.get("weights") == "blocks":
        return None
    import transformers
    net = transformers.AutoModelForCausalLM.from_pretrained(
        os.path.dirname(program.language_model),
        gguf_file=os.path.basename(program.language_model), dtype=torch.float32).to(device).eval()
    prompt = torch.arange(row.get("prompt"), device=device)[None] * 7 + 1000
    return lambda: net.generate(prompt, attention_mask=torch.ones_like(prompt), do_sample=False,
                                min_new_tokens=row.get("tokens"),
                                max_new_tokens=row.get("tokens"), pad_token_id=0)


def optimizer(make):
    def of(row, dtype):
        params = [torch.rand(row.inputs[0][0], device=device, requires_grad=True)
                  for _ in range(row.get("count", 1))]
        for p in params:
            p.grad = torch.rand_like(p)
        return make(params).step
    return of


class Pictures(torch.utils.data.Dataset):
    """The data set of the row `loader` in ../rows/steps.cpp."""

    def __init__(self, n):
        self.x = torch.randint(0, 256, (n, 3, 32, 32), dtype=torch.uint8)
        self.y = torch.randint(0, 10, (n,))

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        top, left, flip = torch.randint(0, 9, (2,)).tolist() + [torch.rand(()) < 0.5]
        x = F.pad(self.x[i], (4, 4, 4, 4))[:, top:top + 32, left:left + 32]
        return ((x.flip(2) if flip else x) / 255 - 0.5) / 0.25, self.y[i]


def loader(row, dtype):
    batches = torch.utils.data.DataLoader(Pictures(row.get("pictures")), row.get("batch"),
                                          shuffle=True)
    return lambda: sum(len(y) for _, y in batches)


steps = {
    "lstm": lstm,
    "train": train,
    "infer": infer,
    "generate": generate,
    "sgd": optimizer(lambda params: torch.optim.SGD(params, lr=0.01, momentum=0.9)),
    "adam": optimizer(torch.optim.Adam),
    "randn": lambda row, dtype: lambda: torch.randn(row.inputs[0][0], device=device),
    "loader": loader,
}


def make(row, dtype, model=None):
    dtype = getattr(torch, dtype)
    if compiled and row.kind not in ("train", "infer"):
        return None
    return steps[row.kind](row, dtype) if row.kind in steps else op(ops[row.kind], row, dtype)


# ------------------------------------------------------------ the device

def is_gpu():
    return torch.device(device).type == "cuda"


def clear():
    if compiled:
        torch._dynamo.reset()
    if is_gpu():
        gc.collect()  # what refers to itself in a circle: it would count as memory of the next row
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


torch.set_num_threads(int(sys.argv[2]))
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
torch.backends.cudnn.benchmark = True
torch.manual_seed(1)
program.serve(f"PyTorch {torch.__version__}" + (" compiled" if compiled else "") +
              (f", CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}, "
               f"{torch.cuda.get_device_name()}" if is_gpu() else ""),
              make, tiny, lambda result: torch.cuda.synchronize() if is_gpu() else None, clear,
              torch.cuda.max_memory_reserved if is_gpu() else program.peak_of_process)
