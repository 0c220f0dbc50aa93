// SPDX-License-Identifier: Apache-2.0
#include "evidence/caller_data.h"

#include <string>
#include <string_view>

#include "base/hash.h"

namespace attestd::evidence {
namespace {

// With its terminating zero.
constexpr std::string_view kTag("attestd caller data v1\0", 23);

base::HashAlgorithm LongestWithin(size_t limit) {
  constexpr size_t kSha384Size = 48;
  constexpr size_t kSha512Size = 64;
  if (limit >= kSha512Size) {
    return base::HashAlgorithm::kSha512;
  }
  return limit >= kSha384Size ? base::HashAlgorithm::kSha384 : base::HashAlgorithm::kSha256;
}

}  // namespace

absl::StatusOr<ReportData> BindCallerData(CallerData rule, base::ByteView bytes, size_t limit) {
  const size_t most = rule == CallerData::kRaw ? limit : ReportData::kMaxSize;
  if (bytes.size() > most) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, base::Reason::kTooLarge,
                            "report data is " + std::to_string(bytes.size()) +
                                " bytes; the evidence carries at most " + std::to_string(most));
  }
  if (rule == CallerData::kRaw) {
    return ReportData::Create(bytes);
  }
  base::Bytes tagged = base::ToBytes(base::AsBytes(kTag));
  tagged.insert(tagged.end(), bytes.begin(), bytes.end());
  ASSIGN_OR_RETURN(const base::Bytes digest, base::Hash(LongestWithin(limit), tagged));
  return ReportData::Create(digest);
}

}  // namespace attestd::evidence
