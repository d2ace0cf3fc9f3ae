# SPDX-License-Identifier: MIT
# Defines components: libraries beside the core library (tensors, ops, modules, optimizers, data)
# that use it as any program does, only through its public headers. A component NAME is
#   src/NAME/*.cpp, include/tinygrad/NAME/*.h, and the target tinygrad::NAME,
# found by find_package(tinygrad COMPONENTS NAME). Its sources see the core's public headers, their
# own folder and src/shared/ (headers that several components use), so that an #include of src/core
# fails (tests/components).
include(GNUInstallDirs)
set(tinygrad_package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/tinygrad)

# tinygrad_install_pc(LIBRARY REQUIRED PACKAGES): LIBRARY.pc for pkg-config. REQUIRED are files of
# that kind, PACKAGES those that CMake finds. A program links them only if the library is static.
set(tinygrad_pc_fmt fmt)
set(tinygrad_pc_ZLIB zlib)
set(tinygrad_pc_PNG libpng)
set(tinygrad_pc_JPEG libjpeg)
set(tinygrad_pc_CURL libcurl)
set(tinygrad_pc_MPI ompi-cxx)
set(tinygrad_pc_BLAS openblas)
function(tinygrad_install_pc library required packages)
  set(flags "")
  foreach(package IN LISTS packages)
    if(package STREQUAL "Threads")
      set(flags " -pthread ${CMAKE_DL_LIBS}")
    elseif(NOT BUILD_SHARED_LIBS)
      list(APPEND required ${tinygrad_pc_${package}})
    endif()
  endforeach()
  list(REMOVE_ITEM required "")
  list(JOIN required ", " required)
  string(REPLACE " dl" " -ldl" flags "${flags}")
  file(RELATIVE_PATH prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)  # from the file's folder
  file(WRITE ${PROJECT_BINARY_DIR}/${library}.pc "prefix=\${pcfiledir}/${prefix}
libdir=\${prefix}/${CMAKE_INSTALL_LIBDIR}
includedir=\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}

Name: ${library}
Description: tinygrad for C++, tensors with automatic differentiation
Version: ${PROJECT_VERSION}
Requires: ${required}
Cflags: -I\${includedir}
Libs: -L\${libdir} -l${library}${flags}
")
  install(FILES ${PROJECT_BINARY_DIR}/${library}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

# tinygrad_add_component(NAME [COMPONENTS names...] [LIBRARIES targets...] [PACKAGES names...]
#                        [FOLDER folder] [FORMAT])
# COMPONENTS are those whose headers this one includes; LIBRARIES are linked privately beside
# tinygrad::tinygrad; PACKAGES are those that a program that links the static component must find
# (find_dependency). FOLDER is the folder of the sources, if it
# is not src/NAME. FORMAT: the component registers a format of files for tg::load()
# (src/shared/register_format.h). A linker leaves out a library, or the parts of a static one, from
# which nothing is called, and with them the registration; programs are linked so that it stays.
function(tinygrad_add_component name)
  cmake_parse_arguments(PARSE_ARGV 1 own "FORMAT" "FOLDER"
                        "COMPONENTS;LIBRARIES;PACKAGES")
  if(NOT own_FOLDER)
    set(own_FOLDER ${PROJECT_SOURCE_DIR}/src/${name})
  endif()
  file(GLOB sources CONFIGURE_DEPENDS ${own_FOLDER}/*.cpp)
  set(target tinygrad_${name})
  add_library(${target} ${sources})
  add_library(tinygrad::${name} ALIAS ${target})
  target_include_directories(${target} PRIVATE ${own_FOLDER})
  list(TRANSFORM own_COMPONENTS PREPEND tinygrad:: OUTPUT_VARIABLE components)
  target_link_libraries(${target} PUBLIC tinygrad::tinygrad ${components}
                        PRIVATE $<BUILD_INTERFACE:tinygrad_flags> ${own_LIBRARIES})
  if(TARGET tinygrad)  # compiled as the core is, so that its precompiled headers fit
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/src/shared)
    target_compile_options(${target} PRIVATE -ffunction-sections)
    target_precompile_headers(${target} REUSE_FROM tinygrad)
  endif()
  if(own_FORMAT AND BUILD_SHARED_LIBS)
    target_link_options(${target} INTERFACE LINKER:--no-as-needed)
  elseif(own_FORMAT)
    target_link_options(${target} INTERFACE LINKER:-u,tinygrad_${name}_format)
  endif()
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name}
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
    DEFINE_SYMBOL "${tinygrad_define_symbol}" CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON)
  install(TARGETS ${target} EXPORT tinygrad-${name}Targets)
  install(EXPORT tinygrad-${name}Targets NAMESPACE tinygrad::
          DESTINATION ${tinygrad_package_folder})
  list(TRANSFORM own_COMPONENTS PREPEND tinygrad_ OUTPUT_VARIABLE others)
  tinygrad_install_pc(${target} "tinygrad;${others}" "${own_PACKAGES}")
  list(TRANSFORM own_PACKAGES REPLACE "(.+)" "find_dependency(\\1)" OUTPUT_VARIABLE lines)
  foreach(part IN LISTS own_COMPONENTS ITEMS ${name}Targets)
    list(APPEND lines "include(\"\${CMAKE_CURRENT_LIST_DIR}/tinygrad-${part}.cmake\")")
  endforeach()
  list(JOIN lines "\n" content)
  file(WRITE ${PROJECT_BINARY_DIR}/tinygrad-${name}.cmake "${content}\n")
  install(FILES ${PROJECT_BINARY_DIR}/tinygrad-${name}.cmake
          DESTINATION ${tinygrad_package_folder})
endfunction()
