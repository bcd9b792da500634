# Tests of training/: the Python package, and what it exports in the real programs.
add_executable(log_probs "${PROJECT_SOURCE_DIR}/tests/support/log_probs_main.cc")
set_target_properties(log_probs PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
target_link_libraries(log_probs PRIVATE oido::feature_tool oido::model)

# Not with sanitizers: the programs have tests of their own there, and PyTorch takes its time.
if(NOT OIDO_SANITIZE)
  set(run_training "${PROJECT_SOURCE_DIR}/training/tests/run")
  add_test(NAME training COMMAND "${run_training}" --build "${PROJECT_BINARY_DIR}"
    --ignore tests/test_amx_lstm.py tests)
  # The layer is built here on first use.
  add_test(NAME training_amx COMMAND "${run_training}" tests/test_amx_lstm.py)
  set_tests_properties(training training_amx PROPERTIES LABELS training TIMEOUT 1800)
  set_tests_properties(training_amx PROPERTIES SKIP_REGULAR_EXPRESSION "this processor has no AMX-BF16")
  set_tests_properties(training PROPERTIES DEPENDS training_amx)
endif()
