# Finds every package oído builds on; downloads nothing.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Protobuf REQUIRED)
find_package(absl REQUIRED)
pkg_check_modules(grpcpp REQUIRED IMPORTED_TARGET grpc++)
find_library(GRPCPP_REFLECTION_LIBRARY grpc++_reflection REQUIRED)
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
pkg_check_modules(kissfft REQUIRED IMPORTED_TARGET kissfft-float)
pkg_check_modules(soxr REQUIRED IMPORTED_TARGET soxr)
pkg_check_modules(flac REQUIRED IMPORTED_TARGET flac)
pkg_check_modules(ogg REQUIRED IMPORTED_TARGET ogg)
pkg_check_modules(opus REQUIRED IMPORTED_TARGET opus)
pkg_check_modules(sndfile REQUIRED IMPORTED_TARGET sndfile)
pkg_check_modules(portaudio REQUIRED IMPORTED_TARGET portaudio-2.0)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Boost 1.74 CONFIG REQUIRED)  # its headers

# oneDNN: the distribution's if it is new enough, else what ./setup unpacked
# into the cache; any other through CMAKE_PREFIX_PATH.
if(DEFINED ENV{XDG_CACHE_HOME})
  set(_oido_cache "$ENV{XDG_CACHE_HOME}/oido")
else()
  set(_oido_cache "$ENV{HOME}/.cache/oido")
endif()
find_package(dnnl 3.2 CONFIG QUIET PATHS "${_oido_cache}/onednn-2023.2.0")
if(NOT dnnl_FOUND)
  message(FATAL_ERROR
    "oneDNN >= 3.2 was not found. Run ./setup, which unpacks it into "
    "${_oido_cache}, or name its prefix in CMAKE_PREFIX_PATH.")
endif()
message(STATUS "oneDNN ${dnnl_VERSION} from ${dnnl_DIR}")
