// SPDX-License-Identifier: Apache-2.0
// Answers of Azure's metadata service.
// Covers: src/tee/azure_vtpm/format/imds.cc src/tee/snp/format/vcek.cc
#include "fuzz/fuzz_target.h"
#include "tee/azure_vtpm/format/imds.h"

namespace azure = attestd::tee::azure_vtpm;

FUZZ_TARGET(input) {
  const std::string_view text = attestd::base::AsText(input);
  if (const auto certification = azure::ParseAmdCertification(text); certification.ok()) {
    FUZZ_CHECK(azure::FitsChip(certification->vcek, attestd::base::Bytes(64)));
    (void)azure::FitsChip(certification->vcek, attestd::base::Bytes(64, 1));
  }
  for (const auto alphabet : {azure::Base64Alphabet::kUrlSafe, azure::Base64Alphabet::kStandard}) {
    FUZZ_CHECK(azure::TdQuoteRequest(input, alphabet).size() > input.size());
  }
  if (const auto quote = azure::ParseTdQuoteReply(text); quote.ok()) {
    FUZZ_CHECK(!quote->empty() && quote->size() < input.size());
  }
}
