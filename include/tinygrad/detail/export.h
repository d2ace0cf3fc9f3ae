// SPDX-License-Identifier: MIT
// TINYGRAD_API marks the declarations that a shared library exports; all others are hidden.
#pragma once
#define TINYGRAD_API __attribute__((visibility("default")))
