// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_FUZZ_FUZZ_TARGET_H_
#define ATTESTD_FUZZ_FUZZ_TARGET_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/bytes.h"

// Stops the fuzzer when something that must hold does not.
#define FUZZ_CHECK(condition) \
  do {                        \
    if (!(condition)) {       \
      std::abort();           \
    }                         \
  } while (false)

// One target: what is done with one input. libFuzzer calls it by this name.
#define FUZZ_TARGET(input)                                                  \
  static void RunOne(attestd::base::ByteView input);                        \
  extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) { \
    RunOne({data, size});                                                   \
    return 0;                                                               \
  }                                                                         \
  static void RunOne(attestd::base::ByteView input)

#endif  // ATTESTD_FUZZ_FUZZ_TARGET_H_
