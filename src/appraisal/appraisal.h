// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_APPRAISAL_APPRAISAL_H_
#define ATTESTD_APPRAISAL_APPRAISAL_H_

#include <absl/time/clock.h>
#include <absl/time/time.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/certificate.h"
#include "base/json.h"
#include "base/public_key.h"
#include "base/status.h"

// The verifier's side (RFC 9334): judges evidence of a platform. Never used on the daemon's path.
namespace attestd::appraisal {

// One question that was put to the evidence.
struct Check {
  std::string name;  // "quote.magic", "report_data", "pcr.digest", ...
  bool passed = false;
  std::string expected;
  std::string found;
};

// The verdict. Claims are what the evidence says, in the words of Trustee's verifier.
// NOLINTNEXTLINE(bugprone-exception-escape): the JSON library's move has assertions only.
struct Appraisal {
  std::vector<Check> checks;
  base::Json claims;

  bool passed() const;
  // The first check that failed as "name: expected X, found Y", or that none was made; empty when
  // passed().
  std::string FirstFailure() const;
};

// What the verifier holds true of this machine.
struct ReferenceValues {
  // DER SubjectPublicKeyInfo of the attestation keys that may sign; empty trusts none. ("tpm")
  std::vector<base::Bytes> trusted_aks = {};
  // sha256 PCR values, by index; others are free.
  std::map<int, base::Bytes> expected_pcrs = {};

  // Certificates that may complete a chain. Self-issued ones among them are trusted as roots,
  // beside the keys of AMD and Intel that are built in.
  std::vector<base::Certificate> roots = {};
  // Keys trusted to sign CCA platform tokens.
  std::vector<base::PublicKey> platform_keys = {};
  // Intel's collateral: texts of TCB info and QE identity (JSON), and CRLs (DER).
  std::vector<std::string> collateral = {};
  std::vector<base::Bytes> crls = {};

  // Digest of the init data that must be bound; nothing: any.
  std::optional<base::Bytes> init_data_digest = {};
  // The clock that dates are judged by.
  absl::Time at = absl::Now();
  bool allow_debug = false;
};

// What is judged, and by what; all is borrowed.
struct Question {
  // The evidence as an attester sends it ...
  std::string_view evidence_json = {};
  // ... or, when that is empty, a report or quote as the hardware made it, with certificates that
  // came beside it.
  base::ByteView raw = {};
  std::span<const base::Certificate> certificates = {};
  // The unpadded digest that the evidence must be bound to; nothing: not judged.
  std::optional<base::ByteView> report_data = {};
  // An event log to be replayed; nothing: that inside the evidence, if any.
  std::optional<base::ByteView> event_log = {};
  const ReferenceValues& reference;
};

// Judges evidence of the named platform: "tpm", "snp", "tdx", "az-snp-vtpm", "az-tdx-vtpm", "cca",
// "sample", "sampledevice". InvalidArgument: unknown platform (the known ones are listed), or
// evidence that cannot be read at all; everything else is a failed check, and so is report data,
// init data or an event log of the question that the platform's verifier has no check for.
absl::StatusOr<Appraisal> Appraise(std::string_view tee, const Question& question);

// The names that Appraise knows.
std::vector<std::string_view> KnownPlatforms();

}  // namespace attestd::appraisal

#endif  // ATTESTD_APPRAISAL_APPRAISAL_H_
