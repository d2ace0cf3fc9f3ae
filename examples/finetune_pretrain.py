#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes data/pretrained.safetensors for finetune.cpp: a network of PyTorch that was trained on
MNIST's digits 0 to 4.

    tests/opinfo/python.sh examples/finetune_pretrain.py FOLDER_OF_MNIST
"""
import gzip
import json
import os
import struct
import sys

import numpy as np
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten())
        self.head = nn.Sequential(nn.Linear(32 * 7 * 7, 32), nn.ReLU(), nn.Linear(32, classes))

    def forward(self, x):
        return self.head(self.features(x))


def read(name, offset):
    with gzip.open(os.path.join(sys.argv[1], name + ".gz")) as f:
        return np.frombuffer(f.read(), np.uint8)[offset:].copy()


def load(part):
    x = torch.tensor(read(part + "-images-idx3-ubyte", 16)).view(-1, 1, 28, 28) / 255
    y = torch.tensor(read(part + "-labels-idx1-ubyte", 8)).long()
    return x[y < 5], y[y < 5]


def save(state, path):
    """The format safetensors: the length of a header, the header, the bytes of the tensors."""
    header, data = {}, b""
    for name, t in state.items():
        raw = t.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F32", "shape": list(t.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def main():
    torch.manual_seed(0)
    x, y = load("train")
    net = Net(5)
    adam = torch.optim.Adam(net.parameters(), lr=1e-3)
    for _ in range(2):
        for at in torch.randperm(len(x)).split(128):
            adam.zero_grad()
            nn.functional.cross_entropy(net(x[at]), y[at]).backward()
            adam.step()
    x, y = load("t10k")
    with torch.no_grad():
        print(f"accuracy on the test digits 0 to 4: {(net(x).argmax(1) == y).float().mean():.4f}")
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data")
    save(net.state_dict(), os.path.join(folder, "pretrained.safetensors"))


if __name__ == "__main__":
    main()
