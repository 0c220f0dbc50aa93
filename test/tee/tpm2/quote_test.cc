// SPDX-License-Identifier: Apache-2.0
#include "tee/tpm2/format/quote.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "test/tee/tpm2/quote_bytes.h"

namespace attestd::tee::tpm2 {
namespace {

// Offset of `safe` in TypicalQuote: header 6, name 2 + 34, extraData 2 + 32, clock 8, counts 4 + 4.
constexpr size_t kSafeOffset = 92;

TEST_CASE("ParseQuote reads every field") {
  const Quote written = TypicalQuote();
  const auto read = ParseQuote(QuoteBytes(written));
  REQUIRE(read.ok());
  CHECK(read->qualified_signer == written.qualified_signer);
  CHECK(read->extra_data == written.extra_data);
  CHECK(read->clock == written.clock);
  CHECK(read->reset_count == written.reset_count);
  CHECK(read->restart_count == written.restart_count);
  CHECK(read->safe == written.safe);
  CHECK(read->firmware_version == written.firmware_version);
  REQUIRE(read->pcr_selections.size() == 1);
  CHECK(read->pcr_selections[0].hash == 0x000b);
  CHECK(read->pcr_selections[0].select == base::Bytes{0xff, 0xff, 0xff});
  CHECK(read->pcr_digest == written.pcr_digest);
}

TEST_CASE("ParseQuote refuses a quote that is cut short at any length") {
  const base::Bytes whole = QuoteBytes(TypicalQuote());
  REQUIRE(ParseQuote(whole).ok());
  for (size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    const auto quote = ParseQuote(base::ByteView(whole).first(size));
    CHECK(quote.status().code() == absl::StatusCode::kInvalidArgument);
  }
}

struct BadQuote {
  std::string what;
  base::Bytes bytes;
  std::string message;
};

std::vector<BadQuote> BadQuotes() {
  base::Bytes longer = QuoteBytes(TypicalQuote());
  longer.push_back(0);
  base::Bytes unsafe = QuoteBytes(TypicalQuote());
  unsafe[kSafeOffset] = 2;
  Quote many = TypicalQuote();
  many.pcr_selections.resize(17);
  Quote wide = TypicalQuote();
  wide.pcr_selections[0].select = base::Bytes(5, 0xff);
  return {{"a byte too many", longer, "1 bytes left over"},
          {"magic", QuoteBytes(TypicalQuote(), {.magic = 0xff544346}), "TPM_GENERATED"},
          {"type certify", QuoteBytes(TypicalQuote(), {.type = 0x8017}), "TPM_ST_ATTEST_QUOTE"},
          {"safe", unsafe, "safe"},
          {"17 selections", QuoteBytes(many), "16"},
          {"bitmap of 5 bytes", QuoteBytes(wide), "bitmap"}};
}

TEST_CASE("ParseQuote refuses what is no quote and says why") {
  const auto bad = BadQuotes()[GENERATE(range(size_t{0}, size_t{6}))];
  INFO(bad.what);
  const auto quote = ParseQuote(bad.bytes);
  CHECK(quote.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(quote.status().message()), Catch::Contains(bad.message));
}

TEST_CASE("ParseQuote does not trust a count of selections that is not there") {
  Quote none = TypicalQuote();
  none.pcr_selections.clear();
  none.pcr_digest.clear();
  base::Bytes bytes = QuoteBytes(none);
  // The count stands before the 2-byte size of an empty digest.
  bytes[bytes.size() - 3] = 16;
  CHECK(ParseQuote(bytes).status().code() == absl::StatusCode::kInvalidArgument);
}

TEST_CASE("ParseRsassaSha256 returns the bare signature and nothing else") {
  const base::Bytes bare(256, 0x5a);
  const base::Bytes whole = SignatureBytes(bare);
  const auto parsed = ParseRsassaSha256(whole);
  REQUIRE(parsed.ok());
  CHECK(*parsed == bare);
  for (size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    CHECK_FALSE(ParseRsassaSha256(base::ByteView(whole).first(size)).ok());
  }
  base::Bytes longer = whole;
  longer.push_back(0);
  CHECK_FALSE(ParseRsassaSha256(longer).ok());
  CHECK_FALSE(ParseRsassaSha256(SignatureBytes(bare, 0x0016)).ok());          // RSAPSS
  CHECK_FALSE(ParseRsassaSha256(SignatureBytes(bare, 0x0014, 0x0004)).ok());  // SHA-1
}

TEST_CASE("SelectsAllSha256Pcrs wants one selection of exactly PCR 0 to 23") {
  const PcrSelection all = {.hash = 0x000b, .select = {0xff, 0xff, 0xff}};
  const auto selects = [](std::vector<PcrSelection> selections) {
    Quote quote = TypicalQuote();
    quote.pcr_selections = std::move(selections);
    return SelectsAllSha256Pcrs(quote);
  };
  CHECK(selects({all}));
  CHECK(selects({{.hash = 0x000b, .select = {0xff, 0xff, 0xff, 0x00}}}));
  CHECK_FALSE(selects({}));
  CHECK_FALSE(selects({all, all}));
  CHECK_FALSE(selects({{.hash = 0x0004, .select = {0xff, 0xff, 0xff}}}));
  CHECK_FALSE(selects({{.hash = 0x000b, .select = {}}}));
  CHECK_FALSE(selects({{.hash = 0x000b, .select = {0xff, 0xff}}}));
  CHECK_FALSE(selects({{.hash = 0x000b, .select = {0xff, 0x40, 0x00}}}));
  CHECK_FALSE(selects({{.hash = 0x000b, .select = {0xff, 0xff, 0xff, 0x01}}}));
}

TEST_CASE("PcrDigest is SHA-256 over the 24 values") {
  PcrValues pcrs;
  pcrs.fill(base::Bytes(kSha256Size, 0));
  const auto digest = PcrDigest(pcrs);
  REQUIRE(digest.ok());
  // head -c 768 /dev/zero | sha256sum
  CHECK(base::HexEncode(*digest) ==
        "ef115a0e0c15cdc41958ca46b5b14b456115f4baec5e3ca68599d2a8f435e3b8");
  pcrs[23][31] = 1;
  CHECK(*PcrDigest(pcrs) != *digest);
  pcrs[23].pop_back();
  CHECK(PcrDigest(pcrs).status().code() == absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace attestd::tee::tpm2
