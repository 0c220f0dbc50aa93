// SPDX-License-Identifier: Apache-2.0
#include "base/message_field.h"

#include <catch2/catch.hpp>
#include <string>
#include <string_view>

namespace attestd::base {
namespace {

using std::string_literals::operator""s;

absl::StatusOr<std::string> Field(std::string_view message) {
  const absl::StatusOr<ByteView> field = FieldOne(AsBytes(message));
  RETURN_IF_ERROR(field.status());
  return std::string(AsText(*field));
}

TEST_CASE("Field 1 is found among others, and the last one counts") {
  CHECK(*Field("") == "");
  CHECK(*Field("\x0a\x02hi"s) == "hi");
  CHECK(*Field("\x0a\x00"s) == "");
  CHECK(*Field("\x12\x01x\x0a\x02hi\x18\x07"s) == "hi");
  CHECK(*Field("\x0a\x01"
               "a\x0a\x01"
               "b"s) == "b");
  // Field 1 of another type is another field.
  CHECK(*Field("\x08\x05"s) == "");
}

TEST_CASE("A message that ends too early or is none is refused") {
  const std::string bad = GENERATE("\x0a"s, "\x0a\x03hi"s, "\x0a\xff\xff\xff\xff\x0f"s, "\x0f"s,
                                   "\x12\x05x"s, "\x00"s, "\x0a\x02hi\x0c"s);
  CHECK(absl::IsInvalidArgument(Field(bad).status()));
}

}  // namespace
}  // namespace attestd::base
