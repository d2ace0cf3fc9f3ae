#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes vision.txt: torchvision's transforms of one picture, from the calls of torch.nn.functional
that torchvision makes; tests/vision/transforms_test.cpp compares with it.  Needs torch (2.15 made
it).

The picture: x[c, i, j] = ((7 c + 5 i + 3 j + i j) mod 16) / 16, [3, 6, 8]. A line of the file holds
a name, the three sizes of the result and its values.
"""
import colorsys
import math
import os

import torch
import torch.nn.functional as F

C, H, W = 3, 6, 8
x = torch.tensor([[[(7 * c + 5 * i + 3 * j + i * j) % 16 / 16 for j in range(W)]
                   for i in range(H)] for c in range(C)])


def resize(h, w):
    return F.interpolate(x[None], (h, w), mode="bilinear", align_corners=False, antialias=True)[0]


def affine(angle, translate, scale, shear, mode):
    """torchvision.transforms.functional.affine of a tensor."""
    rot, sx, sy = math.radians(angle), math.radians(shear[0]), math.radians(shear[1])
    a = math.cos(rot - sy) / math.cos(sy)
    b = -math.cos(rot - sy) * math.tan(sx) / math.cos(sy) - math.sin(rot)
    c = math.sin(rot - sy) / math.cos(sy)
    d = -math.sin(rot - sy) * math.tan(sx) / math.cos(sy) + math.cos(rot)
    m = [v / scale for v in [d, -b, 0, -c, a, 0]]
    m[2] += m[0] * -translate[0] + m[1] * -translate[1]
    m[5] += m[3] * -translate[0] + m[4] * -translate[1]
    theta = torch.tensor(m, dtype=torch.float64).reshape(1, 2, 3)
    base = torch.ones(1, H, W, 3, dtype=torch.float64)
    base[..., 0] = torch.linspace(-W / 2 + 0.5, W / 2 - 0.5, W, dtype=torch.float64)
    base[..., 1] = torch.linspace(-H / 2 + 0.5, H / 2 - 0.5, H, dtype=torch.float64)[:, None]
    half = torch.tensor([W / 2, H / 2], dtype=torch.float64)
    grid = (base.view(1, H * W, 3) @ (theta.transpose(1, 2) / half)).view(1, H, W, 2)
    return F.grid_sample(x[None].double(), grid, mode=mode, align_corners=False)[0]


def gray():
    return 0.2989 * x[:1] + 0.587 * x[1:2] + 0.114 * x[2:]


def blend(other, factor):
    return (x * factor + other * (1 - factor)).clamp(0, 1)


def hue(turns):
    y = torch.empty_like(x)
    for i in range(H):
        for j in range(W):
            h, s, v = colorsys.rgb_to_hsv(*x[:, i, j].tolist())
            y[:, i, j] = torch.tensor(colorsys.hsv_to_rgb((h + turns) % 1, s, v))
    return y


results = {
    "resize_smaller": resize(4, 5),
    "resize_larger": resize(9, 11),
    "affine_nearest": affine(20, (1, -2), 1.3, (10, 5), "nearest"),
    "affine_bilinear": affine(20, (1, -2), 0.7, (10, -5), "bilinear"),
    "brightness": (x * 1.5).clamp(0, 1),
    "contrast": blend(gray().mean(), 1.7),
    "saturation": blend(gray(), 0.4),
    "hue": hue(0.3),
    "hue_back": hue(-0.15),
}
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "vision.txt"), "w") as f:
    for name, y in results.items():
        values = " ".join(f"{v:.8g}" for v in y.flatten().tolist())
        f.write(f"{name} {' '.join(map(str, y.shape))} {values}\n")
