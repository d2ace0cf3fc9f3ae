// SPDX-License-Identifier: MIT
// Exercise of docs/course/en/gradient-by-hand.md: the chain rule of a small graph.
//
//     x ──┬── a = x y ───┐
//     y ──┘              ├── c = a + b ── L = c²
//     x ───── b = sin x ─┘
//
// Compute {∂L/∂x, ∂L/∂y} by hand: first ∂L/∂c, then ∂L/∂a and ∂L/∂b, then the derivatives by x and
// y. x has two ways to L.
// 手算 {∂L/∂x, ∂L/∂y}：先 ∂L/∂c，再 ∂L/∂a 和 ∂L/∂b，最后对 x 和 y。x 有两条路通到 L。
#include "grader/exercise.h"

inline Values gradient(double x, double y) { not_begun(); }
