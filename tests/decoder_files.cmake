# Tests of the lexicon, the language model, and what makes them.
add_library(oido_test_decoder_files STATIC "${PROJECT_SOURCE_DIR}/tests/support/decoder_files.cc")
target_link_libraries(oido_test_decoder_files
  PUBLIC oido_test_bundle oido::decoder_tool
  PRIVATE GTest::gtest)

oido_test(arpa_test unit oido::decoder_tool)
oido_test(codebook_test unit oido::decoder_tool)
oido_test(lexicon_test unit oido_test_decoder_files)
oido_test(decoder_resources_test unit oido_test_decoder_files)
oido_test(language_model_golden_test golden oido_test_decoder_files)
oido_test(language_model_property_test property oido_test_decoder_files)
oido_test(decoder_files_mutation_test property oido_test_decoder_files)
