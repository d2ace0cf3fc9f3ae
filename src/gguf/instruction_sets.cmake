# SPDX-License-Identifier: MIT
# The flags of files whose values must be the same bits on all machines: products and sums are
# rounded one by one (no fma). The kernels of an instruction set (product.h) are compiled for it.
# Precompiled headers would bring other flags.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  set(product_avx2_flags -mavx2 -mf16c)
  # -Wmaybe-uninitialized is wrong about g++ 12's own AVX-512 header.
  set(product_avx512_flags -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni -mf16c
      "$<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized;-Wno-uninitialized>")
endif()
foreach(name decode encode activations product_baseline product_avx2 product_avx512)
  set_source_files_properties(${CMAKE_CURRENT_LIST_DIR}/${name}.cpp PROPERTIES
    COMPILE_OPTIONS
    "-ffp-contract=off;$<$<CONFIG:Release>:-O3>;${${name}_flags};${tinygrad_unaligned}"
    SKIP_PRECOMPILE_HEADERS ON)
endforeach()
