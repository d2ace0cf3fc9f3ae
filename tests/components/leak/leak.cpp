// SPDX-License-Identifier: MIT
// Must not compile: a component has no way to the internals of the core.
#include "core/node.h"
