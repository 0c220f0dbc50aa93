// SPDX-License-Identifier: Apache-2.0
#include "appraisal/appraisal.h"

#include <algorithm>
#include <string>
#include <utility>

#include "appraisal/platforms.h"

namespace attestd::appraisal {
namespace {

struct Platform {
  std::string_view tee;
  absl::StatusOr<Appraisal> (*appraise)(const Question& question);
};

// The broker's words for the platforms (Trustee, kbs-types `Tee`).
constexpr Platform kPlatforms[] = {
    {"az-snp-vtpm", AppraiseAzSnpVtpm},
    {"az-tdx-vtpm", AppraiseAzTdxVtpm},
    {"tdx", AppraiseTdx},
    {"sgx", AppraiseSgx},
    {"cca", AppraiseCca},
    {"snp", AppraiseSnp},
    {"tpm", AppraiseTpm},
    {"sample", AppraiseSample},
    {"sampledevice", AppraiseSample},
};

bool HasCheck(const std::vector<Check>& checks, std::string_view name) {
  return std::any_of(checks.begin(), checks.end(), [name](const Check& check) {
    return check.name == name || check.name.starts_with(std::string(name) + ".");
  });
}

// Silence is no judgement: evidence passes only where each question found its check.
void FailUnjudged(const Question& question, std::vector<Check>& checks) {
  const std::pair<std::string_view, bool> asked[] = {
      {"report_data", question.report_data.has_value()},
      {"init_data", question.reference.init_data_digest.has_value()},
      {"event_log", question.event_log.has_value()}};
  for (const auto& [name, is_asked] : asked) {
    if (is_asked && !HasCheck(checks, name)) {
      checks.push_back({.name = std::string(name),
                        .passed = false,
                        .expected = "evidence in which it can be judged",
                        .found = "not judged for this platform or this evidence"});
    }
  }
}

}  // namespace

bool Appraisal::passed() const {
  return !checks.empty() &&
         std::all_of(checks.begin(), checks.end(), [](const Check& check) { return check.passed; });
}

std::string Appraisal::FirstFailure() const {
  for (const Check& check : checks) {
    if (!check.passed) {
      return check.name + ": expected " + check.expected + ", found " + check.found;
    }
  }
  return checks.empty() ? "no check was made" : "";
}

absl::StatusOr<Appraisal> Appraise(std::string_view tee, const Question& question) {
  std::string known;
  for (const Platform& platform : kPlatforms) {
    if (platform.tee == tee) {
      ASSIGN_OR_RETURN(Appraisal appraisal, platform.appraise(question));
      if (appraisal.passed() || appraisal.checks.empty()) {
        FailUnjudged(question, appraisal.checks);
      }
      return appraisal;
    }
    known += (known.empty() ? "" : ", ") + std::string(platform.tee);
  }
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          "no verifier for evidence of this platform; known: " + known);
}

std::vector<std::string_view> KnownPlatforms() {
  std::vector<std::string_view> names;
  for (const Platform& platform : kPlatforms) {
    names.push_back(platform.tee);
  }
  return names;
}

}  // namespace attestd::appraisal
