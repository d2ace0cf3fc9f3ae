# SPDX-License-Identifier: MIT
# Builds the table of ops: a library, so that a backend outside this project can use it, and a
# program that takes a device. On the CPU its tests are two tests of ctest, half of them each, since
# a process for each of the 6,000 takes three times as long; backends/devices.cmake runs it on the
# other devices.
file(GLOB rows CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.cpp)
list(FILTER rows EXCLUDE REGEX "/main\\.cpp$")
add_library(op_table STATIC ${rows})
target_link_libraries(op_table PUBLIC tinygrad_test_flags tinygrad::linalg reference_backend)
target_precompile_headers(op_table REUSE_FROM tinygrad_test_headers)
add_executable(op_table_test ${CMAKE_CURRENT_LIST_DIR}/main.cpp)
target_link_libraries(op_table_test PRIVATE op_table)
target_precompile_headers(op_table_test REUSE_FROM tinygrad_test_headers)
foreach(half 0 1)
  add_test(NAME op_table.cpu_${half} COMMAND op_table_test --gtest_brief=1)
  set_tests_properties(op_table.cpu_${half} PROPERTIES TIMEOUT 5400 LABELS ops COST 300
                       ENVIRONMENT "GTEST_TOTAL_SHARDS=2;GTEST_SHARD_INDEX=${half}")
endforeach()

tinygrad_add_script(docs.ops ${CMAKE_CURRENT_SOURCE_DIR}/same_output.sh
                    ${PROJECT_SOURCE_DIR}/docs/ops.md $<TARGET_FILE:op_table_test> --list)
set_tests_properties(docs.ops PROPERTIES ENVIRONMENT "TINYGRAD_KERNELS=1;TINYGRAD_DEVICE=cpu")
