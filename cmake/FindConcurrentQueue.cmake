# SPDX-License-Identifier: Apache-2.0
#
# Finds moodycamel's header-only queue: concurrentqueue::concurrentqueue.
#
# Debian installs <concurrentqueue/concurrentqueue.h>, upstream <moodycamel/concurrentqueue.h>, and
# upstream's own package adds <concurrentqueue/moodycamel/concurrentqueue.h>. The target puts
# the header's own folder on the include path, so that all of them read <concurrentqueue.h>; a source
# that prefers a spelled folder may use __has_include.

find_path(ConcurrentQueue_INCLUDE_DIR concurrentqueue.h
  PATH_SUFFIXES concurrentqueue moodycamel concurrentqueue/moodycamel)
mark_as_advanced(ConcurrentQueue_INCLUDE_DIR)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(ConcurrentQueue REQUIRED_VARS ConcurrentQueue_INCLUDE_DIR)

if(ConcurrentQueue_FOUND AND NOT TARGET concurrentqueue::concurrentqueue)
  add_library(concurrentqueue::concurrentqueue INTERFACE IMPORTED)
  set_target_properties(concurrentqueue::concurrentqueue PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${ConcurrentQueue_INCLUDE_DIR}")
endif()
