// SPDX-License-Identifier: Apache-2.0
#include "appraisal/checks.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"

namespace attestd::appraisal {
namespace {

std::string TimeText(absl::Time time) {
  return absl::FormatTime(absl::RFC3339_sec, time, absl::UTCTimeZone());
}

// Empty when the certificate is valid at that time.
std::string DateProblem(const base::Certificate& certificate, absl::Time at) {
  const absl::StatusOr<absl::Time> begin = certificate.NotBefore();
  const absl::StatusOr<absl::Time> end = certificate.NotAfter();
  if (!begin.ok() || !end.ok()) {
    return "\"" + certificate.Subject() + "\" has a malformed date";
  }
  if (*begin <= at && at <= *end) {
    return "";
  }
  return "\"" + certificate.Subject() + "\" is valid from " + TimeText(*begin) + " to " +
         TimeText(*end);
}

}  // namespace

Check CompareTexts(std::string name, std::string expected, std::string found) {
  const bool passed = expected == found;
  return {.name = std::move(name),
          .passed = passed,
          .expected = std::move(expected),
          .found = std::move(found)};
}

Check ComparePadded(std::string name, base::ByteView expected, base::ByteView found) {
  base::Bytes padded = base::ToBytes(expected);
  padded.resize(std::max(padded.size(), found.size()));
  return CompareTexts(std::move(name), base::HexEncode(padded), base::HexEncode(found));
}

Check CompareCut(std::string name, base::ByteView expected, base::ByteView found) {
  return ComparePadded(std::move(name), expected.first(std::min(expected.size(), found.size())),
                       found);
}

Check CheckDates(std::string name, std::span<const base::Certificate> certificates, absl::Time at) {
  std::string problem = certificates.empty() ? "no certificate" : "";
  for (const base::Certificate& certificate : certificates) {
    if (problem.empty()) {
      problem = DateProblem(certificate, at);
    }
  }
  return {.name = std::move(name),
          .passed = problem.empty(),
          .expected = "each certificate valid at " + TimeText(at),
          .found = problem.empty() ? "valid" : problem};
}

}  // namespace attestd::appraisal
