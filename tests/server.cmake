# Tests of server/.
add_library(oido_session_harness STATIC "${PROJECT_SOURCE_DIR}/tests/support/session_harness.cc")
target_link_libraries(oido_session_harness PUBLIC oido_test_bundle oido::server)

oido_test(stream_invariance_test session oido_session_harness)
oido_test(session_test session oido_session_harness)
