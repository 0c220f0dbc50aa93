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

}  // namespace

Check CompareTexts(std::string name, std::string expected, std::string found) {
  const bool passed = expected == found;
  return {.name = std::move(name),
          .passed = passed,
          .expected = std::move(expected),
          .found = std::move(found)};
}

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
  return "";
}

absl::StatusOr<Appraisal> Appraise(std::string_view tee, const Question& question) {
  std::string known;
  for (const Platform& platform : kPlatforms) {
    if (platform.tee == tee) {
      return platform.appraise(question);
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
