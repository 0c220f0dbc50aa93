// SPDX-License-Identifier: Apache-2.0
// CBOR: what parses is written in shortest form, which parses to the same and is written the same.
// Covers: src/base/cbor.cc src/base/cbor_parse.cc
#include <utility>
#include <vector>

#include "base/cbor.h"
#include "fuzz/fuzz_target.h"

using attestd::base::Cbor;
using attestd::base::EncodeCbor;
using attestd::base::ParseCbor;

namespace {

// The same value, made by hand as our own encoders make theirs.
Cbor Rebuild(const Cbor& value) {
  std::vector<Cbor> items;
  for (const Cbor& item : value.items) {
    items.push_back(Rebuild(item));
  }
  switch (value.kind) {
    case Cbor::Kind::kInteger:
      return Cbor::Integer(value.number);
    case Cbor::Kind::kBytes:
      return Cbor::ByteString(value.bytes);
    case Cbor::Kind::kText:
      return Cbor::Text(value.text);
    case Cbor::Kind::kArray:
      return Cbor::Array(std::move(items));
    case Cbor::Kind::kMap:
      return Cbor::Map(std::move(items));
    case Cbor::Kind::kTag:
      return Cbor::Tag(value.number, std::move(items.front()));
    case Cbor::Kind::kSimple:
      break;
  }
  return value;
}

}  // namespace

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
  FUZZ_CHECK(Rebuild(*value) == *value);
  FUZZ_CHECK(value->Find(1) == nullptr || value->kind == Cbor::Kind::kMap);
}
