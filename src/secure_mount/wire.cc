// SPDX-License-Identifier: Apache-2.0
#include "secure_mount/wire.h"

#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json.h"
#include "base/text.h"

namespace attestd::secure_mount {
namespace {

using base::Json;
using base::Reason;

constexpr uint64_t kMaxId = uint64_t{1} << 53;
constexpr uint64_t kMaxMilliseconds = uint64_t{24} * 3600 * 1000;

// The reasons that a helper may give, by name.
constexpr std::array<std::pair<std::string_view, Reason>, 6> kReasons = {{
    {"bad_mount", Reason::kBadMount},
    {"unsupported", Reason::kMountUnsupported},
    {"volume_refused", Reason::kVolumeRefused},
    {"failed", Reason::kMountFailed},
    {"key_unfit", Reason::kKeyUnfit},
    {"deadline", Reason::kDeadline},
}};

absl::Status Malformed() { return absl::InvalidArgumentError("mount helper: malformed message"); }

absl::StatusOr<std::map<std::string, std::string>> TextsByName(const Json& object) {
  if (!object.is_object()) {
    return Malformed();
  }
  std::map<std::string, std::string> texts;
  for (const auto& [name, value] : object.items()) {
    if (!value.is_string()) {
      return Malformed();
    }
    texts[name] = value.get<std::string>();
  }
  return texts;
}

absl::StatusOr<std::vector<std::string>> Texts(const Json& list) {
  if (!list.is_array()) {
    return Malformed();
  }
  std::vector<std::string> texts;
  for (const Json& value : list) {
    if (!value.is_string()) {
      return Malformed();
    }
    texts.push_back(value.get<std::string>());
  }
  return texts;
}

absl::StatusOr<MountRequest> DecodeRequest(const Json& message) {
  MountRequest request;
  ASSIGN_OR_RETURN(request.volume_type, base::GetString(message, "volume_type"));
  ASSIGN_OR_RETURN(const Json* options, base::GetMember(message, "options"));
  ASSIGN_OR_RETURN(request.options, TextsByName(*options));
  ASSIGN_OR_RETURN(const Json* flags, base::GetMember(message, "flags"));
  ASSIGN_OR_RETURN(request.flags, Texts(*flags));
  ASSIGN_OR_RETURN(request.mount_point, base::GetString(message, "mount_point"));
  return request;
}

}  // namespace

absl::StatusOr<std::string> Encode(const Order& order) {
  return base::DumpJson(Json{{"id", order.id},
                             {"milliseconds", order.milliseconds},
                             {"volume_type", order.request.volume_type},
                             {"options", order.request.options},
                             {"flags", order.request.flags},
                             {"mount_point", order.request.mount_point}});
}

std::string Encode(const Cancel& cancel) {
  return R"({"cancel":)" + std::to_string(cancel.id) + "}";
}

std::string Encode(const Outcome& outcome) {
  std::string reason;
  for (const auto& [name, value] : kReasons) {
    if (base::GetReason(outcome.status) == value) {
      reason = name;
    }
  }
  const auto text = outcome.status.message();
  // Escaped text is UTF-8, so that it can be dumped.
  return Json{{"id", outcome.id},
              {"code", outcome.status.raw_code()},
              {"reason", reason},
              {"message", base::Escaped({text.data(), text.size()})}}
      .dump();
}

absl::StatusOr<std::variant<Order, Cancel>> DecodeOrder(std::string_view text) {
  ASSIGN_OR_RETURN(const Json message, base::ParseJson(text));
  if (message.is_object() && message.size() == 1) {
    ASSIGN_OR_RETURN(const uint64_t id, base::GetUnsigned(message, "cancel", kMaxId));
    return Cancel{.id = id};
  }
  Order order;
  ASSIGN_OR_RETURN(order.id, base::GetUnsigned(message, "id", kMaxId));
  ASSIGN_OR_RETURN(const uint64_t time,
                   base::GetUnsigned(message, "milliseconds", kMaxMilliseconds));
  order.milliseconds = static_cast<int64_t>(time);
  ASSIGN_OR_RETURN(order.request, DecodeRequest(message));
  return order;
}

absl::StatusOr<Outcome> DecodeOutcome(std::string_view text) {
  ASSIGN_OR_RETURN(const Json message, base::ParseJson(text));
  Outcome outcome;
  ASSIGN_OR_RETURN(outcome.id, base::GetUnsigned(message, "id", kMaxId));
  // absl/status/status.h: kUnauthenticated is the last.
  ASSIGN_OR_RETURN(const uint64_t code, base::GetUnsigned(message, "code", 16));
  ASSIGN_OR_RETURN(const std::string reason, base::GetString(message, "reason"));
  ASSIGN_OR_RETURN(const std::string said, base::GetString(message, "message"));
  if (code == 0) {
    return outcome;
  }
  outcome.status = base::MakeStatus(static_cast<absl::StatusCode>(code), said);
  for (const auto& [name, value] : kReasons) {
    if (reason == name) {
      outcome.status = base::WithReason(std::move(outcome.status), value);
    }
  }
  return outcome;
}

}  // namespace attestd::secure_mount
