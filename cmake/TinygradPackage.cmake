# SPDX-License-Identifier: MIT
# Makes packages: `cpack` in the build folder makes libtinygrad-dev_*.deb, with headers, static
# libraries, programs, and what find_package and pkg-config read. scripts/platforms.sh deb builds
# and tries it.
if(NOT PROJECT_IS_TOP_LEVEL)
  return()
endif()
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME libtinygrad-dev)
set(CPACK_PACKAGE_CONTACT "The tinygrad for C++ authors <tinygrad-cpp@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "tensor library with automatic differentiation in C++")
set(CPACK_PACKAGE_DESCRIPTION
    "Tensors of eleven element types, differentiable operations with derivatives of\n"
    "any order, modules, optimizers, data loaders and files for C++20, on the CPU\n"
    "and on OpenCL devices. The package contains headers, static libraries and the\n"
    "programs tinygrad-doctor, tinygrad-inspect, tinygrad-convert and tinygrad-onnx.")
list(JOIN CPACK_PACKAGE_DESCRIPTION "" CPACK_PACKAGE_DESCRIPTION)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ
    GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "zlib1g-dev, libfmt-dev")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "g++ (>= 4:11), cmake (>= 3.25)")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "ocl-icd-libopencl1, pocl-opencl-icd")
foreach(pair PNG:libpng-dev JPEG:libjpeg-dev CURL:libcurl4-openssl-dev MPI:libopenmpi-dev
        SNDFILE:libsndfile1-dev)
  string(REGEX MATCH "^([A-Z]+):(.*)$" found ${pair})
  if(TINYGRAD_HAVE_${CMAKE_MATCH_1})
    string(APPEND CPACK_DEBIAN_PACKAGE_DEPENDS ", ${CMAKE_MATCH_2}")
  endif()
endforeach()
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(documents ${PROJECT_BINARY_DIR}/debian)
configure_file(LICENSE ${documents}/copyright COPYONLY)
file(ARCHIVE_CREATE OUTPUT ${documents}/changelog.Debian.gz FORMAT raw COMPRESSION GZip
     PATHS ${PROJECT_SOURCE_DIR}/packaging/debian/changelog)
set(CPACK_INSTALLED_DIRECTORIES ${documents} share/doc/${CPACK_PACKAGE_NAME})
include(CPack)
