// SPDX-License-Identifier: MIT
// TINYGRAD_API marks the declarations that a shared library exports; all others are hidden.
#pragma once
#if !defined(_WIN32)
#define TINYGRAD_API __attribute__((visibility("default")))
#elif defined(TINYGRAD_EXPORTS)  // while a DLL is compiled; programs need no mark for functions
#define TINYGRAD_API __declspec(dllexport)
#else
#define TINYGRAD_API
#endif
