// SPDX-License-Identifier: MIT
// This file must not compile: a component cannot include the internals of the core.
#include "core/node.h"
