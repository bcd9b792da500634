# Tests of what operators deploy: the Debian package.
add_test(NAME deb_package COMMAND "${PROJECT_SOURCE_DIR}/tests/packages/deb_test" "${PROJECT_BINARY_DIR}")
set_tests_properties(deb_package PROPERTIES LABELS deploy TIMEOUT 240 SKIP_RETURN_CODE 77)
