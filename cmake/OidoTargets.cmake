# Flags shared by all targets, carried by one INTERFACE library.
add_library(oido_flags INTERFACE)
target_include_directories(oido_flags INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_options(oido_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Wold-style-cast
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>
  $<$<BOOL:${OIDO_WERROR}>:-Werror>)
if(OIDO_SANITIZE)
  target_compile_options(oido_flags INTERFACE
    -fsanitize=${OIDO_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(oido_flags INTERFACE -fsanitize=${OIDO_SANITIZE})
endif()

# oido_library(NAME SOURCES... ): a static library `oido_NAME` with the alias
# `oido::NAME`. Dependencies are added with target_link_libraries.
function(oido_library name)
  add_library(oido_${name} STATIC ${ARGN})
  add_library(oido::${name} ALIAS oido_${name})
  target_link_libraries(oido_${name} PUBLIC oido_flags)
endfunction()

# oido_test(NAME LABEL LIBRARIES... ): tests/LABEL/NAME.cc as a GoogleTest
# program registered with CTest under LABEL (unit, golden, property,
# session or integration), run from the source directory. The
# target tests_LABEL builds all programs of one label. Those that may have more
# than one thread, of what is no whole gRPC service, are also labelled threads:
# features/ and model/ have none.
function(oido_test name label)
  add_executable(${name} "${PROJECT_SOURCE_DIR}/tests/${label}/${name}.cc")
  set_target_properties(${name} PROPERTIES
    RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests")
  target_link_libraries(${name} PRIVATE oido_flags ${ARGN} GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
  set(labels ${label})
  if(NOT label STREQUAL integration AND "${ARGN}" MATCHES "server|session|client|load|Threads")
    list(APPEND labels threads)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT 300)
  foreach(each IN LISTS labels)
    if(NOT TARGET tests_${each})
      add_custom_target(tests_${each})
    endif()
    add_dependencies(tests_${each} ${name})
  endforeach()
endfunction()
