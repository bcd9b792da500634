# Tests of model/.
add_library(oido_test_bundle STATIC "${PROJECT_SOURCE_DIR}/tests/support/test_bundle.cc")
target_link_libraries(oido_test_bundle
  PUBLIC oido::model oido::config_proto
  PRIVATE nlohmann_json::nlohmann_json)

oido_test(tokens_test unit oido::model)
oido_test(tile_plan_test unit oido::model)
oido_test(safetensors_test unit oido_test_bundle)
oido_test(bundle_config_test unit oido_test_bundle)
oido_test(bundle_test unit oido_test_bundle)
oido_test(bundle_kinds_test unit oido_test_bundle)
oido_test(ctc_greedy_test unit oido::model)
oido_test(endpointer_test unit oido::model)
oido_test(speech_activity_test unit oido::model)
oido_test(acoustic_model_test unit oido_test_bundle)
oido_test(offline_model_test unit oido_test_bundle)
oido_test(acoustic_model_golden_test golden oido::model)
oido_test(int8_model_golden_test golden oido::model)
oido_test(offline_model_golden_test golden oido::model)
oido_test(ctc_greedy_property_test property oido::model)
oido_test(acoustic_model_property_test property oido_test_bundle Threads::Threads)
oido_test(window_buffer_test property oido_test_bundle)
if(NOT OIDO_SANITIZE)  # sanitizers count allocations themselves
  oido_test(step_allocation_test property oido_test_bundle DNNL::dnnl ${CMAKE_DL_LIBS})
endif()
find_package(OpenMP REQUIRED COMPONENTS CXX)
oido_test(int8_isa_test integration oido_test_bundle oido::feature_tool OpenMP::OpenMP_CXX)
target_compile_definitions(int8_isa_test PRIVATE
  OIDO_MODELS_DIR="${PROJECT_BINARY_DIR}/share/oido/models")
oido_test(bundle_mutation_test property oido_test_bundle)
