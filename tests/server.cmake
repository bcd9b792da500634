# Tests of server/.
add_library(oido_session_harness STATIC "${PROJECT_SOURCE_DIR}/tests/support/session_harness.cc")
target_link_libraries(oido_session_harness PUBLIC oido_test_bundle oido::server)

oido_test(inbox_test unit oido::server)
oido_test(outbox_test unit oido::server)
oido_test(session_phase_test unit oido::server)
oido_test(server_config_test unit oido_test_bundle oido::server)
oido_test(server_log_test unit oido::server)
oido_test(grpc_status_test unit oido::server)
oido_test(requests_test unit oido_session_harness)
oido_test(session_registry_test unit oido_session_harness)

oido_test(session_test session oido_session_harness)
oido_test(scheduler_test session oido_session_harness)
oido_test(stream_invariance_test session oido_session_harness)
