# SPDX-License-Identifier: MIT
# Finds CUDA: nvcc, its runtime (linked statically) and headers of cuBLASLt; headers of cuDNN if
# they are installed. NVIDIA's libraries and the driver are searched at run time, so a program
# starts on machines without them.
set(TINYGRAD_HAVE_CUDA OFF)

macro(tinygrad_find_cuda_headers)
  set(places HINTS ${CMAKE_CUDA_TOOLKIT_INCLUDE_DIRECTORIES} ENV CUDA_PATH ENV CUDA_HOME
      PATHS /usr/local/cuda PATH_SUFFIXES include)
  find_path(CUDA_RUNTIME_INCLUDE_DIR cuda_runtime_api.h ${places})
  find_path(CUBLASLT_INCLUDE_DIR cublasLt.h ${places})
  find_path(CUDNN_INCLUDE_DIR cudnn_graph.h HINTS ${CUDNN_ROOT} ENV CUDNN_ROOT ${places})
  mark_as_advanced(CUDA_RUNTIME_INCLUDE_DIR CUBLASLT_INCLUDE_DIR CUDNN_INCLUDE_DIR)
endmacro()

# Sets `problem` to a text that names what the backend lacks. If nothing is missing, the text is
# empty and the language CUDA is enabled.
macro(tinygrad_find_cuda problem)
  set(${problem} "")
  find_program(CUDA_NVCC nvcc HINTS ENV CUDA_PATH ENV CUDA_HOME PATHS /usr/local/cuda
               PATH_SUFFIXES bin)
  mark_as_advanced(CUDA_NVCC)
  if(NOT CUDA_NVCC)
    set(${problem} "nvcc was not found (NVIDIA's CUDA toolkit; -DCUDA_NVCC names another place)")
  else()
    set(ENV{CUDACXX} ${CUDA_NVCC})
    if(NOT CMAKE_CUDA_HOST_COMPILER)
      # Of one mind about sanitizers and warnings.
      set(CMAKE_CUDA_HOST_COMPILER ${CMAKE_CXX_COMPILER})
    endif()
    include(CheckLanguage)
    check_language(CUDA)
    if(NOT CMAKE_CUDA_COMPILER)
      set(${problem}
          "${CUDA_NVCC} does not work with ${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION}")
    else()
      enable_language(CUDA)
      find_library(CUDART_STATIC cudart_static HINTS ${CMAKE_CUDA_IMPLICIT_LINK_DIRECTORIES})
      mark_as_advanced(CUDART_STATIC)
      tinygrad_find_cuda_headers()
      if(CMAKE_CUDA_COMPILER_VERSION VERSION_LESS 12.0)
        set(${problem}
            "${CUDA_NVCC} is of CUDA ${CMAKE_CUDA_COMPILER_VERSION}; 12.0 or newer is needed")
      elseif(NOT CUBLASLT_INCLUDE_DIR OR NOT CUDART_STATIC)
        set(${problem} "the toolkit of ${CUDA_NVCC} lacks cublasLt.h or libcudart_static.a")
      endif()
    endif()
  endif()
endmacro()

# Chooses the architectures of the machine's GPUs; without a GPU, 7.5 and the first of each later
# generation that the toolkit supports, the last also as PTX, from which the driver makes code for
# later ones.
function(tinygrad_choose_architectures result)
  if(TINYGRAD_CUDA_ARCHITECTURES)
    set(${result} "${TINYGRAD_CUDA_ARCHITECTURES}" PARENT_SCOPE)
  elseif(CMAKE_CUDA_ARCHITECTURES_NATIVE)
    set(${result} "${CMAKE_CUDA_ARCHITECTURES_NATIVE}" PARENT_SCOPE)
  else()
    execute_process(COMMAND ${CMAKE_CUDA_COMPILER} --list-gpu-arch OUTPUT_VARIABLE known)
    string(REGEX MATCHALL "compute_(75|[0-9]+0)" chosen "${known}")
    list(TRANSFORM chosen REPLACE "compute_" "")
    list(FILTER chosen EXCLUDE REGEX "^([1-6].|70|110)$")  # 11.0 is not for graphics cards
    list(SORT chosen COMPARE NATURAL)
    list(POP_BACK chosen newest)
    list(TRANSFORM chosen APPEND "-real")
    set(${result} "${chosen};${newest}" PARENT_SCOPE)
  endif()
endfunction()

# AUTO builds the backend only for a GPU of this machine: code for every generation takes minutes to
# compile, and some 70 MB in each static program. /dev/dxg is the GPU of the Windows subsystem.
file(GLOB tinygrad_gpus /dev/nvidia[0-9]* /dev/dxg)
if(TINYGRAD_CUDA STREQUAL "OFF")
  tinygrad_row(CUDA "not used" "TINYGRAD_CUDA=OFF; there is no device \"cuda\"")
elseif(TINYGRAD_CUDA STREQUAL "AUTO" AND NOT tinygrad_gpus)
  tinygrad_row(CUDA "not built"
               "no NVIDIA GPU here; -DTINYGRAD_CUDA=ON builds it for other machines")
else()
  tinygrad_find_cuda(cuda_problem)
  if(NOT cuda_problem)
    set(TINYGRAD_HAVE_CUDA ON)
    tinygrad_choose_architectures(tinygrad_cuda_architectures)
    list(JOIN tinygrad_cuda_architectures " " architectures)
    string(CONCAT why "devices \"cuda\", for ${architectures}; "
           "its libraries are opened when one is asked for")
    tinygrad_row(CUDA "${CMAKE_CUDA_COMPILER_VERSION}" "${why}")
  elseif(TINYGRAD_CUDA STREQUAL "ON")
    message(FATAL_ERROR "TINYGRAD_CUDA=ON, but ${cuda_problem}.")
  else()
    tinygrad_row(CUDA "not found" "${cuda_problem}; there is no device \"cuda\"")
  endif()
endif()

if(TINYGRAD_HAVE_CUDA AND CUDNN_INCLUDE_DIR)
  file(STRINGS ${CUDNN_INCLUDE_DIR}/cudnn_version.h numbers
       REGEX "^#define CUDNN_(MAJOR|MINOR|PATCHLEVEL) [0-9]+")
  list(TRANSFORM numbers REPLACE "^[^ ]+ [^ ]+ ([0-9]+).*$" "\\1")
  list(JOIN numbers "." cudnn_version)
  tinygrad_row(cuDNN "${cudnn_version}" "convolutions on CUDA")
elseif(TINYGRAD_HAVE_CUDA)
  string(CONCAT why "cudnn_graph.h was not found (-DCUDNN_ROOT=...); "
         "convolutions on CUDA are the library's own")
  tinygrad_row(cuDNN "not found" "${why}")
endif()

# Tests run the kernels on the host too, which requires only the toolkit's headers; before 12.2
# those define halves only for the device. Builds for other platforms do without: its headers are
# those of this machine and its C++ library.
set(TINYGRAD_HAVE_CUDA_EMULATOR OFF)
if(TINYGRAD_BUILD_TESTS AND NOT CMAKE_CROSSCOMPILING AND NOT CMAKE_CXX_FLAGS MATCHES "-stdlib=")
  tinygrad_find_cuda_headers()
  set(version 0)
  if(CUDA_RUNTIME_INCLUDE_DIR)
    file(STRINGS ${CUDA_RUNTIME_INCLUDE_DIR}/cuda_runtime_api.h version
         REGEX "^#define CUDART_VERSION +[0-9]+")
    string(REGEX MATCH "[0-9]+$" version "${version}")
  endif()
  if(version GREATER_EQUAL 12020 AND CUBLASLT_INCLUDE_DIR)
    set(TINYGRAD_HAVE_CUDA_EMULATOR ON)
  else()
    string(CONCAT why "cuda_runtime_api.h of 12.2 or newer, or cublasLt.h, was not found; "
           "with them kernels are tested on the host")
    tinygrad_row("CUDA's tests" "not built" "${why}")
  endif()
endif()

# This target compiles the backend's sources (src/backends/cuda), for the device and for the
# emulator.
add_library(tinygrad_cuda_headers INTERFACE)
foreach(folder CUDA_RUNTIME_INCLUDE_DIR CUBLASLT_INCLUDE_DIR CUDNN_INCLUDE_DIR)
  if(${folder})
    target_include_directories(tinygrad_cuda_headers SYSTEM INTERFACE ${${folder}})
  endif()
endforeach()
if(CUDNN_INCLUDE_DIR)
  target_compile_definitions(tinygrad_cuda_headers
    INTERFACE TINYGRAD_HAVE_CUDNN=1 CUDNN_WARN_DEPRECATED)
endif()
