# SPDX-License-Identifier: MIT
# Defines components: libraries beside the core library (tensors, ops, modules, optimizers, data)
# that use it as any program does, only through its public headers. A component NAME is
#   src/NAME/*.cpp, include/tinygrad/NAME/*.h, and the target tinygrad::NAME,
# found by find_package(tinygrad COMPONENTS NAME). Its sources see the core's public headers, their
# own folder and src/shared/ (headers that several components use), so that an #include of src/core
# fails (tests/components).
include(GNUInstallDirs)
set(tinygrad_package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/tinygrad)

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
    DEFINE_SYMBOL "" CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON)
  install(TARGETS ${target} EXPORT tinygrad-${name}Targets)
  install(EXPORT tinygrad-${name}Targets NAMESPACE tinygrad::
          DESTINATION ${tinygrad_package_folder})
  list(TRANSFORM own_PACKAGES REPLACE "(.+)" "find_dependency(\\1)" OUTPUT_VARIABLE lines)
  foreach(part IN LISTS own_COMPONENTS ITEMS ${name}Targets)
    list(APPEND lines "include(\"\${CMAKE_CURRENT_LIST_DIR}/tinygrad-${part}.cmake\")")
  endforeach()
  list(JOIN lines "\n" content)
  file(WRITE ${PROJECT_BINARY_DIR}/tinygrad-${name}.cmake "${content}\n")
  install(FILES ${PROJECT_BINARY_DIR}/tinygrad-${name}.cmake
          DESTINATION ${tinygrad_package_folder})
endfunction()
