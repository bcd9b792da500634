# The Debian package: programs, models, systemd unit and configuration; `cpack -G DEB`.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME oido)
set(CPACK_PACKAGE_CONTACT "The oido authors <oido@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL server client tools models libraries system)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"A gRPC server that turns speech into text while it is being spoken, on CPUs;
a command line for files and the microphone, a load tester and English models.")
set(CPACK_DEBIAN_PACKAGE_SECTION sound)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(package "${PROJECT_SOURCE_DIR}/deploy/debian")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  "${package}/postinst" "${package}/prerm" "${package}/postrm" "${package}/conffiles")

# oneDNN that is no package of this release travels along, for our programs alone.
get_target_property(_dnnl_library DNNL::dnnl IMPORTED_LOCATION_RELEASE)
if(NOT dnnl_DIR MATCHES "^/usr/")
  get_target_property(_dnnl_soname DNNL::dnnl IMPORTED_SONAME_RELEASE)
  install(FILES "${_dnnl_library}" RENAME "${_dnnl_soname}"
    DESTINATION lib/oido COMPONENT libraries)
  get_filename_component(_dnnl_directory "${_dnnl_library}" DIRECTORY)
  set_target_properties(oido-server oido-build-decoder PROPERTIES
    INSTALL_RPATH "$ORIGIN/../lib/oido")
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${_dnnl_directory}")
endif()

# Left out of a plain `cmake --install`, whose prefix they do not follow.
install(FILES deploy/systemd/oido-server.service
  DESTINATION lib/systemd/system COMPONENT system EXCLUDE_FROM_ALL)
install(FILES deploy/debian/server.textproto
  DESTINATION /etc/oido COMPONENT system EXCLUDE_FROM_ALL)
install(FILES deploy/debian/copyright README.md CHANGELOG.md docs/operations.md docs/api.md
  DESTINATION share/doc/oido COMPONENT system EXCLUDE_FROM_ALL)
include(CPack)
