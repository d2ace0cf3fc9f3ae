// SPDX-License-Identifier: MIT
// REGISTER_FORMAT: makes the format of a component known to load() and save() when a program starts
// that links the component.
#pragma once
#include "tinygrad/io/load.h"

/// Registers a FileFormat. It stands once in a component, outside of all namespaces, in the file
/// that defines the format's functions:
///   REGISTER_FORMAT(gguf, {.name = "GGUF", .extension = ".gguf", .recognizes = ..., .load = ...});
/// The component's line in src/CMakeLists.txt has the option FORMAT, so that the linker keeps that
/// file in programs that link the static component and call nothing of it:
///   tinygrad_add_component(gguf FORMAT)
#define REGISTER_FORMAT(component, ...)                                        \
  extern "C" {                                                                 \
  [[gnu::visibility("default")]] extern bool tinygrad_##component##_format;    \
  bool tinygrad_##component##_format =                                         \
      (::tinygrad::register_format(::tinygrad::FileFormat __VA_ARGS__), true); \
  }                                                                            \
  static_assert(true)
