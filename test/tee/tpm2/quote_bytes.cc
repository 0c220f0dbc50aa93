// SPDX-License-Identifier: Apache-2.0
#include "test/tee/tpm2/quote_bytes.h"

namespace attestd::tee::tpm2 {
namespace {

void Append(base::Bytes& out, uint64_t value, int size) {
  for (int i = size - 1; i >= 0; --i) {
    out.push_back(static_cast<uint8_t>(value >> (8 * i)));
  }
}

void AppendBytes(base::Bytes& out, base::ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

void AppendSized(base::Bytes& out, base::ByteView bytes) {
  Append(out, bytes.size(), 2);
  AppendBytes(out, bytes);
}

}  // namespace

Quote TypicalQuote() {
  Quote quote;
  quote.qualified_signer = base::Bytes(34, 0x51);
  quote.extra_data = base::Bytes(kSha256Size, 0xed);
  quote.clock = 0x0102030405060708;
  quote.reset_count = 7;
  quote.restart_count = 3;
  quote.safe = true;
  quote.firmware_version = 0x2019102300163636;
  quote.pcr_selections = {{.hash = 0x000b, .select = {0xff, 0xff, 0xff}}};
  quote.pcr_digest = base::Bytes(kSha256Size, 0xd1);
  return quote;
}

base::Bytes QuoteBytes(const Quote& quote, const AttestHeader& header) {
  base::Bytes out;
  Append(out, header.magic, 4);
  Append(out, header.type, 2);
  AppendSized(out, quote.qualified_signer);
  AppendSized(out, quote.extra_data);
  Append(out, quote.clock, 8);
  Append(out, quote.reset_count, 4);
  Append(out, quote.restart_count, 4);
  Append(out, quote.safe ? 1 : 0, 1);
  Append(out, quote.firmware_version, 8);
  Append(out, quote.pcr_selections.size(), 4);
  for (const PcrSelection& selection : quote.pcr_selections) {
    Append(out, selection.hash, 2);
    Append(out, selection.select.size(), 1);
    AppendBytes(out, selection.select);
  }
  AppendSized(out, quote.pcr_digest);
  return out;
}

base::Bytes SignatureBytes(base::ByteView signature, uint16_t scheme, uint16_t hash) {
  base::Bytes out;
  Append(out, scheme, 2);
  Append(out, hash, 2);
  AppendSized(out, signature);
  return out;
}

}  // namespace attestd::tee::tpm2
