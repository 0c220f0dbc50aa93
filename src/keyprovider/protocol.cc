// SPDX-License-Identifier: Apache-2.0
#include "keyprovider/protocol.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/json_scan.h"
#include "base/secret_encoding.h"

namespace attestd::keyprovider {
namespace {

using base::ScannedMembers;
using unseal::BadPacket;

constexpr size_t kMaxInput = size_t{256} << 10;
// Where ocicrypt puts the parameters of "provider:attestation-agent:...".
constexpr std::string_view kProviderName = "attestation-agent";
constexpr size_t kMaxParameters = 4096;

absl::Status Refused(const absl::Status& cause) {
  const auto message = cause.message();
  return BadPacket("key provider input: " + std::string(message.data(), message.size()));
}

absl::StatusOr<std::string_view> TextMember(const ScannedMembers& members, std::string_view name) {
  ASSIGN_OR_RETURN(const std::string_view value, base::FindScanned(members, name));
  auto text = base::ScanText(value);
  return text.ok() ? text : base::Annotate(text.status(), name);
}

absl::StatusOr<ScannedMembers> ObjectMember(const ScannedMembers& members, std::string_view name) {
  ASSIGN_OR_RETURN(const std::string_view value, base::FindScanned(members, name));
  auto object = base::ScanObject(value);
  return object.ok() ? std::move(object) : base::Annotate(object.status(), name);
}

// The member `name` of an input for this operation.
absl::StatusOr<ScannedMembers> OpenInput(std::string_view json, std::string_view operation,
                                         std::string_view name) {
  if (json.size() > kMaxInput) {
    return absl::InvalidArgumentError("expected at most 256 KiB");
  }
  ASSIGN_OR_RETURN(const ScannedMembers input, base::ScanObject(json));
  ASSIGN_OR_RETURN(const std::string_view found, TextMember(input, "op"));
  if (found != operation) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "expected the op \"" + std::string(operation) + "\", found another");
  }
  return ObjectMember(input, name);
}

absl::StatusOr<base::Bytes> FindAnnotation(std::string_view json) {
  ASSIGN_OR_RETURN(const ScannedMembers params, OpenInput(json, "keyunwrap", "keyunwrapparams"));
  ASSIGN_OR_RETURN(const std::string_view text, TextMember(params, "annotation"));
  auto annotation = base::Base64Decode(text);
  return annotation.ok() ? std::move(annotation)
                         : base::Annotate(annotation.status(), "annotation");
}

// The text of the one parameter of ours.
absl::StatusOr<base::Bytes> FindParameters(const ScannedMembers& wrap) {
  ASSIGN_OR_RETURN(const ScannedMembers config, ObjectMember(wrap, "ec"));
  ASSIGN_OR_RETURN(const ScannedMembers parameters, ObjectMember(config, "Parameters"));
  ASSIGN_OR_RETURN(const std::string_view list, base::FindScanned(parameters, kProviderName));
  ASSIGN_OR_RETURN(const std::vector<std::string_view> elements, base::ScanArray(list));
  if (elements.size() != 1) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "expected one element in Parameters[\"attestation-agent\"], found " +
                                std::to_string(elements.size()));
  }
  ASSIGN_OR_RETURN(const std::string_view text, base::ScanText(elements.front()));
  return base::Base64Decode(text);
}

absl::Status SetParameter(std::string_view name, std::string_view value,
                          std::optional<std::string>& key_id, std::optional<std::string>& type,
                          std::optional<std::string>& key_path) {
  std::optional<std::string>* place = nullptr;
  if (name == "keyid") {
    place = &key_id;
  } else if (name == "algorithm") {
    place = &type;
  } else if (name == "keypath") {
    place = &key_path;
  } else {
    return BadPacket("wrap parameters: expected keyid, algorithm and keypath, found another");
  }
  if (place->has_value() || value.empty()) {
    return BadPacket("wrap parameters: \"" + std::string(name) + "\" is there twice, or empty");
  }
  *place = std::string(value);
  return absl::OkStatus();
}

// `before`, the bytes as JSON numbers, `behind`: all of it in one piece of secret memory.
absl::StatusOr<base::Secret> WriteNumbers(std::string_view before, base::ByteView bytes,
                                          std::string_view behind) {
  constexpr size_t kMostPerByte = 4;  // "255,"
  const size_t room = before.size() + bytes.size() * kMostPerByte + behind.size();
  ASSIGN_OR_RETURN(base::Secret json, base::Secret::Allocate(room));
  const std::span<uint8_t> out = json.writable();
  size_t used = 0;
  const auto append = [&out, &used](std::string_view text) {
    std::copy(text.begin(), text.end(), out.subspan(used).begin());
    used += text.size();
  };
  append(before);
  for (size_t i = 0; i < bytes.size(); ++i) {
    append(i == 0 ? "" : ",");
    for (uint32_t unit = bytes[i] >= 100 ? 100 : bytes[i] >= 10 ? 10 : 1; unit > 0; unit /= 10) {
      out[used++] = static_cast<uint8_t>('0' + bytes[i] / unit % 10);
    }
  }
  append(behind);
  json.Truncate(used);
  return json;
}

}  // namespace

absl::StatusOr<base::Bytes> ParseUnwrapInput(std::string_view json) {
  auto annotation = FindAnnotation(json);
  return annotation.ok() ? std::move(annotation) : Refused(annotation.status());
}

absl::StatusOr<WrapParameters> ParseWrapParameters(std::string_view text) {
  std::optional<std::string> key_id;
  std::optional<std::string> type;
  std::optional<std::string> key_path;
  if (text.size() > kMaxParameters) {
    return BadPacket("wrap parameters: expected at most 4096 bytes");
  }
  for (bool more = true; more;) {
    const size_t end = text.find("::");
    const std::string_view parameter = text.substr(0, end);
    const size_t equals = parameter.find('=');
    if (equals == std::string_view::npos) {
      return BadPacket("wrap parameters: expected NAME=VALUE::NAME=VALUE");
    }
    RETURN_IF_ERROR(SetParameter(parameter.substr(0, equals), parameter.substr(equals + 1), key_id,
                                 type, key_path));
    more = end != std::string_view::npos;
    text.remove_prefix(more ? end + 2 : text.size());
  }
  if (!key_id.has_value()) {
    return BadPacket("wrap parameters: expected keyid=kbs:///repository/type/tag, found no keyid");
  }
  auto uri = kbs::ResourceUri::Parse(*key_id);
  if (!uri.ok()) {
    return base::Annotate(uri.status(), "wrap parameters: keyid");
  }
  ASSIGN_OR_RETURN(const unseal::WrapType wrap_type,
                   unseal::ParseWrapType(type.value_or("A256GCM")));
  return WrapParameters{.key_id = *std::move(key_id),
                        .uri = *std::move(uri),
                        .type = wrap_type,
                        .key_path = std::move(key_path)};
}

absl::StatusOr<WrapInput> ParseWrapInput(std::string_view json) {
  const auto wrap = OpenInput(json, "keywrap", "keywrapparams");
  if (!wrap.ok()) {
    return Refused(wrap.status());
  }
  const auto text = FindParameters(*wrap);
  if (!text.ok()) {
    return Refused(text.status());
  }
  ASSIGN_OR_RETURN(WrapParameters parameters, ParseWrapParameters(base::AsText(*text)));
  const auto options = TextMember(*wrap, "optsdata");
  if (!options.ok()) {
    return Refused(options.status());
  }
  auto decoded = base::Base64DecodeSecret(*options);
  if (!decoded.ok()) {
    return absl::IsInvalidArgument(decoded.status()) ? Refused(decoded.status()) : decoded.status();
  }
  return WrapInput{.parameters = std::move(parameters), .options = *std::move(decoded)};
}

absl::StatusOr<base::Secret> WriteUnwrapOutput(base::ByteView options) {
  return WriteNumbers(R"({"keyunwrapresults":{"optsdata":[)", options, "]}}");
}

absl::StatusOr<base::Secret> WriteWrapOutput(std::string_view annotation) {
  return WriteNumbers(R"({"keywrapresults":{"annotation":[)", base::AsBytes(annotation), "]}}");
}

}  // namespace attestd::keyprovider
