// SPDX-License-Identifier: Apache-2.0
#include "tee/tdx/format/quote.h"

#include <algorithm>

#include "base/byte_reader.h"

namespace attestd::tee::tdx {
namespace {

constexpr size_t kTdBodySize = 584;
constexpr size_t kTdBody15Size = 648;
constexpr size_t kEnclaveReportSize = 384;
constexpr size_t kEcdsaSize = 64;
constexpr uint16_t kBodyTdx10 = 2;
constexpr uint16_t kBodyTdx15 = 3;
// Kinds of certification data: the PCK chain in PEM, and a QE report with its own certification.
constexpr uint16_t kCertPckChain = 5;
constexpr uint16_t kCertQeReport = 6;

absl::Status Malformed(const std::string& what) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, what);
}

// Reads fields one after the other; after the first that is not there all are left as they are.
class FieldReader {
 public:
  explicit FieldReader(base::ByteReader& reader) : reader_(reader) {}

  template <size_t Size>
  FieldReader& Into(std::array<uint8_t, Size>& field) {
    if (const base::ByteView bytes = Take(Size); bytes.size() == Size) {
      std::copy(bytes.begin(), bytes.end(), field.begin());
    }
    return *this;
  }
  FieldReader& Into(uint16_t& field) { return Number(field, reader_.ReadU16Le()); }
  FieldReader& Into(uint32_t& field) { return Number(field, reader_.ReadU32Le()); }
  FieldReader& Into(uint64_t& field) { return Number(field, reader_.ReadU64Le()); }
  FieldReader& Skip(size_t size) {
    Take(size);
    return *this;
  }
  const absl::Status& status() const { return status_; }

 private:
  base::ByteView Take(size_t size) {
    absl::StatusOr<base::ByteView> bytes = reader_.ReadBytes(size);
    status_.Update(bytes.status());
    return bytes.ok() ? *bytes : base::ByteView();
  }
  template <typename T>
  FieldReader& Number(T& field, const absl::StatusOr<T>& value) {
    status_.Update(value.status());
    field = value.ok() ? *value : field;
    return *this;
  }

  base::ByteReader& reader_;
  absl::Status status_;
};

absl::StatusOr<QuoteHeader> ReadHeader(base::ByteReader& reader) {
  QuoteHeader header;
  RETURN_IF_ERROR(FieldReader(reader)
                      .Into(header.version)
                      .Into(header.att_key_type)
                      .Into(header.tee_type)
                      .Into(header.reserved)
                      .Into(header.qe_vendor)
                      .Into(header.user_data)
                      .status());
  return header;
}

absl::StatusOr<TdBody> ReadTdBody(base::ByteReader& reader, bool tdx15) {
  TdBody body;
  FieldReader fields(reader);
  fields.Into(body.tee_tcb_svn)
      .Into(body.mr_seam)
      .Into(body.mr_signer_seam)
      .Into(body.seam_attributes)
      .Into(body.td_attributes)
      .Into(body.xfam)
      .Into(body.mr_td)
      .Into(body.mr_config_id)
      .Into(body.mr_owner)
      .Into(body.mr_owner_config);
  for (std::array<uint8_t, 48>& rtmr : body.rtmrs) {
    fields.Into(rtmr);
  }
  fields.Into(body.report_data);
  if (tdx15) {
    fields.Into(body.tee_tcb_svn2).Into(body.mr_service_td);
  }
  RETURN_IF_ERROR(fields.status());
  return body;
}

absl::StatusOr<EnclaveReport> ReadEnclaveReport(base::ByteReader& reader) {
  EnclaveReport report;
  RETURN_IF_ERROR(FieldReader(reader)
                      .Into(report.cpu_svn)
                      .Into(report.misc_select)
                      .Skip(28)  // reserved, ISVEXTPRODID
                      .Into(report.attributes)
                      .Into(report.mr_enclave)
                      .Skip(32)
                      .Into(report.mr_signer)
                      .Skip(32)
                      .Into(report.config_id)
                      .Into(report.isv_prod_id)
                      .Into(report.isv_svn)
                      .Into(report.config_svn)
                      .Skip(58)  // reserved, ISVFAMILYID
                      .Into(report.report_data)
                      .status());
  return report;
}

// The type and size in front of a version 5 body. InvalidArgument when they do not agree.
absl::StatusOr<uint16_t> ReadBodyType(base::ByteReader& reader) {
  ASSIGN_OR_RETURN(const uint16_t type, reader.ReadU16Le());
  ASSIGN_OR_RETURN(const uint32_t size, reader.ReadU32Le());
  if (type != kBodyTdx10 && type != kBodyTdx15) {
    return Malformed("body type: expected 2 or 3, found " + std::to_string(type));
  }
  const size_t expected = type == kBodyTdx15 ? kTdBody15Size : kTdBodySize;
  if (size != expected) {
    return Malformed("size of body type " + std::to_string(type) + ": expected " +
                     std::to_string(expected) + ", found " + std::to_string(size));
  }
  return type;
}

absl::Status ReadBody(base::ByteReader& reader, Quote& quote) {
  switch (quote.header.version) {
    case 3: {
      ASSIGN_OR_RETURN(quote.body, ReadEnclaveReport(reader));
      return absl::OkStatus();
    }
    case 4: {
      ASSIGN_OR_RETURN(quote.body, ReadTdBody(reader, /*tdx15=*/false));
      return absl::OkStatus();
    }
    case 5: {
      ASSIGN_OR_RETURN(quote.body_type, ReadBodyType(reader));
      ASSIGN_OR_RETURN(quote.body, ReadTdBody(reader, quote.body_type == kBodyTdx15));
      return absl::OkStatus();
    }
    default:
      return Malformed("version: expected 3, 4 or 5, found " +
                       std::to_string(quote.header.version));
  }
}

absl::StatusOr<base::Bytes> CopyBytes(base::ByteReader& reader, size_t size) {
  ASSIGN_OR_RETURN(const base::ByteView bytes, reader.ReadBytes(size));
  return base::ToBytes(bytes);
}

// u16 type, u32 size, and that many bytes.
absl::StatusOr<base::ByteView> ReadCertData(base::ByteReader& reader, uint16_t expected) {
  ASSIGN_OR_RETURN(const uint16_t type, reader.ReadU16Le());
  ASSIGN_OR_RETURN(const uint32_t size, reader.ReadU32Le());
  if (type != expected) {
    return Malformed("certification data: expected type " + std::to_string(expected) + ", found " +
                     std::to_string(type));
  }
  return reader.ReadBytes(size);
}

// QE report, its signature, authentication data, and the PCK chain.
absl::Status ReadQe(base::ByteReader& reader, Quote& quote) {
  ASSIGN_OR_RETURN(quote.qe_report, CopyBytes(reader, kEnclaveReportSize));
  base::ByteReader report(quote.qe_report);
  ASSIGN_OR_RETURN(quote.qe, ReadEnclaveReport(report));
  ASSIGN_OR_RETURN(quote.qe_signature, CopyBytes(reader, kEcdsaSize));
  ASSIGN_OR_RETURN(const uint16_t auth_size, reader.ReadU16Le());
  ASSIGN_OR_RETURN(quote.qe_auth, CopyBytes(reader, auth_size));
  ASSIGN_OR_RETURN(const base::ByteView chain, ReadCertData(reader, kCertPckChain));
  quote.pck_chain = std::string(base::AsText(chain));
  return reader.ExpectEnd();
}

absl::Status ReadSignatureData(base::ByteView bytes, Quote& quote) {
  base::ByteReader reader(bytes);
  ASSIGN_OR_RETURN(quote.signature, CopyBytes(reader, kEcdsaSize));
  ASSIGN_OR_RETURN(quote.attestation_key, CopyBytes(reader, kEcdsaSize));
  if (quote.header.version == 3) {
    return ReadQe(reader, quote);
  }
  ASSIGN_OR_RETURN(const base::ByteView data, ReadCertData(reader, kCertQeReport));
  RETURN_IF_ERROR(reader.ExpectEnd());
  base::ByteReader qe(data);
  return ReadQe(qe, quote);
}

absl::StatusOr<Quote> Read(base::ByteView bytes) {
  if (bytes.size() > kMaxQuoteSize) {
    return Malformed("expected at most " + std::to_string(kMaxQuoteSize) + " bytes, found " +
                     std::to_string(bytes.size()));
  }
  Quote quote;
  base::ByteReader reader(bytes);
  ASSIGN_OR_RETURN(quote.header, ReadHeader(reader));
  RETURN_IF_ERROR(ReadBody(reader, quote));
  quote.signed_bytes = base::ToBytes(bytes.first(reader.offset()));
  ASSIGN_OR_RETURN(const uint32_t size, reader.ReadU32Le());
  ASSIGN_OR_RETURN(const base::ByteView signature_data, reader.ReadBytes(size));
  const absl::Status status = ReadSignatureData(signature_data, quote);
  if (!status.ok()) {
    return base::Annotate(status, "signature data");
  }
  return quote;
}

}  // namespace

absl::StatusOr<Quote> ParseQuote(base::ByteView bytes) {
  absl::StatusOr<Quote> quote = Read(bytes);
  if (!quote.ok()) {
    return base::Annotate(quote.status(), "TD quote");
  }
  return quote;
}

}  // namespace attestd::tee::tdx
