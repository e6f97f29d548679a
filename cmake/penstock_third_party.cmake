# SPDX-License-Identifier: Apache-2.0
#
# The libraries Penstock builds on. fmt is part of the public interface; each of the others belongs
# to one folder of src/ and shows in no public header.

find_package(Threads REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(ConcurrentQueue REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(CURL 7.87 REQUIRED)  # CURLOPT_QUICK_EXIT
find_package(OpenSSL 3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(simdjson REQUIRED)
find_package(Boost 1.74 REQUIRED)  # headers of Boost.DLL

# yaml-cpp names its target differently before and after 0.8.
if(TARGET yaml-cpp::yaml-cpp)
  set(PENSTOCK_YAML_CPP yaml-cpp::yaml-cpp)
else()
  set(PENSTOCK_YAML_CPP yaml-cpp)
endif()

if(PENSTOCK_BUILD_PROGRAM)
  find_package(CLI11 REQUIRED)
endif()
if(PENSTOCK_BUILD_TESTS)
  find_package(GTest REQUIRED)
  find_package(nlohmann_json 3 REQUIRED)
endif()
if(PENSTOCK_BUILD_BENCH)
  find_package(benchmark REQUIRED)
endif()
