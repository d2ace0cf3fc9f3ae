# SPDX-License-Identifier: MIT
# Installs the headers, the library, and what find_package(tinygrad) and pkg-config read.
include(CMakePackageConfigHelpers)

install(TARGETS tinygrad EXPORT tinygradTargets)
install(DIRECTORY include/tinygrad DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        FILES_MATCHING PATTERN "*.h" PATTERN "*.def")
if(TINYGRAD_BUILD_TOOLS)
  foreach(tool tinygrad-doctor tinygrad-inspect tinygrad-convert tinygrad-onnx tg-split)
    if(TARGET ${tool})
      install(TARGETS ${tool})
    endif()
  endforeach()
endif()
install(EXPORT tinygradTargets NAMESPACE tinygrad:: DESTINATION ${tinygrad_package_folder})

configure_package_config_file(cmake/tinygradConfig.cmake.in
  ${PROJECT_BINARY_DIR}/tinygradConfig.cmake INSTALL_DESTINATION ${tinygrad_package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/tinygradConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/tinygradConfig.cmake
        ${PROJECT_BINARY_DIR}/tinygradConfigVersion.cmake DESTINATION ${tinygrad_package_folder})
set(packages Threads ZLIB)
if(TINYGRAD_HAVE_BLAS)
  list(APPEND packages BLAS)
endif()
tinygrad_install_pc(tinygrad "" "${packages}")
