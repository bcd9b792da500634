# Tests of client/load/.
oido_test(load_parts_test unit oido::load)
oido_test(word_times_test unit oido::load)
oido_test(load_run_test unit oido::load)
oido_test(grpc_transport_test unit oido::load)
set_tests_properties(grpc_transport_test PROPERTIES
  ENVIRONMENT "TSAN_OPTIONS=suppressions=tests/tsan.supp")
oido_test(latency_histogram_test property oido::load)
oido_test(load_test integration oido_service_harness oido::load)
target_compile_definitions(load_test PRIVATE
  OIDO_LOAD_BINARY="$<TARGET_FILE:oido-load>")
add_dependencies(load_test oido-load)
