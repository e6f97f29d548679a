# SPDX-License-Identifier: Apache-2.0
#
# cmake --install: library in both forms, headers, program, find_package(penstock), penstock.pc.

include(CMakePackageConfigHelpers)

set(penstock_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/penstock")

install(TARGETS penstock penstock_headers EXPORT penstock-targets
  ARCHIVE COMPONENT penstock_development
  LIBRARY COMPONENT penstock_runtime NAMELINK_COMPONENT penstock_development
  FILE_SET HEADERS COMPONENT penstock_development)
install(TARGETS penstock_static EXPORT penstock-static-targets
  ARCHIVE COMPONENT penstock_development)
install(EXPORT penstock-targets NAMESPACE penstock::
  DESTINATION "${penstock_cmake_dir}" COMPONENT penstock_development)
# The static form needs the private libraries too. It has a file of its own, so that a user of the
# shared form needs fmt alone.
install(EXPORT penstock-static-targets NAMESPACE penstock::
  DESTINATION "${penstock_cmake_dir}" COMPONENT penstock_development)

configure_package_config_file(cmake/penstock-config.cmake.in
  "${CMAKE_CURRENT_BINARY_DIR}/penstock-config.cmake"
  INSTALL_DESTINATION "${penstock_cmake_dir}")
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/penstock-config-version.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${CMAKE_CURRENT_BINARY_DIR}/penstock-config.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/penstock-config-version.cmake"
  DESTINATION "${penstock_cmake_dir}" COMPONENT penstock_development)

# The prefix is found from the place of the .pc file, so the installed tree may be moved.
file(RELATIVE_PATH penstock_pc_prefix
  "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
configure_file(cmake/penstock.pc.in penstock.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/penstock.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT penstock_development)

install(FILES cmake/penstock_add_plugin.cmake cmake/penstock_note.cpp.in
  DESTINATION "${penstock_cmake_dir}" COMPONENT penstock_development)

if(TARGET penstock_program)
  install(TARGETS penstock_program RUNTIME COMPONENT penstock_runtime)
  install(TARGETS penstock_plugin_host RUNTIME
    DESTINATION "${CMAKE_INSTALL_LIBEXECDIR}/penstock" COMPONENT penstock_runtime)
  if(TARGET penstock_kit_faults)
    install(TARGETS penstock_kit_faults LIBRARY
      DESTINATION "${CMAKE_INSTALL_LIBEXECDIR}/penstock" COMPONENT penstock_runtime)
  endif()
endif()
install(FILES docs/man/penstock.1
  DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT penstock_runtime OPTIONAL)
install(FILES completions/penstock.bash RENAME penstock
  DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions"
  COMPONENT penstock_runtime OPTIONAL)
install(FILES LICENSE
  DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT penstock_runtime)
