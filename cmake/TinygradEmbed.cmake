# SPDX-License-Identifier: MIT
# Puts files into a library as text. HEADER declares, in NAMESPACE, a struct Source of a name and a
# text, and the function sources(), which returns all files; the last name is null.

# tinygrad_embed(TARGET NAMESPACE HEADER files...): the library TARGET gets the definition.
function(tinygrad_embed target namespace header)
  string(MAKE_C_IDENTIFIER ${target}_${header} name)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/generated/${name}.cpp)
  set(script ${PROJECT_SOURCE_DIR}/cmake/TinygradEmbed.cmake)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DNAMESPACE=${namespace} -DHEADER=${header}
            "-DSOURCES=${ARGN}" -P ${script}
    DEPENDS ${ARGN} ${script} VERBATIM)
  # The command belongs to this folder and the library may belong to another, so a target connects
  # them.
  add_custom_target(${name} DEPENDS ${output})
  add_dependencies(${target} ${name})
  target_sources(${target} PRIVATE ${output})
endfunction()

if(CMAKE_SCRIPT_MODE_FILE)
  set(rows "")
  foreach(source ${SOURCES})
    cmake_path(GET source FILENAME name)
    file(READ ${source} content)
    string(APPEND rows "    {\"${name}\", R\"--(${content})--\"},\n")
  endforeach()
  file(WRITE ${OUTPUT} "#include \"${HEADER}\"

namespace ${NAMESPACE} {

const Source* sources() {
  static const Source all[] = {
${rows}    {nullptr, nullptr},
  };
  return all;
}

}  // namespace ${NAMESPACE}
")
endif()
