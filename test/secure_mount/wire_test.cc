// SPDX-License-Identifier: Apache-2.0
#include "secure_mount/wire.h"

#include <catch2/catch.hpp>

namespace attestd::secure_mount {
namespace {

using base::Reason;

TEST_CASE("An order reaches the mount helper as it was given") {
  const Order order{.id = 7,
                    .milliseconds = 50000,
                    .request = {.volume_type = "block-device",
                                .options = {{"deviceId", "1:2"}, {"mkfsOpts", "-L \"x\""}},
                                .flags = {"ro"},
                                .mount_point = "/mnt/x"}};
  const auto text = Encode(order);
  REQUIRE(text.ok());
  const auto said = DecodeOrder(*text);
  REQUIRE(said.ok());
  const auto& got = std::get<Order>(*said);
  CHECK((got.id == 7 && got.milliseconds == 50000));
  CHECK(got.request.options == order.request.options);
  CHECK(got.request.flags == order.request.flags);
  CHECK((got.request.volume_type == "block-device" && got.request.mount_point == "/mnt/x"));
  CHECK(std::get<Cancel>(*DecodeOrder(Encode(Cancel{.id = 9}))).id == 9);
}

TEST_CASE("An order that is no text cannot be given") {
  CHECK_FALSE(Encode(Order{.request = {.mount_point = "/mnt/\xff"}}).ok());
}

TEST_CASE("An outcome keeps code, reason and text") {
  const auto reason = GENERATE(Reason::kBadMount, Reason::kMountUnsupported, Reason::kVolumeRefused,
                               Reason::kMountFailed, Reason::kKeyUnfit, Reason::kDeadline);
  const Outcome outcome{
      .id = 3,
      .status = base::MakeStatus(absl::StatusCode::kFailedPrecondition, reason, "a \"text\"")};
  const auto got = DecodeOutcome(Encode(outcome));
  REQUIRE(got.ok());
  CHECK(got->id == 3);
  CHECK(absl::IsFailedPrecondition(got->status));
  CHECK(base::GetReason(got->status) == reason);
  CHECK(got->status.message() == outcome.status.message());
  CHECK(DecodeOutcome(Encode(Outcome{.id = 4}))->status.ok());
  const auto plain = DecodeOutcome(Encode(Outcome{.id = 5, .status = absl::CancelledError("x")}));
  CHECK(absl::IsCancelled(plain->status));
  CHECK_FALSE(base::GetReason(plain->status).has_value());
}

TEST_CASE("What is no message of the mount helper is refused") {
  const std::string text = GENERATE(
      "", "{}", "[]", "{\"cancel\":-1}", "{\"cancel\":1,\"x\":1}", "{\"id\":1}",
      R"({"id":1,"milliseconds":1,"volume_type":"","options":{"a":1},"flags":[],"mount_point":""})",
      R"({"id":1,"milliseconds":1,"volume_type":"","options":{},"flags":[1],"mount_point":""})",
      R"({"id":1,"milliseconds":1e9,"volume_type":"","options":[],"flags":[],"mount_point":""})",
      R"({"id":1,"code":17,"reason":"","message":""})");
  CHECK_FALSE(DecodeOrder(text).ok());
  CHECK_FALSE(DecodeOutcome(text).ok());
}

}  // namespace
}  // namespace attestd::secure_mount
