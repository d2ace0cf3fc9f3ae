# SPDX-License-Identifier: MIT
"""The same training steps with PyTorch: the other half of bench/compare.

    bench_train_torch.py mlp|cnn STEPS THREADS
"""
import sys
import time

import torch
from torch import nn

name, steps, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
torch.manual_seed(1)
if name == "mlp":
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.2),
                        nn.Linear(512, 10))
else:
    net = nn.Sequential(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(),
                        nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.5), nn.Linear(64 * 7 * 7, 10))
sgd = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
x, y = torch.rand(64, 1, 28, 28), torch.randint(0, 10, (64,))


def step():
    sgd.zero_grad()
    nn.functional.cross_entropy(net(x), y).backward()
    sgd.step()


for _ in range(steps // 10 + 3):
    step()
start = time.perf_counter()
for _ in range(steps):
    step()
print(f"{64 * steps / (time.perf_counter() - start):.1f}")
