// SPDX-License-Identifier: MIT
#include <tinygrad/ops.h>
#include <tinygrad/probe/probe.h>

int main() { return tinygrad::probe::twice(tinygrad::ones({2})).sum().item<float>() == 4 ? 0 : 1; }
