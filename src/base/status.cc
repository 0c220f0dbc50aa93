// SPDX-License-Identifier: Apache-2.0
#include "base/status.h"

#include <absl/strings/cord.h>

#include <string>

namespace attestd::base {
namespace {

// Payload key of the reason; the payload is one byte, the enum's value.
constexpr char kReasonUrl[] = "attestd/reason";

}  // namespace

absl::Status WithReason(absl::Status status, Reason reason) {
  if (!status.ok() && !GetReason(status).has_value()) {
    status.SetPayload(kReasonUrl, absl::Cord(std::string(1, static_cast<char>(reason))));
  }
  return status;
}

std::optional<Reason> GetReason(const absl::Status& status) {
  const auto payload = status.GetPayload(kReasonUrl);
  if (!payload.has_value()) {
    return std::nullopt;
  }
  return static_cast<Reason>(std::string(*payload).at(0));
}

absl::Status Annotate(const absl::Status& status, std::string_view noun) {
  if (status.ok()) {
    return status;
  }
  const auto message = status.message();
  std::string text(noun);
  text.append(": ").append(message.data(), message.size());
  absl::Status annotated(status.code(), text);
  status.ForEachPayload(
      [&annotated](auto url, const absl::Cord& payload) { annotated.SetPayload(url, payload); });
  return annotated;
}

absl::Status MakeStatus(absl::StatusCode code, std::string_view message) {
  return {code, {message.data(), message.size()}};
}

absl::Status MakeStatus(absl::StatusCode code, Reason reason, std::string_view message) {
  return WithReason(MakeStatus(code, message), reason);
}

}  // namespace attestd::base
