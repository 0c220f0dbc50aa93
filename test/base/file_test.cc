// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "test/support/temp_dir.h"

namespace attestd::base {
namespace {

TEST_CASE("A file is read whole, up to the limit") {
  const test::TempDir folder;
  const size_t size = GENERATE(size_t{0}, size_t{1}, size_t{4095}, size_t{4096}, size_t{100000});
  std::ofstream(folder.File("f")) << std::string(size, 'x');
  CHECK(ReadFile(folder.File("f"), size).value() == std::string(size, 'x'));
  CHECK(ReadFile(folder.File("f"), size + 1)->size() == size);
  if (size > 0) {
    CHECK(absl::IsInvalidArgument(ReadFile(folder.File("f"), size - 1).status()));
  }
}

TEST_CASE("A file that does not tell its size is read whole, and its limit holds") {
  constexpr size_t kLimit = size_t{1} << 20;
  const std::string status = ReadFile("/proc/self/status", kLimit).value();
  CHECK(status.find("Name:") == 0);
  CHECK(absl::IsInvalidArgument(ReadFile("/proc/self/status", 10).status()));
}

TEST_CASE("What is no regular file is not read") {
  CHECK(absl::IsNotFound(ReadFile("/nonexistent/file", 10).status()));
  CHECK(absl::IsFailedPrecondition(ReadFile("/proc", 10).status()));
  CHECK(absl::IsFailedPrecondition(ReadFile("/dev/zero", 10).status()));
}

}  // namespace
}  // namespace attestd::base
