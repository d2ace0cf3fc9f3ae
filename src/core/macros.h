// SPDX-License-Identifier: MIT
// These macros do what only the preprocessor can do: they give an expanded word as text, and a list
// without its parentheses.
#pragma once

#define TINYGRAD_STRINGIFY_WORD(word) #word
/// "text" for a macro or a word: TINYGRAD_STRINGIFY(TINYGRAD_ISA) is "avx2".
#define TINYGRAD_STRINGIFY(word) TINYGRAD_STRINGIFY_WORD(word)
/// a, b, c from (a, b, c): TINYGRAD_UNWRAP (a, b, c). For the columns of kernels.def.
#define TINYGRAD_UNWRAP(...) __VA_ARGS__
