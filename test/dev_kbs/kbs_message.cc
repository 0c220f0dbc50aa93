// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/kbs_message.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace attestd::dev_kbs {
namespace {

// kbs-types `Tee`, 0.16.
constexpr std::array<std::string_view, 13> kTees = {
    "az-snp-vtpm", "az-tdx-vtpm", "nvidia", "sgx",      "snp",    "tdx",         "cca",
    "csv",         "se",          "tpm",    "hygondcu", "sample", "sampledevice"};

constexpr std::array<std::string_view, 4> kEcMembers = {"crv", "alg", "x", "y"};
constexpr std::array<std::string_view, 3> kRsaMembers = {"alg", "n", "e"};

struct TeeKeyShape {
  std::string_view kty;
  std::span<const std::string_view> members;
};

// The shapes of "tee-pubkey"; which of them a secret can be encrypted to is jwe_encrypt's matter.
constexpr std::array<TeeKeyShape, 2> kTeeKeyShapes = {{{"EC", kEcMembers}, {"RSA", kRsaMembers}}};

absl::Status Invalid(std::string_view message) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, message);
}

// Three numbers with dots between, as far as this broker cares about semver.
bool LooksLikeSemver(std::string_view text) {
  return std::count(text.begin(), text.end(), '.') >= 2 && !text.empty() && text.front() >= '0' &&
         text.front() <= '9';
}

// The platform by today's name; empty when the protocol knows no such name. Trustee knew no TPM
// before 0.4.0: it is let through, since it is the platform that tests have.
std::string TeeName(const std::string& name, const Protocol& protocol) {
  constexpr std::array<std::array<std::string_view, 2>, 2> kAzure = {
      {{"azsnpvtpm", "az-snp-vtpm"}, {"aztdxvtpm", "az-tdx-vtpm"}}};
  for (const auto& [old_name, today] : kAzure) {
    if (!protocol.hyphenated_azure && (name == old_name || name == today)) {
      return name == old_name ? std::string(today) : "";
    }
  }
  return std::find(kTees.begin(), kTees.end(), name) == kTees.end() ? "" : name;
}

absl::StatusOr<base::Json> NormalizeTeeKey(const base::Json& key) {
  ASSIGN_OR_RETURN(const std::string kty, base::GetString(key, "kty"));
  for (const TeeKeyShape& shape : kTeeKeyShapes) {
    if (shape.kty != kty) {
      continue;
    }
    base::Json normal = {{"kty", kty}};
    for (const std::string_view member : shape.members) {
      ASSIGN_OR_RETURN(normal[std::string(member)], base::GetString(key, member));
    }
    return normal;
  }
  return Invalid("unknown kty");
}

}  // namespace

KbsAnswer Refuse(const ErrorKind& kind, std::string_view detail, std::string why) {
  const base::Json body = {{"type", "https://github.com/confidential-containers/kbs/errors/" +
                                        std::string(kind.variant)},
                           {"detail", std::string(kind.detail) + std::string(detail)}};
  KbsAnswer answer{.status = kind.status, .refusal = std::move(why)};
  // The detail can quote the request, which need not be UTF-8.
  const absl::StatusOr<std::string> text = base::DumpJson(body);
  answer.body = text.ok() ? *text : "{}";
  return answer;
}

absl::StatusOr<AuthRequest> ParseAuthRequest(std::string_view body, const Protocol& protocol) {
  const absl::StatusOr<base::Json> json = base::ParseJson(body);
  if (!json.ok() || !base::GetMember(*json, "extra-params").ok()) {
    return Invalid("deserialize Request");
  }
  const absl::StatusOr<std::string> version = base::GetString(*json, "version");
  const std::string tee = TeeName(base::GetString(*json, "tee").value_or(""), protocol);
  if (!version.ok() || tee.empty()) {
    return Invalid("deserialize Request");
  }
  if (!LooksLikeSemver(*version)) {
    return Invalid("failed to parse KBS version");
  }
  if (*version != protocol.version) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition,
                            std::string(protocol.mismatch[0]) + std::string(protocol.version) +
                                std::string(protocol.mismatch[1]) + *version);
  }
  return AuthRequest{.tee = tee};
}

namespace {

// {"format": "toml", "body": text}; absent or null: none.
absl::StatusOr<std::optional<std::string>> ReadInitData(const base::Json& json) {
  const auto found = json.find("init-data");
  if (found == json.end() || found->is_null()) {
    return std::nullopt;
  }
  ASSIGN_OR_RETURN(const std::string format, base::GetString(*found, "format"));
  if (format != "toml") {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            "init-data: \"format\" is not \"toml\"");
  }
  ASSIGN_OR_RETURN(std::string body, base::GetString(*found, "body"));
  return body;
}

}  // namespace

namespace {

absl::Status ReadTeeKey(const base::Json& object, Attestation& attestation) {
  ASSIGN_OR_RETURN(const base::Json* key, base::GetMember(object, "tee-pubkey"));
  absl::StatusOr<base::Json> normal = NormalizeTeeKey(*key);
  if (!normal.ok()) {
    return base::Annotate(normal.status(), "tee-pubkey");
  }
  attestation.tee_pubkey = *std::move(normal);
  return absl::OkStatus();
}

// {"runtime-data", "tee-evidence", "init-data"?}
absl::StatusOr<Attestation> ReadComposite(const base::Json& json) {
  ASSIGN_OR_RETURN(const base::Json* runtime_data, base::GetMember(json, "runtime-data"));
  ASSIGN_OR_RETURN(const base::Json* tee_evidence, base::GetMember(json, "tee-evidence"));
  Attestation attestation;
  ASSIGN_OR_RETURN(attestation.nonce, base::GetString(*runtime_data, "nonce"));
  RETURN_IF_ERROR(ReadTeeKey(*runtime_data, attestation));
  ASSIGN_OR_RETURN(const base::Json* primary, base::GetMember(*tee_evidence, "primary_evidence"));
  attestation.primary_evidence = *primary;
  ASSIGN_OR_RETURN(attestation.additional_evidence,
                   base::GetString(*tee_evidence, "additional_evidence"));
  ASSIGN_OR_RETURN(attestation.init_data, ReadInitData(json));
  return attestation;
}

}  // namespace

absl::StatusOr<Attestation> ParseAttestation(std::string_view body, const Protocol& protocol) {
  ASSIGN_OR_RETURN(const base::Json json, base::ParseJson(body));
  if (protocol.composite) {
    return ReadComposite(json);
  }
  Attestation attestation;
  attestation.composite = false;
  RETURN_IF_ERROR(ReadTeeKey(json, attestation));
  ASSIGN_OR_RETURN(const base::Json* evidence, base::GetMember(json, "tee-evidence"));
  attestation.primary_evidence = *evidence;
  return attestation;
}

std::string FindCookie(std::string_view header, std::string_view name) {
  while (!header.empty()) {
    const size_t end = std::min(header.find(';'), header.size());
    std::string_view pair = header.substr(0, end);
    pair.remove_prefix(std::min(pair.find_first_not_of(' '), pair.size()));
    if (pair.size() > name.size() && pair.substr(0, name.size()) == name &&
        pair[name.size()] == '=') {
      return std::string(pair.substr(name.size() + 1));
    }
    header.remove_prefix(std::min(end + 1, header.size()));
  }
  return "";
}

}  // namespace attestd::dev_kbs
