// SPDX-License-Identifier: Apache-2.0
// CBOR: what parses is written in shortest form, which parses to the same and is written the same.
// Covers: src/base/cbor.cc src/base/cbor_parse.cc
#include "base/cbor.h"
#include "fuzz/fuzz_target.h"

using attestd::base::EncodeCbor;
using attestd::base::ParseCbor;

FUZZ_TARGET(input) {
  const auto value = ParseCbor(input);
  if (!value.ok()) {
    return;
  }
  const attestd::base::Bytes shortest = EncodeCbor(*value);
  FUZZ_CHECK(shortest.size() <= input.size());
  const auto again = ParseCbor(shortest);
  FUZZ_CHECK(again.ok());
  FUZZ_CHECK(*again == *value);
  FUZZ_CHECK(EncodeCbor(*again) == shortest);
  (void)value->Find(1);
}
