// SPDX-License-Identifier: Apache-2.0
#include "secure_mount/luks_header.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

namespace attestd::secure_mount {
namespace {

using Json = nlohmann::json;

// What cryptsetup 2.6 writes, with shortened salts.
Json Sample(const std::string& name) {
  std::ifstream file(ATTESTD_SOURCE_DIR "/fuzz/corpus/luks_header/" + name);
  return Json::parse(std::string{std::istreambuf_iterator<char>(file), {}});
}

absl::Status Check(const Json& header, bool integrity = false) {
  return CheckLuksMetadata(header.dump(), integrity);
}

TEST_CASE("A LUKS2 header as cryptsetup writes it may be opened") {
  CHECK(Check(Sample("plain")).ok());
  CHECK(Check(Sample("integrity")).ok());
  CHECK(Check(Sample("integrity"), true).ok());
  Json other = Sample("plain");  // guest-components'
  other["segments"]["0"]["encryption"] = "aes-xts-plain";
  other["keyslots"]["0"]["key_size"] = 32;
  CHECK(Check(other).ok());
}

TEST_CASE("A LUKS2 header without the integrity that is asked for is refused") {
  const absl::Status status = Check(Sample("plain"), true);
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(base::GetReason(status) == base::Reason::kVolumeRefused);
  CHECK(std::string(status.message()).find("hmac(sha256)") != std::string::npos);
}

TEST_CASE("A LUKS2 header that a host has bent is refused") {
  struct Row {
    std::string what;
    std::function<void(Json&)> bend;
  };
  const std::string slot = "/keyslots/0";
  const std::string segment = "/segments/0";
  const auto set = [](const std::string& pointer, const Json& value) {
    return Row{pointer + " " + value.dump(),
               [=](Json& header) { header[Json::json_pointer(pointer)] = value; }};
  };
  const auto row = GENERATE_COPY(
      set(segment + "/encryption", "cipher_null-ecb"), set(segment + "/encryption", "aes-ecb"),
      set(segment + "/type", "linear"), set(segment + "/sector_size", 8192),
      set(segment + "/iv_tweak", "8"), set(segment + "/flags", Json::array({"in-reencryption"})),
      set(segment + "/integrity", Json{{"type", "crc32c"}}), set(segment + "/integrity", "none"),
      set("/segments/1", Json{{"type", "linear"}}), set("/segments", Json::object()),
      set("/segments", Json::array()), set(slot + "/area/encryption", "cipher_null-ecb"),
      set(slot + "/area/type", "datashift"), set(slot + "/area/key_size", 16),
      set(slot + "/type", "reencrypt"), set(slot + "/key_size", 96), set(slot + "/key_size", 1),
      set(slot + "/kdf/type", "none"), set(slot + "/kdf/memory", 1 << 30),
      set(slot + "/kdf/time", 1000), set(slot + "/kdf/time", "4"),
      set(slot + "/kdf", Json{{"type", "pbkdf2"}, {"iterations", 4000000000U}}),
      set(slot + "/kdf", Json{{"type", "pbkdf2"}}), set("/keyslots", Json::object()),
      set("/keyslots/1", Json::object()), set("/digests", Json::object()),
      set("/digests/0/type", "none"), set("/digests/1", Json{{"type", "pbkdf2"}}),
      set("/config/requirements", Json{{"mandatory", Json::array({"online-reencrypt"})}}),
      set("/config/requirements", "x"), set("/config/flags", Json::array({"no-journal"})));
  Json header = Sample("plain");
  row.bend(header);
  CAPTURE(row.what);
  const absl::Status status = Check(header);
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(base::GetReason(status) == base::Reason::kVolumeRefused);
}

TEST_CASE("What is no LUKS2 metadata is refused") {
  const std::string text = GENERATE("", "[]", "{}", "null", "{\"keyslots\":1}", "{\"a\":");
  CHECK(absl::IsFailedPrecondition(CheckLuksMetadata(text, false)));
}

}  // namespace
}  // namespace attestd::secure_mount
