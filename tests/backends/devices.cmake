# SPDX-License-Identifier: MIT
# Runs programs of the other folders once more on the devices that need no hardware: OpenCL (PoCL,
# in both forms of its kernels), CUDA (emulated on the host), the reference backend, and the CPU
# without its optional kernels. Labels: devices; devices-kernels if the program calls kernels
# itself, which TINYGRAD_KERNELS=0 switches off; devices-long for what only the long form runs.

# tinygrad_run_on(test program [LONG] [ENVIRONMENT NAME=VALUE...] [ARGUMENTS...])
function(tinygrad_run_on test program)
  if(NOT TARGET ${program})
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 2 own "LONG" "" "ENVIRONMENT")
  set(label devices)
  set(limit 1500)
  if(program MATCHES "^kernels_")
    string(APPEND label "-kernels")
  endif()
  if(own_LONG)
    string(APPEND label "-long")
    set(limit 5400)
  endif()
  add_test(NAME ${test} COMMAND ${program} ${own_UNPARSED_ARGUMENTS})
  set_tests_properties(${test} PROPERTIES TIMEOUT ${limit} LABELS ${label}
                       ENVIRONMENT "${own_ENVIRONMENT}")
  if(program STREQUAL "op_table_test")
    set_tests_properties(${test} PROPERTIES COST 300)  # begins first, beside many short ones
  endif()
  if("${own_ENVIRONMENT}" MATCHES "opencl")
    set(form "")  # the two forms share no kernel, so that they may run at once
    if("${own_ENVIRONMENT}" MATCHES "OPENCL_FORM=([a-z]+)")
      set(form _${CMAKE_MATCH_1})
    endif()
    set_tests_properties(${test} PROPERTIES RESOURCE_LOCK opencl${form})
    set_property(TEST ${test} APPEND PROPERTY ENVIRONMENT TINYGRAD_OPENCL_CACHE=0
                 POCL_CACHE_DIR=${opencl_programs}${form})
  endif()
endfunction()

# The table of ops. Only the long form sums many elements and takes differences of results on these
# devices: gradients are compared with those of the reference backend. PoCL takes half a second for
# each program, of which all checks need 3,000: the short form makes one check.
function(tinygrad_run_table_on name device)
  set(long long_sums.*:derivatives.*)
  set(short -${long})
  if(device STREQUAL "opencl")
    set(short against_reference.*:bad_calls.*:random_calls.*)
    set(long -${short})
  endif()
  tinygrad_run_on(op_table.${name} op_table_test --device ${device} --gtest_filter=${short} ${ARGN})
  tinygrad_run_on(op_table_long.${name} op_table_test LONG --device ${device}
                  --gtest_filter=${long} ${ARGN})
endfunction()

foreach(device required reference)
  tinygrad_run_table_on(${device} ${device})
endforeach()

if(TINYGRAD_HAVE_OPENCL)
  foreach(form cpu gpu)
    set(on ENVIRONMENT TINYGRAD_TESTED_DEVICE=opencl TINYGRAD_OPENCL_FORM=${form})
    set(length "")
    if(form STREQUAL "cpu")  # PoCL compiles for minutes; GPUs take the other form
      set(length LONG)
    endif()
    tinygrad_run_table_on(opencl_${form}_form opencl ${length} ${on})
    foreach(kernels matmul norm)
      tinygrad_run_on(${kernels}_kernels.opencl_${form}_form kernels_${kernels}_test ${on})
    endforeach()
    tinygrad_run_on(conv_kernels.opencl_${form}_form kernels_conv_test ${length} ${on})
    tinygrad_run_on(amp.opencl_${form}_form core_amp_test --gtest_filter=*Halves*
                    ${on} TINYGRAD_DEVICE=opencl)
    tinygrad_run_on(storage_dtypes.opencl_${form}_form core_storage_dtypes_test ${on})
    tinygrad_run_on(extremes.opencl_${form}_form core_extremes_test ${length} ${on})
    tinygrad_run_on(elementwise_extremes.opencl_${form}_form core_elementwise_extremes_test LONG
                    ${on})
    tinygrad_run_on(formula_extremes.opencl_${form}_form core_formula_extremes_test ${length} ${on})
    tinygrad_run_on(many_threads.opencl_${form}_form core_many_threads_test ${length} ${on})
  endforeach()
  set(on ENVIRONMENT TINYGRAD_TESTED_DEVICE=opencl)
  tinygrad_run_on(exit.opencl core_exit_test ${on})
  tinygrad_run_on(fork.opencl core_fork_test --gtest_filter=*Driver* ${on})
  tinygrad_run_on(trajectory.opencl optim_trajectory_test --gtest_filter=Trajectory.* ${on})
  tinygrad_run_on(flat_memory.opencl optim_flat_memory_test ${on})
  tinygrad_run_on(lbfgs.opencl optim_lbfgs_test --gtest_filter=*PyTorch ${on})
  tinygrad_run_on(profile.opencl trace_profile_test ${on})
  tinygrad_run_on(mnist_nets.opencl examples_mnist_nets_test --gtest_filter=*OnEveryDevice ${on})
  foreach(program opencl_device_test opencl_sub_groups_test)  # they include CLHPP
    target_include_directories(${program} PRIVATE $<TARGET_PROPERTY:tinygrad,INCLUDE_DIRECTORIES>)
  endforeach()
endif()

# A program that links these objects has the device "emulated_cuda".
if(TARGET emulated_cuda)
  foreach(program device runtime plans)
    if(TARGET cuda_${program}_test)
      target_link_libraries(cuda_${program}_test PRIVATE emulated_cuda)
    endif()
  endforeach()
  target_link_libraries(cuda_emulator_test PRIVATE cuda_emulator)
  foreach(program op_table_test kernels_cuda_test kernels_matmul_test kernels_conv_test
          kernels_norm_test optim_trajectory_test optim_custom_test optim_lbfgs_test
          examples_mnist_nets_test capture_steps_test core_amp_test core_numerics_test
          core_storage_dtypes_test core_extremes_test core_elementwise_extremes_test
          core_formula_extremes_test core_exit_test core_fork_test trace_profile_test)
    target_sources(${program} PRIVATE $<TARGET_OBJECTS:emulated_cuda>)
    target_link_libraries(${program} PRIVATE $<LINK_ONLY:cuda_emulator>)
  endforeach()
  # Threads run in one order and in the other: if a barrier is missing, results differ.
  foreach(order forwards backwards)
    set(on ENVIRONMENT TINYGRAD_TESTED_DEVICE=emulated_cuda CUDA_EMULATOR_ORDER=${order})
    set(device emulated_cuda_${order})
    set(length "")
    if(order STREQUAL "backwards")  # the kernels' own tests, below, need both orders more
      set(length LONG)
    endif()
    tinygrad_run_table_on(${device} emulated_cuda ${length} ${on})
    foreach(kernels cuda matmul conv norm)
      tinygrad_run_on(${kernels}_kernels.${device} kernels_${kernels}_test ${on})
    endforeach()
    tinygrad_run_on(trajectory.${device} optim_trajectory_test --gtest_filter=Trajectory.* ${on})
    tinygrad_run_on(lbfgs.${device} optim_lbfgs_test --gtest_filter=*PyTorch ${on})
    tinygrad_run_on(mnist_nets.${device} examples_mnist_nets_test --gtest_filter=*OnEveryDevice
                    ${on})
    tinygrad_run_on(capture.${device} capture_steps_test ${on})
    tinygrad_run_on(custom_optimizer.${device} optim_custom_test ${on})
    tinygrad_run_on(numerics.${device} core_numerics_test ${on})
    tinygrad_run_on(storage_dtypes.${device} core_storage_dtypes_test ${on})
    tinygrad_run_on(extremes.${device} core_extremes_test ${length} ${on})
    tinygrad_run_on(elementwise_extremes.${device} core_elementwise_extremes_test ${length} ${on})
    tinygrad_run_on(formula_extremes.${device} core_formula_extremes_test ${length} ${on})
    tinygrad_run_on(amp.${device} core_amp_test ${on} TINYGRAD_DEVICE=emulated_cuda)
  endforeach()
  set(on ENVIRONMENT TINYGRAD_TESTED_DEVICE=emulated_cuda)
  tinygrad_run_on(exit.emulated_cuda core_exit_test ${on})
  tinygrad_run_on(profile.emulated_cuda trace_profile_test ${on})
  tinygrad_run_on(fork.emulated_cuda core_fork_test --gtest_filter=*Driver* ${on})
  tinygrad_run_on(matmul_kernels.emulated_cuda_without_libraries kernels_matmul_test
                  ${on} TINYGRAD_CUDA_LIBRARIES=0)
  if(CUDNN_INCLUDE_DIR)
    tinygrad_run_on(conv_kernels.emulated_cudnn kernels_conv_test --gtest_filter=Conv.*
                    ${on} CUDA_EMULATOR_CUDNN=1)
  endif()
endif()
if(TARGET cuda_library_test)
  target_link_libraries(cuda_library_test PRIVATE tinygrad_cuda_headers)
endif()
