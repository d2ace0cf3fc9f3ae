#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tests that PyTorch reads what examples/finetune saved: finetune_state.py PRETRAINED SAVED. The
frozen layers must be those of the first file, bit for bit, and the head another one."""
import json
import os
import struct
import sys

import torch

here = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(here, "../../examples"))
from finetune_pretrain import Net  # noqa: E402


def load(path):
    with open(path, "rb") as f:
        header = json.loads(f.read(struct.unpack("<Q", f.read(8))[0]))
        data = f.read()
    header.pop("__metadata__", None)
    return {name: torch.frombuffer(bytearray(data[slice(*t["data_offsets"])]), dtype=torch.float32)
            .reshape(t["shape"]) for name, t in header.items()}


before, after = load(sys.argv[1]), load(sys.argv[2])
net = Net(10)
net.load_state_dict(after)
for name in before:
    if name.startswith("features."):
        assert torch.equal(before[name], after[name]), name + " was trained"
assert not torch.equal(before["head.0.weight"], after["head.0.weight"]), "the head is the old one"
assert net(torch.zeros(2, 1, 28, 28)).shape == (2, 10)
