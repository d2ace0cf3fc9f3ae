#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes modules.safetensors: PyTorch's modules, which tests/nn/golden_modules_test.cpp loads and
runs.  Needs torch (2.15 made it):  tests/opinfo/python.sh tests/golden/make_modules.py

Of each case NAME: NAME/state/... is its state_dict, in order; NAME/in/I the inputs, NAME/out/O the
outputs; NAME/grad_in/I and NAME/grad/... the gradients of sum(output cos(0, 1, ...)) over all
outputs; NAME/after/... the buffers after the run. Weights and inputs are exact in float32, results
are computed in float64 and rounded to float32.
"""
import json
import os
import struct

import torch
from torch import nn

FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "modules.safetensors")
tensors = {}


def store(name, t):
    tensors[name] = t.detach().clone().to(torch.float32 if t.is_floating_point() else t.dtype)


def rounded(t):
    return t.detach().to(torch.float32).to(torch.float64) if t.is_floating_point() else t


def values(*shape):
    return rounded(torch.randn(*shape, dtype=torch.float64))


def case(name, module, *inputs, call=None, train=True):
    """call(module, *inputs) returns a tensor or a tuple of them."""
    module = module.to(torch.float64).train(train)
    with torch.no_grad():
        for p in list(module.parameters()) + list(module.buffers()):
            p.copy_(rounded(p + 0.1 * torch.randn_like(p) if p.is_floating_point() else p))
        for key, b in module.named_buffers():
            if key.endswith("var"):
                b.abs_()
    for key, t in module.state_dict().items():
        store(f"{name}/state/{key}", t)
    inputs = [x.clone().requires_grad_() if x.is_floating_point() else x for x in inputs]
    y = call(module, *inputs) if call else module(*inputs)
    flat = []

    def collect(part):
        if torch.is_tensor(part):
            flat.append(part)
        elif part is not None:
            for p in part:
                collect(p)

    collect(y)
    loss = sum((o * torch.cos(torch.arange(o.numel(), dtype=torch.float64)).reshape(o.shape)).sum()
               for o in flat)
    loss.backward()
    for i, x in enumerate(inputs):
        store(f"{name}/in/{i}", x)
        if x.is_floating_point():
            store(f"{name}/grad_in/{i}", x.grad)
    for i, o in enumerate(flat):
        store(f"{name}/out/{i}", o)
    for key, p in module.named_parameters():
        store(f"{name}/grad/{key}", p.grad)
    for key, b in module.named_buffers():
        store(f"{name}/after/{key}", b)


def layers():
    x = values(3, 4)
    image, sequence = values(1, 4, 4, 6), values(2, 4, 6)
    for name, module in {
            "ReLU": nn.ReLU(), "ReLU6": nn.ReLU6(), "LeakyReLU": nn.LeakyReLU(0.2),
            "ELU": nn.ELU(0.5), "CELU": nn.CELU(0.5), "SELU": nn.SELU(), "GELU": nn.GELU(),
            "GELU_tanh": nn.GELU("tanh"), "SiLU": nn.SiLU(), "Mish": nn.Mish(),
            "Softplus": nn.Softplus(2, 3), "Softsign": nn.Softsign(), "Sigmoid": nn.Sigmoid(),
            "LogSigmoid": nn.LogSigmoid(), "Tanh": nn.Tanh(), "Tanhshrink": nn.Tanhshrink(),
            "Hardtanh": nn.Hardtanh(-0.5, 0.25), "Hardsigmoid": nn.Hardsigmoid(),
            "Hardswish": nn.Hardswish(), "Hardshrink": nn.Hardshrink(0.3),
            "Softshrink": nn.Softshrink(0.3), "Threshold": nn.Threshold(0.1, -2.),
            "GLU": nn.GLU(1), "Softmax": nn.Softmax(0), "Softmin": nn.Softmin(1),
            "LogSoftmax": nn.LogSoftmax(-1), "Identity": nn.Identity(), "PReLU": nn.PReLU(),
            "PReLU_channels": nn.PReLU(4)}.items():
        case(name, module, x)
    case("Flatten", nn.Flatten(), sequence)
    case("Unflatten", nn.Unflatten(1, (2, -1)), sequence)
    case("Upsample", nn.Upsample(scale_factor=1.5, mode="bilinear", align_corners=True),
         values(1, 2, 2, 4))
    case("PixelShuffle", nn.PixelShuffle(2), values(1, 4, 2, 3))
    case("PixelUnshuffle", nn.PixelUnshuffle(2), values(1, 1, 4, 6))
    case("MaxPool1d", nn.MaxPool1d(3, stride=2, padding=1), sequence)
    case("MaxPool2d", nn.MaxPool2d(2), image)
    case("AvgPool1d", nn.AvgPool1d(3, stride=2, padding=1, count_include_pad=False), sequence)
    case("AvgPool2d", nn.AvgPool2d((2, 3)), image)
    case("AdaptiveAvgPool1d", nn.AdaptiveAvgPool1d(4), sequence)
    case("AdaptiveAvgPool2d", nn.AdaptiveAvgPool2d((3, 4)), image)
    case("AdaptiveMaxPool1d", nn.AdaptiveMaxPool1d(4), sequence)
    case("AdaptiveMaxPool2d", nn.AdaptiveMaxPool2d((3, 4)), image)


def weighted():
    image, sequence = values(2, 4, 3, 3), values(2, 4, 5)
    case("Conv1d", nn.Conv1d(4, 6, 3, stride=2, padding=1, groups=2), sequence)
    case("Conv2d", nn.Conv2d(4, 2, (2, 3), padding="same", bias=False), image)
    case("ConvTranspose1d", nn.ConvTranspose1d(4, 6, 3, stride=2, padding=1, output_padding=1,
                                               groups=2, dilation=2), sequence)
    case("ConvTranspose2d", nn.ConvTranspose2d(4, 2, (2, 3), stride=(1, 2)), image)
    case("BatchNorm1d", nn.BatchNorm1d(4), sequence)
    case("BatchNorm1d_rows", nn.BatchNorm1d(4, momentum=None), values(5, 4))
    case("BatchNorm1d_eval", nn.BatchNorm1d(4), values(3, 4), train=False)
    case("BatchNorm2d", nn.BatchNorm2d(4), image)
    case("LayerNorm", nn.LayerNorm((3, 3)), image)
    case("LayerNorm_no_bias", nn.LayerNorm(5, bias=False), sequence)
    case("GroupNorm", nn.GroupNorm(2, 4, eps=1e-3), sequence)
    case("InstanceNorm1d", nn.InstanceNorm1d(4), sequence)
    case("InstanceNorm1d_one", nn.InstanceNorm1d(4), values(4, 5))
    case("InstanceNorm2d", nn.InstanceNorm2d(4, affine=True), image)
    case("RMSNorm", nn.RMSNorm((3, 3), eps=1e-4), image)
    index = torch.tensor([[0, 2, 4], [2, 3, 2]])
    case("Embedding", nn.Embedding(5, 3), index)
    case("Embedding_padding", nn.Embedding(5, 3, padding_idx=-3), index)


def attention():
    def mha(**options):
        return nn.MultiheadAttention(4, 2, **options)
    q, k = values(3, 2, 4), values(5, 2, 4)
    late = torch.triu(torch.ones(3, 3, dtype=torch.bool), 1)
    padding = torch.tensor([[False, False, False, False, True], [False, True, False, False, False]])
    case("MultiheadAttention", mha(), q, k, k)
    case("MultiheadAttention_self", mha(batch_first=True, bias=False), values(2, 3, 4),
         call=lambda m, x: m(x, x, x, attn_mask=late, average_attn_weights=False))
    case("MultiheadAttention_masks", mha(), q, k, values(5, 2, 4), values(4, 3, 5), padding,
         call=lambda m, q, k, v, mask, padding: m(q, k, v, attn_mask=mask,
                                                  key_padding_mask=padding.double() * -9.))
    case("MultiheadAttention_fast", mha(), q, k, k, padding,
         call=lambda m, q, k, v, padding: m(q, k, v, key_padding_mask=padding,
                                            need_weights=False)[0])
    case("MultiheadAttention_one", mha(), values(3, 4), values(5, 4), values(5, 4))
    options = dict(dim_feedforward=5, dropout=0.)
    src, memory = values(3, 2, 4), values(5, 2, 4)
    case("TransformerEncoderLayer", nn.TransformerEncoderLayer(4, 2, **options), src)
    case("TransformerEncoderLayer_first",
         nn.TransformerEncoderLayer(4, 2, activation="gelu", batch_first=True, norm_first=True,
                                    bias=False, layer_norm_eps=1e-3, **options), src,
         call=lambda m, x: m(x, src_mask=torch.triu(torch.ones(2, 2, dtype=torch.bool), 1)))
    case("TransformerDecoderLayer", nn.TransformerDecoderLayer(4, 2, **options), src, memory,
         padding,
         call=lambda m, x, memory, padding: m(x, memory, tgt_mask=late,
                                              memory_key_padding_mask=padding))
    case("TransformerDecoderLayer_first",
         nn.TransformerDecoderLayer(4, 2, norm_first=True, **options), src, memory)
    case("TransformerEncoder",
         nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, **options), 2), src,
         call=lambda m, x: m(x, mask=late))
    case("TransformerDecoder",
         nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, **options), 2, nn.LayerNorm(4)),
         src, memory)


def recurrent():
    def packed(m, x, lengths, *state):
        x = nn.utils.rnn.pack_padded_sequence(x, lengths, enforce_sorted=False)
        y, last = m(x, *state)
        return nn.utils.rnn.pad_packed_sequence(y)[0], last
    x = values(4, 3, 3)
    lengths = torch.tensor([2, 4, 1])
    both = dict(num_layers=2, bidirectional=True)
    case("RNN", nn.RNN(3, 2), x)
    case("RNN_relu", nn.RNN(3, 2, nonlinearity="relu", bias=False, batch_first=True, **both), x,
         values(4, 4, 2))
    case("RNN_one", nn.RNN(3, 2), values(4, 3), values(1, 2))
    case("GRU", nn.GRU(3, 2), x)
    case("GRU_lengths", nn.GRU(3, 2, **both), x, lengths, values(4, 3, 2), call=packed)
    case("LSTM", nn.LSTM(3, 2, batch_first=True), x)
    case("LSTM_states", nn.LSTM(3, 2, **both), x, values(4, 3, 2), values(4, 3, 2),
         call=lambda m, x, h, c: m(x, (h, c)))
    case("LSTM_lengths", nn.LSTM(3, 2, **both), x, lengths, call=packed)
    case("RNNCell", nn.RNNCell(3, 2, nonlinearity="relu"), values(2, 3), values(2, 2))
    case("GRUCell", nn.GRUCell(3, 2), values(3), values(2))
    case("GRUCell_zeros", nn.GRUCell(3, 2, bias=False), values(2, 3))
    case("LSTMCell", nn.LSTMCell(3, 2), values(2, 3), values(2, 2), values(2, 2),
         call=lambda m, x, h, c: m(x, (h, c)))


class Lists(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])
        self.heads = nn.ModuleDict({"left": nn.Linear(2, 1), "right": nn.Linear(2, 1)})

    def forward(self, x):
        for layer in self.layers:
            x = torch.tanh(layer(x))
        return self.heads["left"](x), self.heads["right"](x)


class WeightNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight_g = nn.Parameter(torch.rand(3, 1, 1))
        self.weight_v = nn.Parameter(torch.rand(3, 2, 2))

    def forward(self, x):
        return torch.conv1d(x, torch._weight_norm(self.weight_v, self.weight_g, 0))


def more():
    """Cases that came later: those above keep their values."""
    image, sequence = values(2, 4, 4, 3), values(2, 4, 5)
    case("RReLU", nn.RReLU(0.2, 0.6), values(3, 4), train=False)
    case("Conv1d_replicate", nn.Conv1d(4, 2, 4, padding="same", padding_mode="replicate"), sequence)
    case("Conv2d_reflect", nn.Conv2d(4, 2, 3, stride=2, padding=(1, 2), padding_mode="reflect"),
         image)
    case("Conv2d_circular", nn.Conv2d(4, 2, 3, padding=1, dilation=2, padding_mode="circular"),
         image)
    case("InstanceNorm1d_tracked", nn.InstanceNorm1d(4, affine=True, track_running_stats=True),
         sequence)
    case("InstanceNorm2d_tracked", nn.InstanceNorm2d(4, track_running_stats=True, momentum=0.3),
         image)
    case("InstanceNorm2d_eval", nn.InstanceNorm2d(4, affine=True, track_running_stats=True), image,
         train=False)
    x = values(4, 3, 3)
    case("LSTM_proj", nn.LSTM(3, 4, num_layers=2, bidirectional=True, proj_size=2), x,
         values(4, 3, 2), values(4, 3, 4), call=lambda m, x, h, c: m(x, (h, c)))
    case("MultiheadAttention_dims", nn.MultiheadAttention(4, 2, kdim=3, vdim=5), values(3, 2, 4),
         values(5, 2, 3), values(5, 2, 5))


def write():
    names = {torch.float32: "F32", torch.int64: "I64", torch.bool: "BOOL"}
    header, data = {}, b""
    for name, t in sorted(tensors.items(), key=lambda entry: -entry[1].element_size()):
        raw = t.contiguous().numpy().tobytes()
        header[name] = {"dtype": names[t.dtype], "shape": list(t.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(FILE, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


torch.manual_seed(1)
layers()
weighted()
attention()
case("Lists", Lists(), values(3, 2))
case("WeightNorm", WeightNorm(), values(2, 2, 4))
recurrent()
more()
write()
