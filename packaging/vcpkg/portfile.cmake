# SPDX-License-Identifier: MIT
# A port of vcpkg: copy this folder to ports/tinygrad-cpp of a registry, or name the folder above it
# with --overlay-ports. TINYGRAD_SOURCE is the folder or archive of the sources.
if(NOT DEFINED ENV{TINYGRAD_SOURCE})
  message(FATAL_ERROR "TINYGRAD_SOURCE must name the folder of tinygrad's sources")
endif()
file(REAL_PATH "$ENV{TINYGRAD_SOURCE}" SOURCE_PATH)

vcpkg_check_features(OUT_FEATURE_OPTIONS features
  FEATURES opencl TINYGRAD_OPENCL linalg TINYGRAD_EIGEN
  INVERTED_FEATURES images CMAKE_DISABLE_FIND_PACKAGE_PNG images CMAKE_DISABLE_FIND_PACKAGE_JPEG
                    hub CMAKE_DISABLE_FIND_PACKAGE_CURL)
vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS ${features} -DTINYGRAD_CUDA=OFF -DTINYGRAD_BLAS=OFF -DTINYGRAD_MPI=OFF
          -DTINYGRAD_BUILD_TESTS=OFF -DTINYGRAD_BUILD_EXAMPLES=OFF -DTINYGRAD_BUILD_BENCH=OFF
          -DTINYGRAD_BUILD_TOOLS=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(PACKAGE_NAME tinygrad CONFIG_PATH lib/cmake/tinygrad)
vcpkg_fixup_pkgconfig()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
