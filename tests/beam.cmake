# Tests of the beam search and its decoder.
oido_test(beam_search_property_test property oido_test_decoder_files)
