# Tests of the whole: recorded speech, the documents' commands, the layout rules.
oido_test(real_speech_test integration oido::server oido::client oido_encoded_audio)
target_compile_definitions(real_speech_test PRIVATE
  OIDO_MODELS_DIR="${PROJECT_BINARY_DIR}/share/oido/models")

find_package(Python3 REQUIRED COMPONENTS Interpreter)
add_test(NAME layout COMMAND Python3::Interpreter tests/tools/layout_test.py
  WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
set_tests_properties(layout PROPERTIES LABELS unit)

add_test(NAME docs_commands
  COMMAND Python3::Interpreter tests/tools/run_docs_commands.py "${PROJECT_BINARY_DIR}"
          README.md docs/operations.md docs/load_testing.md
  WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
set_tests_properties(docs_commands PROPERTIES LABELS integration TIMEOUT 300 RUN_SERIAL ON)
