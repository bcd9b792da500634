# Tests of client/.
oido_test(audio_source_test unit oido::client)
oido_test(corpus_test unit oido::client)
oido_test(edit_distance_test unit oido::client)
oido_test(latency_recorder_test unit oido::client)
oido_test(manifest_test unit oido::client)
oido_test(sample_ring_test unit oido::client)
oido_test(streaming_client_test unit oido::client)
oido_test(transcribe_test unit oido::client)
oido_test(transcript_printer_test unit oido::client)
# Relative to the source directory, where tests run: TSAN_OPTIONS ends at a space.
set_tests_properties(corpus_test streaming_client_test transcribe_test PROPERTIES
  ENVIRONMENT "TSAN_OPTIONS=suppressions=tests/tsan.supp")
oido_test(wer_golden_test golden oido::client)

# The real programs on the shipped model and a recorded voice, from Python.
set(librivox "/usr/share/pocketsphinx/test/data/librivox")
set(run_python "${PROJECT_SOURCE_DIR}/tests/python/run")
add_test(NAME python_client COMMAND "${run_python}" client_test.py
  --server $<TARGET_FILE:oido-server>
  --wav "${librivox}/sense_and_sensibility_01_austen_64kb-0870.wav")
add_test(NAME python_cli COMMAND "${run_python}" cli_test.py
  --server $<TARGET_FILE:oido-server> --oido $<TARGET_FILE:oido>
  --oido-wer $<TARGET_FILE:oido-wer>
  --wav "${librivox}/sense_and_sensibility_01_austen_64kb-0930.wav")
add_test(NAME python_prometheus COMMAND "${run_python}" prometheus_test.py
  $<TARGET_FILE:oido-server> $<TARGET_FILE:oido>
  "${librivox}/sense_and_sensibility_01_austen_64kb-0930.wav")
set_tests_properties(python_prometheus PROPERTIES LABELS integration TIMEOUT 120)
add_test(NAME python_stock_clients COMMAND "${run_python}" stock_clients_test.py
  --server $<TARGET_FILE:oido-server>
  --wav "${librivox}/sense_and_sensibility_01_austen_64kb-0870.wav")
set_tests_properties(python_client python_cli python_stock_clients PROPERTIES LABELS integration TIMEOUT 300)
