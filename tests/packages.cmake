# Tests of what operators deploy: the Debian package, HAProxy before servers, the Helm chart.
add_test(NAME deb_package COMMAND "${PROJECT_SOURCE_DIR}/tests/packages/deb_test" "${PROJECT_BINARY_DIR}")
add_test(NAME scale_out COMMAND "${run_python}" scale_out_test.py
  --server $<TARGET_FILE:oido-server>
  --wav "${librivox}/sense_and_sensibility_01_austen_64kb-0870.wav")
add_test(NAME helm_chart COMMAND "${PROJECT_SOURCE_DIR}/tests/packages/run"
  --server $<TARGET_FILE:oido-server> --oido $<TARGET_FILE:oido>)
set_tests_properties(deb_package scale_out helm_chart PROPERTIES LABELS deploy TIMEOUT 240 SKIP_RETURN_CODE 77)
