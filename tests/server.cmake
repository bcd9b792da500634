# Tests of server/.
add_library(oido_session_harness STATIC "${PROJECT_SOURCE_DIR}/tests/support/session_harness.cc")
target_link_libraries(oido_session_harness PUBLIC oido_test_bundle oido::server)

oido_test(inbox_test unit oido::server)
oido_test(outbox_test unit oido::server)
oido_test(session_phase_test unit oido::server)
oido_test(server_config_test unit oido_test_bundle oido::server)
oido_test(server_log_test unit oido::server nlohmann_json::nlohmann_json)
oido_test(grpc_status_test unit oido::server)
oido_test(requests_test unit oido_session_harness)
oido_test(model_set_test unit oido_session_harness)
oido_test(session_registry_test unit oido_session_harness)
oido_test(stream_admission_test unit oido::server)

oido_test(session_test session oido_session_harness)
oido_test(speech_rules_session_test session oido_session_harness)
oido_test(session_limits_test session oido_session_harness)
oido_test(session_end_test session oido_session_harness)
oido_test(scheduler_test session oido_session_harness)
oido_test(admission_test session oido_session_harness)
oido_test(stream_invariance_test session oido_session_harness)
oido_test(offline_session_test session oido_session_harness)

add_library(oido_service_harness STATIC "${PROJECT_SOURCE_DIR}/tests/support/service_harness.cc")
target_link_libraries(oido_service_harness PUBLIC oido_session_harness)

add_library(oido_stream_memory STATIC "${PROJECT_SOURCE_DIR}/tests/support/stream_memory.cc")
target_link_libraries(oido_stream_memory PUBLIC oido_service_harness)
oido_test(stream_memory_test integration oido_stream_memory)

oido_test(service_test integration oido_service_harness)
add_library(oido_certificate_maker STATIC "${PROJECT_SOURCE_DIR}/tests/support/certificate_maker.cc")
target_link_libraries(oido_certificate_maker PUBLIC oido_flags OpenSSL::Crypto)
oido_test(metrics_test integration oido_service_harness)
oido_test(security_test integration oido_service_harness oido_certificate_maker oido::client)
oido_test(offline_service_test integration oido_service_harness)
oido_test(bad_input_test integration oido_service_harness)
oido_test(server_binary_test integration oido_service_harness)
target_compile_definitions(server_binary_test PRIVATE
  OIDO_SERVER_BINARY="$<TARGET_FILE:oido-server>"
  OIDO_MODELS_DIR="${PROJECT_BINARY_DIR}/share/oido/models")
add_dependencies(server_binary_test oido-server)
oido_test(endpoint_equality_test integration oido::server)
target_compile_definitions(endpoint_equality_test PRIVATE
  OIDO_MODELS_DIR="${PROJECT_BINARY_DIR}/share/oido/models")
