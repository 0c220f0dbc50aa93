// SPDX-License-Identifier: Apache-2.0
#include "secure_mount/luks_header.h"

#include <nlohmann/json.hpp>
#include <string>

#include "base/json.h"

namespace attestd::secure_mount {
namespace {

using base::Json;

// With four times what cryptsetup chooses by itself, so that a host cannot make us work for long.
constexpr uint64_t kMaxArgonMemory = uint64_t{4} << 20;  // KiB
constexpr uint64_t kMaxArgonTime = 64;
constexpr uint64_t kMaxPbkdf2Iterations = 40'000'000;
constexpr size_t kMaxKeyslots = 32;  // LUKS2_KEYSLOTS_MAX

absl::Status Refused(std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kVolumeRefused,
                          "LUKS2 header: " + std::string(what));
}

// The text of a member, or "".
std::string TextOf(const Json& object, const char* key) {
  const auto found = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && found != object.end() && found->is_string()
             ? found->get<std::string>()
             : std::string();
}

// The number of a member, or `otherwise`.
uint64_t NumberOf(const Json& object, const char* key, uint64_t otherwise) {
  const auto number = base::GetUnsigned(object, key, UINT64_MAX);
  return number.ok() ? *number : otherwise;
}

// An object below an object, or an empty one.
const Json& Below(const Json& object, const char* key) {
  static const Json kEmpty = Json::object();
  if (!object.is_object()) {
    return kEmpty;
  }
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? *found : kEmpty;
}

bool IsCipher(const std::string& name) {
  // "plain" is what guest-components formats with.
  return name == "aes-xts-plain64" || name == "aes-xts-plain";
}

absl::Status CheckKeyDerivation(const Json& kdf) {
  const std::string type = TextOf(kdf, "type");
  if (type == "pbkdf2") {
    return NumberOf(kdf, "iterations", UINT64_MAX) <= kMaxPbkdf2Iterations
               ? absl::OkStatus()
               : Refused("keyslot: kdf: iterations: expected at most 40000000");
  }
  if (type != "argon2id" && type != "argon2i") {
    return Refused("keyslot: kdf: expected pbkdf2, argon2i or argon2id");
  }
  return NumberOf(kdf, "memory", UINT64_MAX) <= kMaxArgonMemory &&
                 NumberOf(kdf, "time", UINT64_MAX) <= kMaxArgonTime
             ? absl::OkStatus()
             : Refused("keyslot: kdf: expected at most 4 GiB of memory and a time of 64");
}

absl::Status CheckKeyslot(const Json& slot, bool authenticated) {
  if (TextOf(slot, "type") != "luks2") {
    return Refused("keyslot: expected type luks2; end a re-encryption before");
  }
  const Json& area = Below(slot, "area");
  const uint64_t area_key = NumberOf(area, "key_size", 0);
  if (TextOf(area, "type") != "raw" || !IsCipher(TextOf(area, "encryption")) ||
      (area_key != 32 && area_key != 64)) {
    return Refused("keyslot: area: expected aes-xts-plain64 with a key of 32 or 64 bytes");
  }
  // hmac(sha256) takes 32 bytes more.
  const uint64_t key = NumberOf(slot, "key_size", 0);
  const uint64_t extra = authenticated ? 32 : 0;
  if (key != 32 + extra && key != 64 + extra) {
    return Refused("keyslot: key_size: expected that of aes-xts with 128 or 256 bits");
  }
  return CheckKeyDerivation(Below(slot, "kdf"));
}

// Whether the data is authenticated.
absl::StatusOr<bool> CheckSegments(const Json& segments, bool integrity) {
  if (segments.size() != 1) {
    return Refused("segments: expected exactly one; end a re-encryption before");
  }
  const Json& segment = *segments.begin();
  const uint64_t sector = NumberOf(segment, "sector_size", 0);
  if (TextOf(segment, "type") != "crypt" || !IsCipher(TextOf(segment, "encryption"))) {
    return Refused("segment: expected type crypt with aes-xts-plain64");
  }
  if (segment.contains("flags") || TextOf(segment, "iv_tweak") != "0" ||
      (sector != 512 && sector != 1024 && sector != 2048 && sector != 4096)) {
    return Refused("segment: expected no flags, an iv_tweak of 0 and sectors of 512 to 4096 bytes");
  }
  if (!segment.contains("integrity")) {
    return integrity ? absl::StatusOr<bool>(
                           Refused("segment: integrity: expected hmac(sha256), as dataIntegrity is "
                                   "\"true\"; found none"))
                     : false;
  }
  const Json& protection = Below(segment, "integrity");
  if (TextOf(protection, "type") != "hmac(sha256)") {
    return Refused("segment: integrity: expected hmac(sha256)");
  }
  return true;
}

absl::Status CheckConfig(const Json& config) {
  if (!Below(config, "requirements").empty() ||
      (config.contains("requirements") && !config["requirements"].is_object())) {
    return Refused("config: requirements: expected none; end a re-encryption before");
  }
  if (config.contains("flags") && !(config["flags"].is_array() && config["flags"].empty())) {
    return Refused("config: flags: expected none (cryptsetup refresh --persistent sets them)");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckLuksMetadata(std::string_view json, bool integrity) {
  const auto metadata = base::ParseJson(json);
  if (!metadata.ok() || !metadata->is_object()) {
    return Refused("the metadata is no JSON object");
  }
  RETURN_IF_ERROR(CheckConfig(Below(*metadata, "config")));
  ASSIGN_OR_RETURN(const bool authenticated,
                   CheckSegments(Below(*metadata, "segments"), integrity));
  const Json& keyslots = Below(*metadata, "keyslots");
  if (keyslots.empty() || keyslots.size() > kMaxKeyslots) {
    return Refused("keyslots: expected 1 to 32");
  }
  for (const Json& slot : keyslots) {
    RETURN_IF_ERROR(CheckKeyslot(slot, authenticated));
  }
  const Json& digests = Below(*metadata, "digests");
  if (digests.size() != 1 || TextOf(*digests.begin(), "type") != "pbkdf2") {
    return Refused("digests: expected exactly one, of type pbkdf2");
  }
  return absl::OkStatus();
}

}  // namespace attestd::secure_mount
