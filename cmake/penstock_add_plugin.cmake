# SPDX-License-Identifier: Apache-2.0
#
#   penstock_add_plugin(<name> SOURCES <file> ... [MANIFEST <file>] [LINKS <target> ...])
#
# Makes <name>.penstock.so, a plugin: C++20, nothing visible but its entry function, its manifest
# (manifest.json when MANIFEST is not given) in an ELF note, all symbols bound when it is loaded. The
# plugin's id and version come from the manifest. LINKS are its own libraries, which the manifest has
# to name in requires.needed; it links none of Penstock's.
#
# After linking, `penstock plugin inspect` says whether Penstock would take the file; if it would
# not, the build fails.
#
#   penstock_test_plugin(<name>)
#
# Adds the test <name>.conformance: `penstock plugin test`, when that program is there and has it.

include_guard(GLOBAL)

function(penstock_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "MANIFEST" "SOURCES;LINKS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "penstock_add_plugin(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_SOURCES)
    message(FATAL_ERROR "penstock_add_plugin(${name}): SOURCES is missing")
  endif()
  if(NOT arg_MANIFEST)
    set(arg_MANIFEST manifest.json)
  endif()
  cmake_path(ABSOLUTE_PATH arg_MANIFEST NORMALIZE OUTPUT_VARIABLE manifest)
  if(NOT EXISTS "${manifest}")
    message(FATAL_ERROR "penstock_add_plugin(${name}): there is no manifest ${manifest}")
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${manifest}")
  file(READ "${manifest}" text)
  foreach(key id version)
    string(JSON ${key} ERROR_VARIABLE problem GET "${text}" ${key})
    if(problem)
      message(FATAL_ERROR "${manifest}: '${key}': ${problem}")
    endif()
  endforeach()

  set(note "${CMAKE_CURRENT_BINARY_DIR}/${name}.note.cpp")
  set(script "${CMAKE_CURRENT_BINARY_DIR}/${name}.version")
  configure_file("${CMAKE_CURRENT_FUNCTION_LIST_DIR}/penstock_note.cpp.in" "${note}" @ONLY)
  file(CONFIGURE OUTPUT "${script}" CONTENT
    "{ global: penstock_plugin_entry_v1; local: *; };\n" @ONLY)
  set_source_files_properties("${note}" PROPERTIES
    OBJECT_DEPENDS "${manifest}" COMPILE_OPTIONS "-fno-lto")

  add_library(${name} MODULE ${arg_SOURCES} "${note}")
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".penstock.so"
    CXX_STANDARD 20 CXX_STANDARD_REQUIRED ON CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden C_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "" LINK_DEPENDS "${script}")
  target_compile_definitions(${name} PRIVATE
    PENSTOCK_PLUGIN "PENSTOCK_PLUGIN_ID=\"${id}\"" "PENSTOCK_PLUGIN_VERSION=\"${version}\"")
  target_include_directories(${name} SYSTEM PRIVATE
    $<TARGET_PROPERTY:penstock::headers,INTERFACE_INCLUDE_DIRECTORIES>)
  target_link_libraries(${name} PRIVATE ${arg_LINKS})
  target_link_options(${name} PRIVATE
    "LINKER:--version-script=${script}" LINKER:--as-needed
    LINKER:-z,noexecstack LINKER:-z,relro LINKER:-z,now LINKER:-z,text)
  if(NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize" AND NOT PENSTOCK_SANITIZE)
    target_link_options(${name} PRIVATE LINKER:--no-undefined)
  endif()

  if(TARGET penstock_program)
    set(program "$<TARGET_FILE:penstock_program>")
    add_dependencies(${name} penstock_program)
  else()
    _penstock_find_program()
    set(program "${PENSTOCK_PROGRAM}")
  endif()
  if(program)
    add_custom_command(TARGET ${name} POST_BUILD VERBATIM
      COMMAND "${program}" plugin inspect --check "$<TARGET_FILE:${name}>")
  else()
    message(STATUS "penstock_add_plugin(${name}): the program penstock is not there: not checked")
  endif()
endfunction()

# The installed program, in PENSTOCK_PROGRAM: the one of this package, if it is there.
macro(_penstock_find_program)
  find_program(PENSTOCK_PROGRAM penstock HINTS
    "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../../bin" "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/../../../../bin")
endmacro()

function(penstock_test_plugin name)
  _penstock_find_program()
  set(said "unknown command")
  if(PENSTOCK_PROGRAM)
    execute_process(COMMAND "${PENSTOCK_PROGRAM}" plugin test
      RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
  endif()
  if(said MATCHES "unknown command")
    message(STATUS "penstock_test_plugin(${name}): there is no 'penstock plugin test': not tested by it")
    return()
  endif()
  add_test(NAME ${name}.conformance COMMAND "${PENSTOCK_PROGRAM}" plugin test "$<TARGET_FILE:${name}>")
endfunction()
