// SPDX-License-Identifier: Apache-2.0
#include "tee/tpm2/format/quote.h"

#include <algorithm>

#include "base/byte_reader.h"
#include "base/hash.h"

namespace attestd::tee::tpm2 {
namespace {

// TPM 2.0 library, part 2: TPM_GENERATED (6.2), TPM_ST (6.9), TPM_ALG_ID (6.3).
constexpr uint32_t kTpmGenerated = 0xff544347;
constexpr uint16_t kAttestQuote = 0x8018;
constexpr uint16_t kRsassa = 0x0014;
constexpr uint16_t kSha256 = 0x000b;
// HASH_COUNT is at most 16 (TPM2_NUM_PCR_BANKS) and PCR_SELECT_MAX at most 4 in known TPMs.
constexpr uint32_t kMaxSelections = 16;
constexpr size_t kMaxSelectSize = 4;

absl::Status Malformed(std::string_view message) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, message);
}

absl::StatusOr<base::Bytes> ReadSizedBytes(base::ByteReader& reader) {
  ASSIGN_OR_RETURN(const base::ByteView bytes, reader.ReadSized16Be());
  return base::ToBytes(bytes);
}

// TPMS_CLOCK_INFO (part 2, 10.11.1).
absl::Status ReadClockInfo(base::ByteReader& reader, Quote& quote) {
  ASSIGN_OR_RETURN(quote.clock, reader.ReadU64Be());
  ASSIGN_OR_RETURN(quote.reset_count, reader.ReadU32Be());
  ASSIGN_OR_RETURN(quote.restart_count, reader.ReadU32Be());
  ASSIGN_OR_RETURN(const uint8_t safe, reader.ReadU8());
  if (safe > 1) {
    return Malformed("safe is neither YES nor NO");
  }
  quote.safe = safe == 1;
  return absl::OkStatus();
}

// TPML_PCR_SELECTION (part 2, 10.9.7).
absl::StatusOr<std::vector<PcrSelection>> ReadSelections(base::ByteReader& reader) {
  ASSIGN_OR_RETURN(const uint32_t count, reader.ReadU32Be());
  if (count > kMaxSelections) {
    return Malformed("more than 16 PCR selections");
  }
  std::vector<PcrSelection> selections(count);
  for (PcrSelection& selection : selections) {
    ASSIGN_OR_RETURN(selection.hash, reader.ReadU16Be());
    ASSIGN_OR_RETURN(const uint8_t size, reader.ReadU8());
    if (size > kMaxSelectSize) {
      return Malformed("PCR bitmap over 4 bytes");
    }
    ASSIGN_OR_RETURN(const base::ByteView select, reader.ReadBytes(size));
    selection.select = base::ToBytes(select);
  }
  return selections;
}

absl::StatusOr<Quote> ReadQuote(base::ByteReader& reader) {
  ASSIGN_OR_RETURN(const uint32_t magic, reader.ReadU32Be());
  if (magic != kTpmGenerated) {
    return Malformed("magic is not TPM_GENERATED");
  }
  ASSIGN_OR_RETURN(const uint16_t type, reader.ReadU16Be());
  if (type != kAttestQuote) {
    return Malformed("type is not TPM_ST_ATTEST_QUOTE");
  }
  Quote quote;
  ASSIGN_OR_RETURN(quote.qualified_signer, ReadSizedBytes(reader));
  ASSIGN_OR_RETURN(quote.extra_data, ReadSizedBytes(reader));
  RETURN_IF_ERROR(ReadClockInfo(reader, quote));
  ASSIGN_OR_RETURN(quote.firmware_version, reader.ReadU64Be());
  ASSIGN_OR_RETURN(quote.pcr_selections, ReadSelections(reader));
  ASSIGN_OR_RETURN(quote.pcr_digest, ReadSizedBytes(reader));
  RETURN_IF_ERROR(reader.ExpectEnd());
  return quote;
}

absl::StatusOr<base::Bytes> ReadRsassaSha256(base::ByteReader& reader) {
  ASSIGN_OR_RETURN(const uint16_t scheme, reader.ReadU16Be());
  if (scheme != kRsassa) {
    return Malformed("scheme is not RSASSA");
  }
  ASSIGN_OR_RETURN(const uint16_t hash, reader.ReadU16Be());
  if (hash != kSha256) {
    return Malformed("hash is not SHA-256");
  }
  ASSIGN_OR_RETURN(base::Bytes signature, ReadSizedBytes(reader));
  RETURN_IF_ERROR(reader.ExpectEnd());
  return signature;
}

}  // namespace

absl::StatusOr<Quote> ParseQuote(base::ByteView message) {
  base::ByteReader reader(message);
  absl::StatusOr<Quote> quote = ReadQuote(reader);
  if (!quote.ok()) {
    return base::Annotate(quote.status(), "TPMS_ATTEST");
  }
  return quote;
}

absl::StatusOr<base::Bytes> ParseRsassaSha256(base::ByteView signature) {
  base::ByteReader reader(signature);
  absl::StatusOr<base::Bytes> bare = ReadRsassaSha256(reader);
  if (!bare.ok()) {
    return base::Annotate(bare.status(), "TPMT_SIGNATURE");
  }
  return bare;
}

bool SelectsAllSha256Pcrs(const Quote& quote) {
  if (quote.pcr_selections.size() != 1 || quote.pcr_selections[0].hash != kSha256) {
    return false;
  }
  // A TPM with more PCRs has a longer bitmap; those bits must be clear.
  const base::Bytes& select = quote.pcr_selections[0].select;
  constexpr std::ptrdiff_t kBytes = kPcrCount / 8;
  return select.size() >= kBytes &&
         std::all_of(select.begin(), select.begin() + kBytes,
                     [](uint8_t b) { return b == 0xff; }) &&
         std::all_of(select.begin() + kBytes, select.end(), [](uint8_t b) { return b == 0; });
}

absl::StatusOr<base::Bytes> PcrDigest(const PcrValues& pcrs) {
  base::Bytes all;
  all.reserve(kPcrCount * kSha256Size);
  for (const base::Bytes& pcr : pcrs) {
    if (pcr.size() != kSha256Size) {
      return Malformed("a sha256 PCR value is not 32 bytes");
    }
    all.insert(all.end(), pcr.begin(), pcr.end());
  }
  return base::Hash(base::HashAlgorithm::kSha256, all);
}

absl::StatusOr<base::Bytes> InitDataPcrValue(base::ByteView digest) {
  if (digest.size() != kSha256Size) {
    return Malformed("PCR 8 binds a digest of 32 bytes, not " + std::to_string(digest.size()) +
                     ": the init data must name the algorithm sha256");
  }
  return base::ExtendedValue(base::HashAlgorithm::kSha256, base::Bytes(kSha256Size), digest);
}

}  // namespace attestd::tee::tpm2
