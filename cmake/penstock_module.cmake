# SPDX-License-Identifier: Apache-2.0
#
# One folder = one target. These functions are all that the CMakeLists.txt of the folders use.
#
#   penstock_module(<name> [SOURCES ...] [LINKS penstock::<module> ...] [PRIVATE <third party> ...])
#   penstock_test  (<name> [SOURCES ...] LABELS unit|model|stress|integration [LINKS ...] [TIMEOUT s]
#                   [ONE_THREAD] [ONE_THREAD_BUT <file> ...] [FROM_OUTSIDE])
#   penstock_bench (<name> [SOURCES ...] [LINKS ...])
#   penstock_fuzz  (<name> SOURCES ...)
#
# A folder that gives no SOURCES takes every .cpp file in it.

function(penstock_sources result pattern)
  file(GLOB found CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" "${pattern}")
  set(${result} "${found}" PARENT_SCOPE)
endfunction()

# What nearly every source reads, read once. ccache, which knows the results, is faster still; builds that
# have it show also that each source includes what it needs.
file(WRITE "${PROJECT_BINARY_DIR}/precompiled.cpp" "int main() {}\n")
if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  add_library(penstock_precompiled OBJECT "${PROJECT_BINARY_DIR}/precompiled.cpp")
  target_link_libraries(penstock_precompiled PRIVATE fmt::fmt)
  target_precompile_headers(penstock_precompiled PRIVATE
    <algorithm> <chrono> <cstdint> <deque> <functional> <map> <memory> <mutex> <optional> <span>
    <string> <string_view> <thread> <utility> <vector> <fmt/format.h>)
endif()

# A program whose headers all tests with these compiler options share; its name in ${result}.
function(penstock_precompiled_for_tests result)
  string(MD5 id "${ARGN}")
  string(SUBSTRING "penstock_precompiled_${id}" 0 29 target)
  if(NOT TARGET ${target})
    add_executable(${target} "${PROJECT_BINARY_DIR}/precompiled.cpp")
    target_compile_options(${target} PRIVATE ${ARGN})
    target_link_libraries(${target} PRIVATE penstock::headers GTest::gmock)
    target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/include")
    target_precompile_headers(${target} PRIVATE
      <gmock/gmock.h> <gtest/gtest.h> <chrono> <functional> <future> <map> <memory> <string>
      <thread> <vector> "${PROJECT_SOURCE_DIR}/include/penstock/penstock.hpp")
  endif()
  set(${result} ${target} PARENT_SCOPE)
endfunction()

# An object library penstock_<name> (alias penstock::<name>), which goes into the library's both forms.
function(penstock_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS;PRIVATE")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "penstock_module(${name}): unknown arguments: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_SOURCES)
    penstock_sources(arg_SOURCES "*.cpp")
  endif()

  set(target penstock_${name})
  if(arg_SOURCES)
    add_library(${target} OBJECT ${arg_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE ${arg_PRIVATE})
    if(TARGET penstock_precompiled)
      target_precompile_headers(${target} REUSE_FROM penstock_precompiled)
    endif()
  else()
    add_library(${target} INTERFACE)  # headers only
    set(scope INTERFACE)
  endif()
  add_library(penstock::${name} ALIAS ${target})
  target_include_directories(${target} ${scope} "${PROJECT_SOURCE_DIR}/src")
  target_link_libraries(${target} ${scope} penstock::headers ${arg_LINKS})
  if(arg_SOURCES AND NOT name STREQUAL "cli")
    set_property(GLOBAL APPEND PROPERTY PENSTOCK_LIBRARY_OBJECTS "$<TARGET_OBJECTS:${target}>")
  endif()
endfunction()

# Time limits in seconds, by label, before PENSTOCK_TEST_TIMEOUT_FACTOR.
set(PENSTOCK_TIMEOUT_unit 60)
set(PENSTOCK_TIMEOUT_model 120)
set(PENSTOCK_TIMEOUT_stress 240)
set(PENSTOCK_TIMEOUT_integration 120)

# A GoogleTest program test_<name>; each of its cases is one ctest test. ThreadSanitizer finds nothing in
# tests that start no thread: with it those that say ONE_THREAD are not built, and of those that say
# ONE_THREAD_BUT only these files are.
#
# The code of a test takes a third of its compiler's time for UndefinedBehaviorSanitizer, which is asked
# about the library. Tests that say FROM_OUTSIDE go without it. What of the library becomes code of its
# caller, the way of a call into a record, is in the tests of src/event and of stress.
function(penstock_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "ONE_THREAD;FROM_OUTSIDE" "TIMEOUT" "SOURCES;LABELS;LINKS;ONE_THREAD_BUT")
  if(NOT arg_SOURCES)
    penstock_sources(arg_SOURCES "*_test.cpp")
  endif()
  if(PENSTOCK_SANITIZE MATCHES "thread")
    if(arg_ONE_THREAD)
      return()
    endif()
    if(arg_ONE_THREAD_BUT)
      set(arg_SOURCES "${arg_ONE_THREAD_BUT}")
    endif()
  endif()
  if(NOT arg_SOURCES)
    return()
  endif()
  if(NOT arg_LABELS)
    message(FATAL_ERROR "penstock_test(${name}): LABELS is missing")
  endif()
  if(NOT arg_TIMEOUT)
    list(GET arg_LABELS 0 first_label)
    set(arg_TIMEOUT ${PENSTOCK_TIMEOUT_${first_label}})
  endif()
  math(EXPR timeout "${arg_TIMEOUT} * ${PENSTOCK_TEST_TIMEOUT_FACTOR}")

  set(target test_${name})
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target}
    PRIVATE penstock::internal penstock::test_support ${arg_LINKS} GTest::gmock GTest::gtest_main)
  # A test's own code need not be fast, and takes the compiler as long as all of the library. Stress
  # and model tests are loops.
  set(options "")
  if(arg_LABELS MATCHES "unit|integration")
    if(PENSTOCK_SANITIZE OR CMAKE_BUILD_TYPE STREQUAL "Release")
      list(APPEND options -O0)
    endif()
  endif()
  if(arg_FROM_OUTSIDE AND PENSTOCK_SANITIZE MATCHES "undefined")
    list(APPEND options -fno-sanitize=undefined)
  endif()
  target_compile_options(${target} PRIVATE ${options})
  # Eight sources at a time take a third of the time that each takes alone.
  if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
    penstock_precompiled_for_tests(precompiled ${options})
    target_precompile_headers(${target} REUSE_FROM ${precompiled})
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
  if(TARGET penstock_program)
    target_compile_definitions(${target}
      PRIVATE PENSTOCK_PROGRAM="$<TARGET_FILE:penstock_program>")
    add_dependencies(${target} penstock_program)
  endif()
  gtest_discover_tests(${target}
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${timeout})
endfunction()

# A Google Benchmark program bench_<name>.
function(penstock_bench name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  if(NOT arg_SOURCES)
    penstock_sources(arg_SOURCES "*.cpp")
  endif()
  if(NOT arg_SOURCES)
    return()
  endif()
  set(target bench_${name})
  add_executable(${target} ${arg_SOURCES})
  set_target_properties(${target} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bench")
  target_include_directories(${target} PRIVATE "${PROJECT_SOURCE_DIR}/bench")
  target_link_libraries(${target}
    PRIVATE penstock::internal ${arg_LINKS} benchmark::benchmark_main benchmark::benchmark)
  if(TARGET penstock_program)
    target_compile_definitions(${target}
      PRIVATE PENSTOCK_PROGRAM="$<TARGET_FILE:penstock_program>")
    add_dependencies(${target} penstock_program)
  endif()
endfunction()

# A harness with LLVMFuzzerTestOneInput(). With PENSTOCK_FUZZ it becomes the libFuzzer program
# fuzz_<name>; without, the test fuzz.<name>, which replays the corpus and mutates it for a while.
function(penstock_fuzz name)
  if(PENSTOCK_SANITIZE MATCHES "thread")
    return()  # they start no thread
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  set(corpus "${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name}")
  set(target fuzz_${name})
  if(PENSTOCK_FUZZ)
    add_executable(${target} ${arg_SOURCES})
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${target} ${arg_SOURCES} replay_main.cpp)
    math(EXPR timeout "${PENSTOCK_TIMEOUT_unit} * ${PENSTOCK_TEST_TIMEOUT_FACTOR}")
    add_test(NAME fuzz.${name} COMMAND ${target} "${corpus}")
    set_tests_properties(fuzz.${name} PROPERTIES LABELS unit TIMEOUT ${timeout})
  endif()
  target_link_libraries(${target} PRIVATE penstock::internal ${arg_LINKS})
endfunction()
