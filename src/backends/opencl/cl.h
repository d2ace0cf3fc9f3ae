// SPDX-License-Identifier: MIT
// Includes OpenCL's C++ binding under private names. libOpenCL.so.1 is opened when a program first
// asks for its devices, so a program starts without it, and the library exports none of OpenCL's
// names: the functions are references named tinygrad_clX (functions.def), and the namespace is
// tinygrad_cl. A program may therefore use OpenCL and its binding itself.
#pragma once

// The minimum version must be 1.1: with 1.2 the binding of Debian 12 does not compile, and with 2.0
// it calls functions that OpenCL 1.2 does not have.
#define CL_HPP_TARGET_OPENCL_VERSION 300
#define CL_HPP_MINIMUM_OPENCL_VERSION 110
#define CL_HPP_ENABLE_EXCEPTIONS
#define CL_TARGET_OPENCL_VERSION 300
#define CL_USE_DEPRECATED_OPENCL_1_1_APIS
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS

#include <CL/cl.h>

#define CL_FUNCTION(name) extern decltype(name)& tinygrad_##name;
#include "backends/opencl/functions.def"
#include "opencl_renames.h"  // #define clX tinygrad_clX for each function; CMakeLists.txt writes it

#define cl tinygrad_cl
#include <CL/opencl.hpp>
#undef cl

namespace tinygrad::opencl {
namespace cl = ::tinygrad_cl;
}
