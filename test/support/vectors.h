// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_SUPPORT_VECTORS_H_
#define ATTESTD_TEST_SUPPORT_VECTORS_H_

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/file.h"

namespace attestd::test {

// A recorded file, by its name below $ATTESTD_VECTORS (default: beside the source tree, which the
// target names in ATTESTD_SOURCE_DIR). Nothing, and "SKIPPED: why" printed, where it is absent.
inline std::optional<std::string> ReadVector(const std::string& name) {
  constexpr size_t kLimit = size_t{4} << 20;
  // Tests do not change their environment. NOLINTNEXTLINE(concurrency-mt-unsafe)
  const char* folder = std::getenv("ATTESTD_VECTORS");
  const std::string path =
      folder == nullptr ? ATTESTD_SOURCE_DIR "/../shared/vectors" : std::string(folder);
  absl::StatusOr<std::string> text = base::ReadFile(path + "/" + name, kLimit);
  if (!text.ok()) {
    std::printf("SKIPPED: set ATTESTD_VECTORS to the folder with %s\n", name.c_str());
    return std::nullopt;
  }
  return *std::move(text);
}

}  // namespace attestd::test

#endif  // ATTESTD_TEST_SUPPORT_VECTORS_H_
