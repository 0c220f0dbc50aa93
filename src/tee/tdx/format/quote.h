// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TDX_FORMAT_QUOTE_H_
#define ATTESTD_TEE_TDX_FORMAT_QUOTE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "base/status.h"

// ECDSA quotes of Intel's quoting enclaves (Intel TDX DCAP Quoting Library API, appendix A.3: TD
// quotes of version 4 and 5; Intel SGX ECDSA QuoteLibReference, appendix A.4: version 3).
namespace attestd::tee::tdx {

// Bits of td_attributes (Intel TDX Module ABI, "ATTRIBUTES").
constexpr uint64_t kAttributeDebug = uint64_t{1} << 0;
constexpr uint64_t kAttributeSeptVeDisable = uint64_t{1} << 28;
constexpr uint64_t kAttributeProtectionKeys = uint64_t{1} << 30;
constexpr uint64_t kAttributeKeyLocker = uint64_t{1} << 31;
constexpr uint64_t kAttributePerfmon = uint64_t{1} << 63;

constexpr uint32_t kTeeTypeSgx = 0x00;
constexpr uint32_t kTeeTypeTdx = 0x81;
// Longer than any quote: real ones have about 5 kB.
constexpr size_t kMaxQuoteSize = size_t{128} << 10;

struct QuoteHeader {
  uint16_t version = 0;
  uint16_t att_key_type = 0;  // 2: ECDSA-256 with curve P-256
  uint32_t tee_type = 0;
  std::array<uint8_t, 4> reserved{};  // in version 3: QE SVN and PCE SVN
  std::array<uint8_t, 16> qe_vendor{};
  std::array<uint8_t, 20> user_data{};
};

// TD_QUOTE_BODY: what the TDX module says of the guest.
struct TdBody {
  std::array<uint8_t, 16> tee_tcb_svn{};
  std::array<uint8_t, 48> mr_seam{};
  std::array<uint8_t, 48> mr_signer_seam{};
  uint64_t seam_attributes = 0;
  uint64_t td_attributes = 0;
  uint64_t xfam = 0;
  std::array<uint8_t, 48> mr_td{};
  std::array<uint8_t, 48> mr_config_id{};
  std::array<uint8_t, 48> mr_owner{};
  std::array<uint8_t, 48> mr_owner_config{};
  std::array<std::array<uint8_t, 48>, 4> rtmrs{};
  std::array<uint8_t, 64> report_data{};
  // Body type 3 (TDX 1.5) only.
  std::array<uint8_t, 16> tee_tcb_svn2{};
  std::array<uint8_t, 48> mr_service_td{};
};

// The report of an SGX enclave (REPORTBODY, 384 bytes): the body of a version 3 quote, and what
// every quote says of the quoting enclave.
struct EnclaveReport {
  std::array<uint8_t, 16> cpu_svn{};
  uint32_t misc_select = 0;
  std::array<uint8_t, 16> attributes{};
  std::array<uint8_t, 32> mr_enclave{};
  std::array<uint8_t, 32> mr_signer{};
  std::array<uint8_t, 64> config_id{};
  uint16_t isv_prod_id = 0;
  uint16_t isv_svn = 0;
  uint16_t config_svn = 0;
  std::array<uint8_t, 64> report_data{};
};

struct Quote {
  QuoteHeader header;
  // Of version 5: 2 (TDX 1.0) or 3 (TDX 1.5), as the quote has it; 0 in others.
  uint16_t body_type = 0;
  std::variant<TdBody, EnclaveReport> body;
  base::Bytes signed_bytes;     // header and body, what the attestation key signs
  base::Bytes signature;        // r || s, 64 bytes
  base::Bytes attestation_key;  // P-256 point x || y, 64 bytes
  EnclaveReport qe;
  base::Bytes qe_report;     // 384 bytes, what the PCK signs
  base::Bytes qe_signature;  // r || s, 64 bytes
  base::Bytes qe_auth;
  std::string pck_chain;  // PEM: PCK, intermediate, root

  // Null in an SGX quote.
  const TdBody* td() const { return std::get_if<TdBody>(&body); }
};

// A quote of version 3 (an SGX body), 4 (a TD body) or 5 (a TD body of type 2 or 3). What follows
// the signature data is passed over: there are attesters that fill up the buffer. Versions and
// lengths are judged, contents are not. InvalidArgument naming the field otherwise.
absl::StatusOr<Quote> ParseQuote(base::ByteView bytes);

}  // namespace attestd::tee::tdx

#endif  // ATTESTD_TEE_TDX_FORMAT_QUOTE_H_
