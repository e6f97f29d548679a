# SPDX-License-Identifier: Apache-2.0
#
# What holds for every target of this build: language level, visibility, warnings, sanitizers.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES AND PROJECT_IS_TOP_LEVEL)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(PENSTOCK_CCACHE ccache)
  if(PENSTOCK_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER "${PENSTOCK_CCACHE}")
  endif()
endif()

# Both compilers must accept the tree without a warning.
add_compile_options(
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wconversion
  $<$<BOOL:${PENSTOCK_WERROR}>:-Werror>)

# The library does not let a program replace its own functions, so the compiler may inline them.
add_compile_options(-fno-semantic-interposition)

if(PENSTOCK_DEBUG_ASSERTS)
  add_compile_definitions(PENSTOCK_DEBUG_ASSERTS=1)
endif()

if(PENSTOCK_SANITIZE)
  list(JOIN PENSTOCK_SANITIZE "," penstock_sanitize_list)
  add_compile_options(
    -fsanitize=${penstock_sanitize_list} -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g1)
  add_link_options(-fsanitize=${penstock_sanitize_list})
endif()
if(PENSTOCK_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "PENSTOCK_FUZZ needs Clang; this is ${CMAKE_CXX_COMPILER_ID}")
  endif()
  # Coverage for every object; the fuzzer's main() is linked by the harnesses alone.
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()
