#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes optim/*.txt: 20 steps of PyTorch's optimizers, which tests/optim/trajectory_test.cpp
follows.  Needs torch (1.13 made them).

The problem, in float64: parameters a [2, 3] and b [4]; loss = sum(c (w - t)^2) / 2 with w, c and t
below, the same in the C++ test. A line of a file holds the ten numbers of a and b after a step.
"""
import os

import torch

STEPS = 20
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "optim")


def problem():
    def numbers(f):
        return [torch.tensor([f(i) for i in range(6)], dtype=torch.float64).reshape(2, 3),
                torch.tensor([f(i) for i in range(6, 10)], dtype=torch.float64)]
    w = [p.requires_grad_() for p in numbers(lambda i: (i - 4) / 4)]
    c = numbers(lambda i: (i % 3 + 1) / 2)
    t = numbers(lambda i: (i % 5) / 4)
    return w, c, t


def trajectory(make, schedule=None, clip=None, skip=None):
    w, c, t = problem()
    optimizer = make(w)
    rates = schedule(optimizer) if schedule else None
    lines = []
    for step in range(STEPS):
        optimizer.zero_grad()
        for p in w:
            p.grad = None
        loss = sum((ci * (wi - ti) ** 2).sum() for wi, ci, ti in zip(w, c, t)) / 2
        loss.backward()
        if skip and step % skip == 0:
            w[1].grad = None
        if clip:
            torch.nn.utils.clip_grad_norm_(w, clip)
        optimizer.step()
        if rates:
            rates.step()
        lines.append(" ".join(repr(x) for p in w for x in p.detach().flatten().tolist()))
    return "\n".join(lines) + "\n"


O = torch.optim
CASES = {
    "sgd": dict(make=lambda w: O.SGD(w, lr=0.1)),
    "sgd_decay": dict(make=lambda w: O.SGD(w, lr=0.1, weight_decay=0.05)),
    "sgd_momentum": dict(make=lambda w: O.SGD(w, lr=0.1, momentum=0.9)),
    "sgd_dampening": dict(make=lambda w: O.SGD(w, lr=0.1, momentum=0.9, dampening=0.25,
                                               weight_decay=0.05)),
    "sgd_nesterov": dict(make=lambda w: O.SGD(w, lr=0.1, momentum=0.9, weight_decay=0.05,
                                              nesterov=True)),
    "sgd_skip": dict(make=lambda w: O.SGD(w, lr=0.1, momentum=0.9), skip=3),
    "sgd_clip": dict(make=lambda w: O.SGD(w, lr=0.1, momentum=0.9), clip=0.75),
    "sgd_groups": dict(make=lambda w: O.SGD(
        [{"params": [w[0]]}, {"params": [w[1]], "lr": 0.01, "momentum": 0.5}], lr=0.1)),
    "sgd_step_lr": dict(make=lambda w: O.SGD(w, lr=0.2),
                        schedule=lambda o: O.lr_scheduler.StepLR(o, 6, 0.5)),
    "sgd_cosine_lr": dict(make=lambda w: O.SGD(w, lr=0.2),
                          schedule=lambda o: O.lr_scheduler.CosineAnnealingLR(o, 20, 0.01)),
    "adam": dict(make=lambda w: O.Adam(w, lr=0.05)),
    "adam_decay": dict(make=lambda w: O.Adam(w, lr=0.05, betas=(0.8, 0.95), eps=1e-6,
                                             weight_decay=0.1)),
    "adam_skip": dict(make=lambda w: O.Adam(w, lr=0.05), skip=3),
    "adamw": dict(make=lambda w: O.AdamW(w, lr=0.05, weight_decay=0.1)),
}

for name, case in CASES.items():
    with open(os.path.join(FOLDER, name + ".txt"), "w") as file:
        file.write(trajectory(**case))
