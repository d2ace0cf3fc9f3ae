# SPDX-License-Identifier: MIT
# Finds the packages that the build needs and those that it can use; one table at the end shows the
# result for each.
set(tinygrad_summary "")

macro(tinygrad_row what found why)
  string(APPEND tinygrad_summary "\n--   ")
  foreach(cell "${what}" "${found}")
    string(SUBSTRING "${cell}                    " 0 18 cell)  # columns
    string(APPEND tinygrad_summary "${cell}")
  endforeach()
  string(APPEND tinygrad_summary "${why}")
endmacro()

find_package(Threads REQUIRED QUIET)
find_package(ZLIB QUIET)
find_package(nlohmann_json 3.9 QUIET)
find_package(fmt QUIET)

# Needed: a clear line for each that is missing, and only then the end.
set(tinygrad_missing "")
set(tinygrad_missing_packages "")
macro(tinygrad_needs name found version why package)
  if(${found})
    tinygrad_row("${name}" "${version}" "${why}")
  else()
    string(APPEND tinygrad_missing "${name} was not found: ${why}.\n")
    string(APPEND tinygrad_missing_packages " ${package}")
  endif()
endmacro()
tinygrad_needs(zlib ZLIB_FOUND "${ZLIB_VERSION_STRING}" "packed data sets, pictures; private, components vision and trace"
               zlib1g-dev)
tinygrad_needs(JSON nlohmann_json_FOUND "${nlohmann_json_VERSION}" "headers of safetensors; private"
               nlohmann-json3-dev)
tinygrad_needs(fmt fmt_FOUND "${fmt_VERSION}" "text; private, components trace and train" libfmt-dev)
# Compiled, it saves two seconds a file; for another machine or standard library its headers are
# enough.
set(tinygrad_fmt fmt::fmt)
if(CMAKE_CROSSCOMPILING OR CMAKE_CXX_FLAGS MATCHES "-stdlib=" OR NOT TARGET fmt::fmt)
  set(tinygrad_fmt fmt::fmt-header-only)
endif()

# BLAS: only OpenBLAS. The reference BLAS is slow, and others cannot be limited to one thread in the
# same way. AUTO uses an installed library only if it is faster, and OpenBLAS is not: the library's
# own product is as fast or faster on all shapes of bench/rows/cpu.txt.
set(TINYGRAD_HAVE_BLAS OFF)
if(TINYGRAD_BLAS STREQUAL "OFF")
  tinygrad_row(BLAS "not used" "TINYGRAD_BLAS=OFF; the library's own product multiplies")
else()
  set(BLA_VENDOR OpenBLAS)
  find_package(BLAS QUIET)
  find_path(OPENBLAS_INCLUDE_DIR cblas.h PATH_SUFFIXES openblas openblas-pthread)
  mark_as_advanced(OPENBLAS_INCLUDE_DIR)
  set(blas_problem "")
  if(NOT BLAS_FOUND)
    set(blas_problem "OpenBLAS was not found (apt-get install libopenblas-dev)")
  elseif(NOT OPENBLAS_INCLUDE_DIR)
    set(blas_problem "OpenBLAS has no cblas.h here (apt-get install libopenblas-dev)")
  endif()
  if(blas_problem AND TINYGRAD_BLAS STREQUAL "ON")
    message(FATAL_ERROR "TINYGRAD_BLAS=ON, but ${blas_problem}.")
  elseif(blas_problem)
    tinygrad_row(BLAS "not found" "${blas_problem}; the library's own product multiplies")
  elseif(TINYGRAD_BLAS STREQUAL "ON")
    set(TINYGRAD_HAVE_BLAS ON)
    tinygrad_row(BLAS OpenBLAS "products, one thread in each part; TINYGRAD_BLAS=ON")
  else()
    tinygrad_row(BLAS "OpenBLAS, unused"
                 "AUTO: the library's own product is faster; TINYGRAD_BLAS=ON takes OpenBLAS")
  endif()
endif()

# OpenCL: only headers. Its library is opened at run time, so a program starts on machines without
# it.
set(TINYGRAD_HAVE_OPENCL OFF)
if(TINYGRAD_OPENCL STREQUAL "OFF")
  tinygrad_row(OpenCL "not used" "TINYGRAD_OPENCL=OFF; there is no device \"opencl\"")
else()
  find_path(OPENCL_HPP_INCLUDE_DIR CL/opencl.hpp)
  mark_as_advanced(OPENCL_HPP_INCLUDE_DIR)
  set(opencl_problem
      "CL/opencl.hpp was not found (apt-get install opencl-headers opencl-clhpp-headers)")
  if(OPENCL_HPP_INCLUDE_DIR)
    set(TINYGRAD_HAVE_OPENCL ON)
    tinygrad_row(OpenCL headers
                 "devices \"opencl\"; libOpenCL.so.1 is opened when one is asked for")
  elseif(TINYGRAD_OPENCL STREQUAL "ON")
    message(FATAL_ERROR "TINYGRAD_OPENCL=ON, but ${opencl_problem}.")
  else()
    tinygrad_row(OpenCL "not found" "${opencl_problem}; there is no device \"opencl\"")
  endif()
endif()

include(TinygradCuda)

# Eigen, whose headers alone the component linalg uses, in one of its files.
set(TINYGRAD_HAVE_EIGEN OFF)
find_package(Eigen3 5 NO_MODULE QUIET)  # the version after 3.4
if(NOT Eigen3_FOUND)
  find_package(Eigen3 3.4 NO_MODULE QUIET)
endif()
if(TINYGRAD_EIGEN STREQUAL "OFF")
  tinygrad_row(Eigen "not used" "TINYGRAD_EIGEN=OFF; linalg computes nothing")
elseif(Eigen3_FOUND)
  set(TINYGRAD_HAVE_EIGEN ON)
  tinygrad_row(Eigen "${Eigen3_VERSION}" "linear algebra; headers, component linalg")
elseif(TINYGRAD_EIGEN STREQUAL "ON")
  message(FATAL_ERROR
          "TINYGRAD_EIGEN=ON, but Eigen 3.4 was not found (apt-get install libeigen3-dev).")
else()
  tinygrad_row(Eigen "not found" "linalg computes nothing (apt-get install libeigen3-dev)")
endif()

# MPI, by which the component distributed exchanges tensors between processes.
set(tinygrad_mpi_packages "")
set(TINYGRAD_HAVE_MPI OFF)
if(TINYGRAD_MPI STREQUAL "OFF")
  tinygrad_row(MPI "not used" "TINYGRAD_MPI=OFF; distributed has the ranks of one process alone")
else()
  find_package(MPI COMPONENTS CXX QUIET)
  set(mpi_problem "MPI was not found (apt-get install libopenmpi-dev openmpi-bin)")
  if(MPI_CXX_FOUND)
    set(TINYGRAD_HAVE_MPI ON)
    set(tinygrad_mpi_packages MPI)
    tinygrad_row(MPI "${MPI_CXX_VERSION}" "processes; private, component distributed")
  elseif(TINYGRAD_MPI STREQUAL "ON")
    message(FATAL_ERROR "TINYGRAD_MPI=ON, but ${mpi_problem}.")
  else()
    tinygrad_row(MPI "not found" "${mpi_problem}; distributed has the ranks of one process alone")
  endif()
endif()

# The formats of pictures that the component vision reads.
set(tinygrad_vision_packages "")
foreach(format PNG:libpng-dev JPEG:libjpeg62-turbo-dev)
  string(REGEX REPLACE ":.*" "" name ${format})
  string(REGEX REPLACE ".*:" "" package ${format})
  find_package(${name} QUIET)
  set(TINYGRAD_HAVE_${name} ${${name}_FOUND})
  if(${name}_FOUND)
    list(APPEND tinygrad_vision_packages ${name})
    tinygrad_row(${name} "found" "pictures; private, component vision")
  else()
    tinygrad_row(${name} "not found" "vision reads no ${name} (apt-get install ${package})")
  endif()
endforeach()

# Downloads, which the component hub makes.
set(tinygrad_hub_packages "")
find_package(CURL QUIET)
set(TINYGRAD_HAVE_CURL ${CURL_FOUND})
if(CURL_FOUND)
  set(tinygrad_hub_packages CURL)
  tinygrad_row(CURL "${CURL_VERSION_STRING}" "downloads; private, component hub")
else()
  tinygrad_row(CURL "not found" "hub downloads nothing (apt-get install libcurl4-openssl-dev)")
endif()

# Sound, which the component audio reads. libsndfile brings no package for CMake everywhere.
find_path(SNDFILE_INCLUDE_DIR sndfile.h)
find_library(SNDFILE_LIBRARY sndfile)
mark_as_advanced(SNDFILE_INCLUDE_DIR SNDFILE_LIBRARY)
set(TINYGRAD_HAVE_SNDFILE OFF)
if(SNDFILE_INCLUDE_DIR AND SNDFILE_LIBRARY)
  set(TINYGRAD_HAVE_SNDFILE ON)
  tinygrad_row(libsndfile "found" "WAV files; private, component audio")
else()
  tinygrad_row(libsndfile "not found" "audio reads no WAV (apt-get install libsndfile1-dev)")
endif()

if(TINYGRAD_BUILD_EXAMPLES OR TINYGRAD_BUILD_TESTS OR TINYGRAD_BUILD_TOOLS)
  find_package(CLI11 QUIET)
  tinygrad_needs(CLI11 CLI11_FOUND "${CLI11_VERSION}"
                 "arguments of the programs in examples/, and of tinygrad-doctor" libcli11-dev)
endif()
if(TINYGRAD_BUILD_TESTS)
  tinygrad_needs(Eigen Eigen3_FOUND "${Eigen3_VERSION}"
                 "tests/ of eigen.h, and of products against Eigen's" libeigen3-dev)
  if(NOT CMAKE_CXX_FLAGS MATCHES "-stdlib=")  # it would be of the other standard library
    find_package(GTest QUIET)
  endif()
  if(NOT GTest_FOUND AND TINYGRAD_GTEST_SOURCE)
    set(BUILD_GMOCK OFF CACHE INTERNAL "")
    set(INSTALL_GTEST OFF CACHE INTERNAL "")
    add_subdirectory(${TINYGRAD_GTEST_SOURCE} googletest EXCLUDE_FROM_ALL SYSTEM)
    set(GTest_FOUND ON)
    set(GTest_VERSION "from source")
  endif()
  tinygrad_needs(GoogleTest GTest_FOUND "${GTest_VERSION}" "tests/" libgtest-dev)
endif()
set(TINYGRAD_HAVE_BENCHMARK OFF)
if(TINYGRAD_BUILD_BENCH)
  find_package(benchmark QUIET)
  set(TINYGRAD_HAVE_BENCHMARK ${benchmark_FOUND})
  if(benchmark_FOUND)
    tinygrad_row("Google Benchmark" "${benchmark_VERSION}" "bench/*_bench.cpp")
  else()
    tinygrad_row("Google Benchmark" "not found"
                 "bench/*_bench.cpp are not built (apt-get install libbenchmark-dev)")
  endif()
endif()

if(tinygrad_missing)
  message(FATAL_ERROR
    "${tinygrad_missing}On Debian and Ubuntu: apt-get install${tinygrad_missing_packages}\n"
    "Where they are in a folder of their own: -DCMAKE_PREFIX_PATH=FOLDER; "
    "sources of GoogleTest: -DTINYGRAD_GTEST_SOURCE=FOLDER")
endif()

function(tinygrad_print_summary)
  if(NOT PROJECT_IS_TOP_LEVEL)
    return()
  endif()
  set(kind static)
  if(BUILD_SHARED_LIBS)
    set(kind shared)
  endif()
  tinygrad_row(library ${kind}
               "${CMAKE_BUILD_TYPE}, ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
  foreach(option ${tinygrad_options})
    if(NOT option MATCHES "BLAS|OPENCL|CUDA|MPI|GTEST")
      string(REPLACE "TINYGRAD_" "" short ${option})
      tinygrad_row(${short} "${${option}}" "-D${option}")
    endif()
  endforeach()
  message(STATUS "tinygrad for C++ ${PROJECT_VERSION}${tinygrad_summary}")
endfunction()
