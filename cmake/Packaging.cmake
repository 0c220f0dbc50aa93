# What `cmake --install` puts in place, and the Debian package made of it by `cpack`.
install(TARGETS attestd attestctl RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(TARGETS attestd-mount RUNTIME DESTINATION "${CMAKE_INSTALL_LIBEXECDIR}/attestd")
# The development broker gives secrets away to whoever passes its policy file: not for production,
# so only `cmake --install ... --component development` brings it.
if(TARGET attestd-dev-kbs)
  install(TARGETS attestd-dev-kbs RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}"
          COMPONENT development EXCLUDE_FROM_ALL)
endif()
foreach(_document README.md CHANGELOG.md SECURITY.md)
  if(EXISTS "${CMAKE_SOURCE_DIR}/${_document}")
    install(FILES "${CMAKE_SOURCE_DIR}/${_document}" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
  endif()
endforeach()
# What README.md and the manual pages refer to.
foreach(_document brokers drop-in errors platforms sandbox secure-mount systemd)
  install(FILES "${CMAKE_SOURCE_DIR}/docs/${_document}.md" DESTINATION "${CMAKE_INSTALL_DOCDIR}/docs")
endforeach()
# Opened by name at run time, where dpkg-shlibdeps does not see it. Brings the group tss.
set(_opened_by_name libtss2-tcti-device0)
# What the programs are made of.
if(ATTESTD_STATIC_DEPS)
  include(BuildTime)
  install(CODE "execute_process(COMMAND /usr/bin/python3 -B \"${CMAKE_SOURCE_DIR}/scripts/sbom.py\"
    --build \"${CMAKE_BINARY_DIR}\" --version \"${PROJECT_VERSION}\" --time ${ATTESTD_BUILD_TIME}
    --opened ${_opened_by_name} --output \"${CMAKE_BINARY_DIR}/attestd.cdx.json\"
    attestd attestctl attestd-mount COMMAND_ERROR_IS_FATAL ANY)")
  install(FILES "${CMAKE_BINARY_DIR}/attestd.cdx.json" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
endif()
# The name that Debian gives to the statement of the licence.
install(FILES "${CMAKE_SOURCE_DIR}/cmake/debian/copyright" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
# install_compressed(FILE FOLDER): as NAME.gz, the way Debian wants its manual pages and changelog.
find_program(GZIP gzip REQUIRED)
function(install_compressed file folder)
  get_filename_component(_name "${file}" NAME)
  execute_process(COMMAND ${GZIP} -9nc "${file}"
                  OUTPUT_FILE "${CMAKE_BINARY_DIR}/${_name}.gz" COMMAND_ERROR_IS_FATAL ANY)
  install(FILES "${CMAKE_BINARY_DIR}/${_name}.gz" DESTINATION "${folder}")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
endfunction()
install_compressed("${CMAKE_SOURCE_DIR}/cmake/debian/changelog" "${CMAKE_INSTALL_DOCDIR}")
install_compressed("${CMAKE_SOURCE_DIR}/docs/attestctl.1" "${CMAKE_INSTALL_MANDIR}/man1")
install_compressed("${CMAKE_SOURCE_DIR}/docs/attestd.8" "${CMAKE_INSTALL_MANDIR}/man8")

# Installing and packing take what is built; they do not build the tests first.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME attestd)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_CONTACT "attestd developers <attestd@packages.invalid>"
    CACHE STRING "Maintainer of the package")
set(CPACK_PACKAGE_DIRECTORY "${CMAKE_BINARY_DIR}/packages")
# /etc/attestd is an absolute destination, which cpack stages by DESTDIR only.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX "${CMAKE_INSTALL_PREFIX}")
# attestd_program strips release builds; the package leaves them as they are.
set(CPACK_STRIP_FILES OFF)

set(_debian "${CMAKE_SOURCE_DIR}/cmake/debian")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION admin)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "attestation agent for confidential VMs")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
    "attestd proves to a key broker what the confidential VM is that it runs in,
 and hands over the secrets which the broker then releases. Workloads ask it
 over a unix socket; attestctl asks it from the command line.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "${_opened_by_name}")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "systemd | systemd-sysusers")
# For secure mounts.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cryptsetup-bin, e2fsprogs, xfsprogs")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    "${_debian}/postinst;${_debian}/prerm;${_debian}/postrm;${_debian}/conffiles")

include(CPack)
