# Compiler settings, and the functions that define libraries, programs and tests of attestd.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_C_STANDARD 11)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
include(UnityBuild)
include(CheckPIESupported)
check_pie_supported()

# Paths in messages and debug information do not depend on where the tree lies.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=. -ffile-prefix-map=${CMAKE_BINARY_DIR}=build)
add_compile_options(-ffunction-sections -fdata-sections)
add_link_options(-Wl,--gc-sections -Wl,--as-needed -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

set(_hardening -fstack-protector-strong -fno-delete-null-pointer-checks
    -fno-strict-overflow -fno-strict-aliasing -ftrivial-auto-var-init=zero -fstack-clash-protection)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|amd64")
  list(APPEND _hardening -fcf-protection=full)
endif()
# Before clang 16 zero initialisation stands behind this flag.
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 16)
  list(APPEND _hardening
    -enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang)
endif()
add_compile_options(${_hardening})
if(ATTESTD_SANITIZE)
  add_compile_options(-fsanitize=${ATTESTD_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${ATTESTD_SANITIZE})
else()
  add_compile_options($<$<CONFIG:Release,RelWithDebInfo>:-U_FORTIFY_SOURCE>
                      $<$<CONFIG:Release,RelWithDebInfo>:-D_FORTIFY_SOURCE=3>)
  add_compile_definitions($<$<COMPILE_LANGUAGE:CXX>:_GLIBCXX_ASSERTIONS>)
endif()

# Off for compilers that this tree was not written with: fuzz/oss-fuzz.
option(ATTESTD_WERROR "Warnings are errors" ON)
set(ATTESTD_WARNINGS -Wall -Wextra -Wpedantic $<$<BOOL:${ATTESTD_WERROR}>:-Werror> -Wformat=2
    -Wconversion -Wshadow -Wimplicit-fallthrough -Wnon-virtual-dtor -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  list(APPEND ATTESTD_WARNINGS -Wthread-safety)
endif()

# attestd_library(NAME folder SOURCES ... [PUBLIC libs...] [PRIVATE libs...])
function(attestd_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  attestd_unity_of(${ARG_SOURCES})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${ATTESTD_WARNINGS}>)
  target_include_directories(${name} PUBLIC "${CMAKE_SOURCE_DIR}/src")
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# attestd_program(NAME SOURCES ... LIBS ...): an executable that wipes what it frees.
function(attestd_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS" ${ARGN})
  attestd_unity_of(${ARG_SOURCES})
  add_executable(${name} ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:CXX>:${ATTESTD_WARNINGS}>)
  target_link_libraries(${name} PRIVATE ${ARG_LIBS})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  if(NOT ATTESTD_SANITIZE)
    target_sources(${name} PRIVATE $<TARGET_OBJECTS:attestd_zero_on_free>)
  endif()
  if(ATTESTD_STATIC_DEPS)
    # The map tells scripts/sbom.py what of the archives is in the program.
    file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/link-maps")
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc -s
                        "-Wl,-Map=${CMAKE_BINARY_DIR}/link-maps/${name}.map")
  endif()
endfunction()

# attestd_tell_tsan(NAME): what Abseil's locks order, for the thread sanitizer:
# test/support/tsan_abseil.cc.
set(ATTESTD_TSAN_WRAPPED
    _ZN4absl7debian35Mutex4LockEv
    _ZN4absl7debian35Mutex6UnlockEv
    _ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE
    _ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE
    _ZN4absl7debian37CondVar4WaitEPNS0_5MutexE
    _ZN4absl7debian312Notification6NotifyEv
    _ZNK4absl7debian312Notification19WaitForNotificationEv
    _ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE)
function(attestd_tell_tsan name)
  if(ATTESTD_SANITIZE STREQUAL "thread")
    target_sources(${name} PRIVATE $<TARGET_OBJECTS:attestd_tsan_abseil>)
    list(TRANSFORM ATTESTD_TSAN_WRAPPED PREPEND -Wl,--wrap= OUTPUT_VARIABLE _wrapped)
    target_link_options(${name} PRIVATE ${_wrapped})
  endif()
endfunction()

# A case that cannot run prints "SKIPPED: why" and is then no pass in ctest's count; one that printed
# it and failed has failed all the same. In Catch2's own words.
set(ATTESTD_SKIPPED "SKIPPED:.*(All tests passed|assertions: - none -)")

# attestd_test(NAME SOURCES ... LIBS ...): one Catch2 program, each case a ctest of its own.
function(attestd_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBS;LABELS" ${ARGN})
  attestd_unity_of(${ARG_SOURCES})
  add_executable(${name} ${ARG_SOURCES})
  # Tests are compiled more often than run: without optimisation they build in half the time.
  target_compile_options(${name} PRIVATE ${ATTESTD_WARNINGS} -O0 -U_FORTIFY_SOURCE)
  target_include_directories(${name} PRIVATE "${CMAKE_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} Catch2::Catch2WithMain)
  attestd_tell_tsan(${name})
  # An empty value would vanish on its way through catch_discover_tests and shift the others.
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  catch_discover_tests(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 120
    SKIP_REGULAR_EXPRESSION "${ATTESTD_SKIPPED}")
endfunction()
