# SPDX-License-Identifier: MIT
"""Writes from_pytorch.safetensors, the state of a small network, and prints what it computes, which
from_pytorch.cpp computes too. Needs torch and safetensors."""
import os

import torch
from safetensors.torch import save_file
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU())
        self.rnn = nn.LSTM(4, 3, batch_first=True)
        self.head = nn.Linear(3, 2)

    def forward(self, x):
        columns = self.features(x).mean(2).transpose(1, 2)
        return self.head(self.rnn(columns)[0][:, -1])


torch.manual_seed(1)
net = Net()
net(torch.rand(8, 1, 5, 6))  # so that the running statistics are not those of the beginning
net.eval()
state = {name: t.contiguous() for name, t in net.state_dict().items()}
save_file(state, os.path.join(os.path.dirname(__file__), "from_pytorch.safetensors"))
with torch.no_grad():
    print(net(torch.arange(60.).reshape(2, 1, 5, 6) / 60))
