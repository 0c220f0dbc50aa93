// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <string>

#include "appraisal/checks.h"
#include "appraisal/platforms.h"
#include "base/encoding.h"
#include "base/json.h"

namespace attestd::appraisal {
namespace {

// The sample evidence as Trustee reads it: {"svn": text, "report_data": base64, "" by default}.
struct SampleEvidence {
  std::string svn;
  std::string report_data;
};

absl::StatusOr<SampleEvidence> ParseSample(std::string_view json) {
  ASSIGN_OR_RETURN(const base::Json value, base::ParseJson(json));
  SampleEvidence evidence;
  ASSIGN_OR_RETURN(evidence.svn, base::GetString(value, "svn"));
  if (value.contains("report_data")) {
    ASSIGN_OR_RETURN(evidence.report_data, base::GetString(value, "report_data"));
  }
  return evidence;
}

}  // namespace

absl::StatusOr<Appraisal> AppraiseSample(const Question& question) {
  const absl::StatusOr<SampleEvidence> evidence = ParseSample(question.evidence_json);
  if (!evidence.ok()) {
    return base::Annotate(evidence.status(), "sample evidence");
  }
  Appraisal appraisal;
  const absl::StatusOr<base::Bytes> found = base::Base64Decode(evidence->report_data);
  if (question.report_data.has_value()) {
    appraisal.checks.push_back(CompareTexts("report_data", base::HexEncode(*question.report_data),
                                            found.ok() ? base::HexEncode(*found) : "not base64"));
  }
  // The constants are those of Trustee's sample verifier.
  appraisal.claims = {{"svn", evidence->svn},
                      {"report_data", evidence->report_data},
                      {"launch_digest", "abcde"},
                      {"debug", false},
                      {"platform_version", {{"major", 1}, {"minor", 4}}}};
  return appraisal;
}

}  // namespace attestd::appraisal
