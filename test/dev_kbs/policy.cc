// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/policy.h"

#include <absl/strings/numbers.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "appraisal/trust_store.h"
#include "base/encoding.h"
#include "base/file.h"
#include "base/public_key.h"
#include "base/toml_table.h"
#include "tee/tpm2/format/quote.h"

namespace attestd::dev_kbs {
namespace {

// Larger files are not policies or public keys.
constexpr size_t kMaxFileSize = size_t{1} << 20;

// One key with its value, and where it stands in which file.
struct Entry {
  const std::string& path;
  const toml::key& key;
  const toml::node& value;

  absl::Status Error(std::string_view why) const {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            path + ":" + std::to_string(key.source().begin.line) + ": " +
                                std::string(key.str()) + ": " + std::string(why));
  }
};

using Reader = absl::Status (*)(const Entry& entry, Policy& policy);

struct KeyReader {
  std::string_view key;
  Reader read;
};

template <size_t kSize>
absl::Status ReadTable(const toml::table& table, const std::string& path,
                       const std::array<KeyReader, kSize>& readers, Policy& policy) {
  for (const auto& [key, value] : table) {
    const Entry entry{path, key, value};
    const auto* found =
        std::find_if(readers.begin(), readers.end(),
                     [&key = key](const KeyReader& reader) { return reader.key == key.str(); });
    if (found == readers.end()) {
      return entry.Error("unknown key");
    }
    RETURN_IF_ERROR(found->read(entry, policy));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ReadTexts(const Entry& entry) {
  std::optional<std::vector<std::string>> texts = base::AsTexts(entry.value);
  if (!texts.has_value()) {
    return entry.Error("must be a list of texts");
  }
  return *std::move(texts);
}

absl::Status ReadAllowedTees(const Entry& entry, Policy& policy) {
  ASSIGN_OR_RETURN(policy.allowed_tees, ReadTexts(entry));
  return absl::OkStatus();
}

absl::Status ReadDeniedResources(const Entry& entry, Policy& policy) {
  ASSIGN_OR_RETURN(policy.denied_resources, ReadTexts(entry));
  return absl::OkStatus();
}

// Names of files are relative to the policy's folder.
std::string Resolve(const Entry& entry, const std::string& file) {
  const size_t slash = entry.path.rfind('/');
  const bool absolute = file.starts_with('/');
  return absolute || slash == std::string::npos ? file : entry.path.substr(0, slash + 1) + file;
}

absl::StatusOr<base::Bytes> ReadKeyFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string pem, base::ReadFile(path, kMaxFileSize));
  ASSIGN_OR_RETURN(const base::PublicKey key, base::PublicKey::FromPem(pem));
  return key.ToSpkiDer();
}

absl::Status ReadTrustedAks(const Entry& entry, Policy& policy) {
  ASSIGN_OR_RETURN(const std::vector<std::string> files, ReadTexts(entry));
  for (const std::string& file : files) {
    absl::StatusOr<base::Bytes> der = ReadKeyFile(Resolve(entry, file));
    if (!der.ok()) {
      return entry.Error(file + ": " + std::string(der.status().message()));
    }
    policy.reference.trusted_aks.push_back(*std::move(der));
  }
  return absl::OkStatus();
}

absl::Status ReadExpectedPcr(const Entry& entry, Policy& policy) {
  int index = -1;
  const std::string name(entry.key.str());
  if (!absl::SimpleAtoi(name.c_str(), &index) || index < 0 ||
      index >= static_cast<int>(tee::tpm2::kPcrCount) || std::to_string(index) != name) {
    return entry.Error("not the number of a PCR (0 to 23)");
  }
  const auto* text = entry.value.as_string();
  absl::StatusOr<base::Bytes> value = base::HexDecode(text == nullptr ? "-" : text->get());
  if (!value.ok() || value->size() != tee::tpm2::kSha256Size) {
    return entry.Error("must be 64 hex digits");
  }
  policy.reference.expected_pcrs[index] = *std::move(value);
  return absl::OkStatus();
}

absl::Status ReadExpectedPcrs(const Entry& entry, Policy& policy) {
  const toml::table* table = entry.value.as_table();
  if (table == nullptr) {
    return entry.Error("must be a table");
  }
  for (const auto& [key, value] : *table) {
    RETURN_IF_ERROR(ReadExpectedPcr({entry.path, key, value}, policy));
  }
  return absl::OkStatus();
}

absl::Status ReadTpm(const Entry& entry, Policy& policy) {
  static constexpr std::array<KeyReader, 2> kReaders = {
      {{"trusted_aks", ReadTrustedAks}, {"expected_pcrs", ReadExpectedPcrs}}};
  const toml::table* table = entry.value.as_table();
  if (table == nullptr) {
    return entry.Error("must be a table");
  }
  return ReadTable(*table, entry.path, kReaders, policy);
}

absl::Status ReadRootFiles(const Entry& entry, Policy& policy) {
  ASSIGN_OR_RETURN(const std::vector<std::string> files, ReadTexts(entry));
  for (const std::string& file : files) {
    const absl::Status status = appraisal::LoadTrusted(Resolve(entry, file), policy.reference);
    if (!status.ok()) {
      return entry.Error(std::string(status.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status ReadRoots(const Entry& entry, Policy& policy) {
  static constexpr std::array<KeyReader, 1> kReaders = {{{"files", ReadRootFiles}}};
  const toml::table* table = entry.value.as_table();
  if (table == nullptr) {
    return entry.Error("must be a table");
  }
  return ReadTable(*table, entry.path, kReaders, policy);
}

absl::Status ReadAllowDebug(const Entry& entry, Policy& policy) {
  const auto* allowed = entry.value.as_boolean();
  if (allowed == nullptr) {
    return entry.Error("must be true or false");
  }
  policy.reference.allow_debug = allowed->get();
  return absl::OkStatus();
}

absl::Status ReadAt(const Entry& entry, Policy& policy) {
  const auto* text = entry.value.as_string();
  absl::Time time;
  std::string error;
  if (text == nullptr || !absl::ParseTime(absl::RFC3339_full, text->get(), &time, &error) ||
      time == absl::InfiniteFuture() || time == absl::InfinitePast()) {
    return entry.Error("must be a date as \"2026-03-01T12:00:00Z\"");
  }
  policy.at = time;
  return absl::OkStatus();
}

absl::Status ReadInitDataDigests(const Entry& entry, Policy& policy) {
  const toml::table* table = entry.value.as_table();
  if (table == nullptr) {
    return entry.Error("must be a table");
  }
  for (const auto& [key, value] : *table) {
    const auto* text = value.as_string();
    absl::StatusOr<base::Bytes> digest = base::HexDecode(text == nullptr ? "-" : text->get());
    if (!digest.ok() || digest->empty()) {
      return Entry{entry.path, key, value}.Error("must be hex digits");
    }
    policy.init_data_digests[std::string(key.str())] = *std::move(digest);
  }
  return absl::OkStatus();
}

constexpr std::array<KeyReader, 7> kTopReaders = {{{"allowed_tees", ReadAllowedTees},
                                                   {"denied_resources", ReadDeniedResources},
                                                   {"allow_debug", ReadAllowDebug},
                                                   {"at", ReadAt},
                                                   {"roots", ReadRoots},
                                                   {"init_data_digests", ReadInitDataDigests},
                                                   {"tpm", ReadTpm}}};

}  // namespace

bool Policy::AllowsTee(std::string_view tee) const {
  return std::find(allowed_tees.begin(), allowed_tees.end(), tee) != allowed_tees.end();
}

bool Policy::DeniesResource(std::string_view resource) const {
  return std::any_of(denied_resources.begin(), denied_resources.end(),
                     [resource](std::string_view pattern) {
                       if (pattern.ends_with('*')) {
                         pattern.remove_suffix(1);
                         return resource.starts_with(pattern);
                       }
                       return resource == pattern;
                     });
}

absl::StatusOr<Policy> ParsePolicy(std::string_view toml, const std::string& path) {
  ASSIGN_OR_RETURN(const toml::table root, base::ParseToml(toml, path));
  Policy policy;
  RETURN_IF_ERROR(ReadTable(root, path, kTopReaders, policy));
  return policy;
}

absl::StatusOr<Policy> ReadPolicy(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string toml, base::ReadFile(path, kMaxFileSize));
  return ParsePolicy(toml, path);
}

}  // namespace attestd::dev_kbs
