// SPDX-License-Identifier: Apache-2.0
// CCA tokens, and the evidence JSON around them.
// Covers: src/tee/cca/format/token.cc src/tee/cca/format/claims.cc src/tee/cca/format/evidence.cc
#include "fuzz/fuzz_target.h"
#include "tee/cca/format/evidence.h"
#include "tee/cca/format/token.h"

namespace cca = attestd::tee::cca;

namespace {

void UseToken(attestd::base::ByteView bytes) {
  const auto token = cca::ParseToken(bytes);
  if (!token.ok()) {
    return;
  }
  FUZZ_CHECK(token->platform_signature.value.size() + token->realm_signature.value.size() <
             bytes.size());
  if (const auto point = cca::RealmKeyPoint(token->realm); point.ok()) {
    FUZZ_CHECK(point->size() == 96);
  }
}

}  // namespace

FUZZ_TARGET(input) {
  UseToken(input);
  const auto token = cca::ParseEvidence(attestd::base::AsText(input));
  if (!token.ok()) {
    return;
  }
  const auto again = cca::ParseEvidence(cca::FormatEvidence(*token));
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(*again == *token);
  UseToken(*token);
}
