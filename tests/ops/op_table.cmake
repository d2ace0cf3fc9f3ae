# SPDX-License-Identifier: MIT
# Builds the table of ops: a library, so that a backend outside this project can use it, and a
# program that takes a device. On the CPU each of its tests is a test of ctest;
# backends/devices.cmake runs it on the other devices.
file(GLOB rows CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.cpp)
list(FILTER rows EXCLUDE REGEX "/main\\.cpp$")
add_library(op_table STATIC ${rows})
target_link_libraries(op_table PUBLIC tinygrad_test_flags reference_backend)
target_precompile_headers(op_table REUSE_FROM tinygrad_test_headers)
tinygrad_add_gtest(op_table_test ops ${CMAKE_CURRENT_LIST_DIR}/main.cpp MAIN LIBRARIES op_table)

tinygrad_add_script(docs.ops ${CMAKE_CURRENT_SOURCE_DIR}/same_output.sh
                    ${PROJECT_SOURCE_DIR}/docs/ops.md $<TARGET_FILE:op_table_test> --list)
set_tests_properties(docs.ops PROPERTIES ENVIRONMENT "TINYGRAD_KERNELS=1;TINYGRAD_DEVICE=cpu")
