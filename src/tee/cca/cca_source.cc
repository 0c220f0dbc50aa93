// SPDX-License-Identifier: Apache-2.0
#include "tee/cca/cca_source.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "tee/cca/format/evidence.h"

namespace attestd::tee::cca {
namespace {

absl::Status BadToken(std::string_view why) {
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                          "the realm's token failed the check before sending: " + std::string(why));
}

// A token over the challenge of 64 bytes, and what it says.
struct CheckedToken {
  base::Bytes bytes;
  Token token;
};

absl::StatusOr<CheckedToken> GetToken(const tsm::TsmReporter& reporter, base::Bytes challenge,
                                      base::Deadline deadline) {
  ASSIGN_OR_RETURN(
      tsm::TsmReport report,
      reporter.Get({.inblob = challenge, .privlevel = {}, .max_outblob = kMaxTokenSize}, deadline));
  absl::StatusOr<Token> token = ParseToken(report.outblob);
  if (!token.ok()) {
    return BadToken(std::string(token.status().message()));
  }
  const auto& found = token->realm.challenge;
  if (!std::equal(found.begin(), found.end(), challenge.begin(), challenge.end())) {
    return BadToken("its challenge is not the report data");
  }
  return CheckedToken{.bytes = std::move(report.outblob), .token = *std::move(token)};
}

}  // namespace

absl::Status CcaSource::Check() { return reporter_.Check(); }

absl::StatusOr<evidence::Evidence> CcaSource::Collect(const evidence::ReportData& report_data,
                                                      base::Deadline deadline) {
  ASSIGN_OR_RETURN(const CheckedToken checked,
                   GetToken(reporter_, report_data.Regularized(kChallengeSize), deadline));
  return evidence::Evidence{.json = FormatEvidence(checked.bytes)};
}

absl::Status CcaSource::BindInitData(base::ByteView digest, base::Deadline deadline) {
  ASSIGN_OR_RETURN(const evidence::ReportData wanted, evidence::ReportData::Create(digest));
  const base::Bytes expected = wanted.Regularized(kChallengeSize);
  ASSIGN_OR_RETURN(const CheckedToken checked,
                   GetToken(reporter_, base::Bytes(kChallengeSize), deadline));
  const auto& found = checked.token.realm.personalization_value;
  if (!std::equal(found.begin(), found.end(), expected.begin(), expected.end())) {
    return base::MakeStatus(
        absl::StatusCode::kFailedPrecondition, base::Reason::kInitDataUnbound,
        "the realm's personalization value is not the digest of the init data: expected " +
            base::HexEncode(expected) + ", found " + base::HexEncode(found) +
            "; the host sets it when it launches the realm");
  }
  return absl::OkStatus();
}

}  // namespace attestd::tee::cca
