# Every third-party library behind one target of ours, so that the choice between shared and
# static linking is made here and nowhere else.
find_package(Threads REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(CURL REQUIRED)
find_package(nlohmann_json 3.11 CONFIG REQUIRED)
find_package(tomlplusplus CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(TSS2 REQUIRED IMPORTED_TARGET tss2-esys tss2-mu tss2-rc tss2-tctildr)
pkg_check_modules(LIBCBOR REQUIRED IMPORTED_TARGET libcbor)
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.75)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(SYSTEMD REQUIRED IMPORTED_TARGET libsystemd)

add_library(attestd_absl INTERFACE)
add_library(attestd_rpc INTERFACE)
# Our messages need no reflection: a megabyte less to carry and to start.
target_compile_definitions(attestd_rpc INTERFACE GRPC_USE_PROTO_LITE)
if(ATTESTD_STATIC_DEPS)
  # Debian's CMake files name the shared libraries only; the archives lie beside them.
  file(GLOB _absl_archives "/usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/libabsl_*.a")
  if(NOT _absl_archives)
    message(FATAL_ERROR "ATTESTD_STATIC_DEPS: no libabsl_*.a found; install libabsl-dev")
  endif()
  set(_rpc_archives)
  foreach(_name grpc++_unsecure grpc_unsecure gpr address_sorting upb re2 cares z protobuf-lite)
    find_library(_archive_${_name} "lib${_name}.a" REQUIRED)
    list(APPEND _rpc_archives "${_archive_${_name}}")
  endforeach()
  target_link_libraries(attestd_absl INTERFACE
    -Wl,--start-group ${_absl_archives} -Wl,--end-group Threads::Threads)
  target_link_libraries(attestd_rpc INTERFACE
    -Wl,--start-group ${_rpc_archives} ${_absl_archives} -Wl,--end-group Threads::Threads)
else()
  target_link_libraries(attestd_absl INTERFACE
    absl::status absl::statusor absl::strings absl::synchronization absl::time absl::cord)
  target_link_libraries(attestd_rpc INTERFACE gRPC::grpc++_unsecure protobuf::libprotobuf-lite
    attestd_absl)
endif()
