# Tests of the beam search and its decoder.
oido_test(beam_decoder_test unit oido_test_decoder_files)
oido_test(beam_search_property_test property oido_test_decoder_files)
oido_test(letter_search_property_test property oido_test_decoder_files)
oido_test(beam_decoder_property_test property oido_test_decoder_files)
target_sources(beam_decoder_property_test PRIVATE
  "${PROJECT_SOURCE_DIR}/tests/support/allocation_count.cc")
oido_test(hot_words_test unit oido_test_decoder_files)
oido_test(hot_phrases_property_test property oido::model)
oido_test(decoding_test unit oido_test_decoder_files oido::server)
oido_test(word_search_session_test session oido_session_harness oido_test_decoder_files)
