// SPDX-License-Identifier: Apache-2.0
#include "keyprovider/annotation_packet.h"

#include <absl/strings/match.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"

namespace attestd::keyprovider {
namespace {

using base::Json;
using unseal::BadPacket;

constexpr std::string_view kVersion = "0.1.0";
constexpr std::string_view kProvider = "kbs";

absl::Status Refused(const absl::Status& cause) {
  const auto message = cause.message();
  return BadPacket("annotation packet: " + std::string(message.data(), message.size()));
}

absl::StatusOr<std::string> Text(const Json& packet, std::string_view name) {
  auto text = base::GetString(packet, name);
  return text.ok() ? std::move(text) : Refused(text.status());
}

absl::StatusOr<base::Bytes> Decoded(const Json& packet, std::string_view name) {
  auto bytes = base::GetBase64(packet, name);
  return bytes.ok() ? std::move(bytes) : Refused(bytes.status());
}

// Version 1 has neither member.
absl::Status CheckKind(const Json& packet) {
  if (packet.contains("version")) {
    ASSIGN_OR_RETURN(const std::string version, Text(packet, "version"));
    if (version != kVersion) {
      return BadPacket("annotation packet: expected version 0.1.0, found another");
    }
  }
  if (packet.contains("provider")) {
    ASSIGN_OR_RETURN(const std::string provider, Text(packet, "provider"));
    if (!absl::EqualsIgnoreCase(provider, "kbs")) {
      return BadPacket(
          "annotation packet: expected the provider \"kbs\", found another; key management "
          "services other than key brokers are not asked");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<AnnotationPacket> ParseAnnotationPacket(std::string_view json) {
  const auto packet = base::ParseJson(json);
  if (!packet.ok()) {
    return Refused(packet.status());
  }
  ASSIGN_OR_RETURN(const std::string key_id, Text(*packet, "kid"));
  RETURN_IF_ERROR(CheckKind(*packet));
  ASSIGN_OR_RETURN(const std::string type, Text(*packet, "wrap_type"));
  unseal::Wrapped options;
  ASSIGN_OR_RETURN(options.type, unseal::ParseWrapType(type));
  ASSIGN_OR_RETURN(options.iv, Decoded(*packet, "iv"));
  ASSIGN_OR_RETURN(options.data, Decoded(*packet, "wrapped_data"));
  RETURN_IF_ERROR(base::Annotate(unseal::CheckLengths(options), "annotation packet"));
  auto uri = kbs::ResourceUri::Parse(key_id);
  if (!uri.ok()) {
    return base::Annotate(uri.status(), R"(annotation packet: "kid")");
  }
  return AnnotationPacket{.key_id = *std::move(uri), .options = std::move(options)};
}

absl::StatusOr<std::string> WriteAnnotationPacket(std::string_view key_id,
                                                  const unseal::Wrapped& options) {
  const Json packet = {{"version", kVersion},
                       {"kid", key_id},
                       {"wrapped_data", base::Base64Encode(options.data)},
                       {"provider", kProvider},
                       {"iv", base::Base64Encode(options.iv)},
                       {"wrap_type", unseal::WrapTypeName(options.type)},
                       {"provider_settings", Json::object()},
                       {"annotations", Json::object()}};
  return base::DumpJson(packet);
}

}  // namespace attestd::keyprovider
