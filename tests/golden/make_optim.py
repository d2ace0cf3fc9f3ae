#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes optim/*.txt: 20 steps of PyTorch's optimizers, which tests/optim/trajectory_test.cpp
follows, and 40 of its schedules, for tests/optim/schedules_test.cpp: ../opinfo/python.sh
make_optim.py (PyTorch 2.15).

The problem, in float64: parameters a [2, 3] and b [4]; loss = sum(c (w - t)^2) / 2 with w, c and t
below, the same in the C++ test. A line of a file holds the ten numbers of a and b after a step. A
line of schedules.txt holds a name, the first rate and the 40 after it.
"""
import math
import os
import warnings

import torch

torch.set_default_dtype(torch.float64)  # of NAdam's products of momenta
STEPS = 20
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "optim")


def problem(columns=False):
    def numbers(f):
        return [torch.tensor([f(i) for i in range(6)], dtype=torch.float64).reshape(2, 3),
                torch.tensor([f(i) for i in range(6, 10)],
                             dtype=torch.float64).reshape((4, 1) if columns else (4,))]
    w = [p.requires_grad_() for p in numbers(lambda i: (i - 4) / 4)]
    c = numbers(lambda i: (i % 3 + 1) / 2)
    t = numbers(lambda i: (i % 5) / 4)
    return w, c, t


def trajectory(make, schedule=None, clip=None, clip_value=None, skip=None, columns=False):
    w, c, t = problem(columns)
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
        if clip_value:
            torch.nn.utils.clip_grad_value_(w, clip_value)
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
    "adam_amsgrad": dict(make=lambda w: O.Adam(w, lr=0.05, betas=(0.8, 0.5), amsgrad=True)),
    "adamw_amsgrad": dict(make=lambda w: O.AdamW(w, lr=0.05, betas=(0.8, 0.5), weight_decay=0.1,
                                                 amsgrad=True)),
    "rmsprop": dict(make=lambda w: O.RMSprop(w, lr=0.05)),
    "rmsprop_centered": dict(make=lambda w: O.RMSprop(w, lr=0.02, alpha=0.9, eps=1e-4,
                                                      weight_decay=0.1, momentum=0.8,
                                                      centered=True), skip=3),
    "adagrad": dict(make=lambda w: O.Adagrad(w, lr=0.2)),
    "adagrad_options": dict(make=lambda w: O.Adagrad(w, lr=0.2, lr_decay=0.1, weight_decay=0.05,
                                                     initial_accumulator_value=0.5, eps=1e-3),
                            skip=3),
    "nadam": dict(make=lambda w: O.NAdam(w, lr=0.05)),
    "nadam_decoupled": dict(make=lambda w: O.NAdam(w, lr=0.05, betas=(0.8, 0.95), eps=1e-6,
                                                   weight_decay=0.1, momentum_decay=0.2,
                                                   decoupled_weight_decay=True)),
    "nadam_decay": dict(make=lambda w: O.NAdam(w, lr=0.05, weight_decay=0.1), skip=3),
    "sgd_clip_value": dict(make=lambda w: O.SGD(w, lr=0.1, momentum=0.9), clip_value=0.25),
    "sgd_maximize": dict(make=lambda w: O.SGD(w, lr=0.01, momentum=0.5, weight_decay=0.05,
                                              maximize=True)),
    "adam_maximize": dict(make=lambda w: O.Adam(w, lr=0.05, maximize=True)),
    "rmsprop_maximize": dict(make=lambda w: O.RMSprop(w, lr=0.02, maximize=True)),
    "sgd_one_cycle": dict(make=lambda w: O.SGD(w, lr=0.2, momentum=0.9),
                          schedule=lambda o: O.lr_scheduler.OneCycleLR(o, 0.2, 25)),
    "adam_one_cycle": dict(
        make=lambda w: O.Adam(w, lr=0.2),
        schedule=lambda o: O.lr_scheduler.OneCycleLR(
            o, 0.2, 20, anneal_strategy="linear", base_momentum=0.7, max_momentum=0.9,
            three_phase=True)),
    "muon": dict(make=lambda w: O.Muon(w, lr=0.05), columns=True),
    "muon_options": dict(make=lambda w: O.Muon(w, lr=0.05, weight_decay=0.2, momentum=0.8,
                                               nesterov=False, ns_coefficients=(3, -3.2, 1.2),
                                               ns_steps=3, adjust_lr_fn="match_rms_adamw"),
                         columns=True),
    "muon_spectral": dict(make=lambda w: O.Muon(w, lr=0.05, adjust_lr_fn="spectral_unclamped"),
                          columns=True),
}

# Muon's iterations are in bfloat16: "muon_bfloat16" shows by how much that differs.
with open(os.path.join(FOLDER, "muon_bfloat16.txt"), "w") as file:
    file.write(trajectory(**CASES["muon"]))
bfloat16, torch.bfloat16 = torch.bfloat16, torch.float64
for name, case in CASES.items():
    with open(os.path.join(FOLDER, name + ".txt"), "w") as file:
        file.write(trajectory(**case))
torch.bfloat16 = bfloat16



def lbfgs(height=0, frequency=0, **options):
    """20 steps in a valley: Rosenbrock's function of the ten numbers of a and b, with waves."""
    w = problem()[0]
    optimizer = O.LBFGS(w, **options)

    def closure():
        optimizer.zero_grad()
        x = torch.cat([p.flatten() for p in w])
        loss = (10 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()
        loss = loss + height * torch.cos(frequency * x).sum()
        loss.backward()
        return loss

    lines = []
    for _ in range(STEPS):
        optimizer.step(closure)
        lines.append(" ".join(repr(x) for p in w for x in p.detach().flatten().tolist()))
    return "\n".join(lines) + "\n"


for name, options in {
    "lbfgs": dict(lr=0.25, max_iter=2),
    "lbfgs_wolfe": dict(max_iter=2, history_size=3, line_search_fn="strong_wolfe"),
    "lbfgs_short_steps": dict(lr=0.01, max_iter=3, max_eval=9, line_search_fn="strong_wolfe"),
    "lbfgs_waves": dict(height=0.5, frequency=3, lr=1000, max_iter=2, max_eval=20,
                        line_search_fn="strong_wolfe"),
    "lbfgs_short_waves": dict(height=1, frequency=8, lr=30, max_iter=2, max_eval=20,
                              line_search_fn="strong_wolfe"),
}.items():
    with open(os.path.join(FOLDER, name + ".txt"), "w") as file:
        file.write(lbfgs(**options))

S = O.lr_scheduler
SCHEDULES = {
    "step": lambda o: [S.StepLR(o, 6, 0.5)],
    "multi_step": lambda o: [S.MultiStepLR(o, [5, 9, 9, 30], 0.5)],
    "exponential": lambda o: [S.ExponentialLR(o, 0.9)],
    "constant": lambda o: [S.ConstantLR(o, 0.25, 7)],
    "linear": lambda o: [S.LinearLR(o, 0.1, 0.9, 12)],
    "polynomial": lambda o: [S.PolynomialLR(o, 30, 2)],
    "lambda": lambda o: [S.LambdaLR(o, lambda n: 0.5 + 1 / (n + 2))],
    "multiplicative": lambda o: [S.MultiplicativeLR(o, lambda n: 0.9 if n % 3 else 1.125)],
    "cosine": lambda o: [S.CosineAnnealingLR(o, 15, 0.01)],
    "restarts": lambda o: [S.CosineAnnealingWarmRestarts(o, 5, 2, 0.01)],
    "equal_restarts": lambda o: [S.CosineAnnealingWarmRestarts(o, 7)],
    "one_cycle": lambda o: [S.OneCycleLR(o, 0.8, 41, cycle_momentum=False)],
    "one_cycle_three_phases": lambda o: [S.OneCycleLR(
        o, 0.8, 50, pct_start=0.35, anneal_strategy="linear", cycle_momentum=False, div_factor=10,
        final_div_factor=100, three_phase=True)],
    "swa": lambda o: [torch.optim.swa_utils.SWALR(o, 0.05)],
    "swa_linear": lambda o: [S.ExponentialLR(o, 0.97), torch.optim.swa_utils.SWALR(
        o, 0.05, anneal_epochs=7, anneal_strategy="linear")],
    "swa_at_once": lambda o: [torch.optim.swa_utils.SWALR(o, 0.05, anneal_epochs=0)],
    "chained": lambda o: [S.LinearLR(o, 0.2, 1, 8), S.ExponentialLR(o, 0.95), S.StepLR(o, 20)],
    "chained_scheduler": lambda o: [S.ChainedScheduler(
        [S.LinearLR(o, 0.2, 1, 8), S.ExponentialLR(o, 0.95), S.StepLR(o, 20)])],
    "sequential": lambda o: [S.SequentialLR(
        o, [S.LinearLR(o, 0.1, 1, 5), S.CosineAnnealingLR(o, 20, 0.01), S.ConstantLR(o, 0.5, 3)],
        [5, 25])],
}


def metric(n):
    return 2 + math.cos(n / 4) / (1 + n / 10)


def rates(schedules, step=lambda schedule, n: schedule.step()):
    optimizer = O.SGD(problem()[0], lr=0.5)
    made = schedules(optimizer)
    all_rates = [optimizer.param_groups[0]["lr"]]
    for n in range(40):
        for schedule in made:
            step(schedule, n)
        all_rates.append(optimizer.param_groups[0]["lr"])
    return " ".join(map(repr, all_rates))


warnings.simplefilter("ignore")  # the optimizer takes no steps
with open(os.path.join(FOLDER, "schedules.txt"), "w") as file:
    for name, schedules in SCHEDULES.items():
        file.write(f"{name} {rates(schedules)}\n")
    by_metric = lambda schedule, n: schedule.step(metric(n))
    lowest = lambda o: [S.ReduceLROnPlateau(o, factor=0.5, patience=1, threshold=0.01, cooldown=3,
                                            min_lr=0.02)]
    highest = lambda o: [S.ReduceLROnPlateau(o, "max", 0.25, 2, 0.02, "abs", eps=0.005)]
    file.write(f"plateau {rates(lowest, by_metric)}\nplateau_max {rates(highest, by_metric)}\n")
