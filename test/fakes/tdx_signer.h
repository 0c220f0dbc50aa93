// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FAKES_TDX_SIGNER_H_
#define ATTESTD_TEST_FAKES_TDX_SIGNER_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/certificate.h"
#include "base/status.h"

// Stands in for Intel's quoting enclave: signs TD quotes with throw-away keys under certificates of
// the same shape as Intel's (P-256 root, intermediate, PCK with the SGX extensions).
namespace attestd::fakes {

// The fields of a TD quote that tests set.
struct TdQuoteSpec {
  uint16_t version = 4;     // 5: with a TDX 1.5 body
  base::Bytes report_data;  // padded to 64
  uint64_t td_attributes = uint64_t{1} << 28;
  std::array<uint8_t, 48> mr_td{};
  std::array<uint8_t, 48> mr_config_id{};
  std::array<std::array<uint8_t, 48>, 4> rtmrs{};
  base::Bytes trailing;  // behind the quote
  // What a verifier must notice.
  uint32_t tee_type = 0x81;
  uint16_t key_type = 2;
  uint16_t body_type = 3;    // of version 5
  uint8_t qe_vendor = 0x93;  // first byte; the others are Intel's
  std::array<uint8_t, 16> tee_tcb_svn = {4, 1, 3};
  uint8_t qe_binding = 0;  // added to the first byte of the QE's report data
  uint8_t qe_attributes = 0x11;
  uint8_t qe_mr_signer = 0xdc;  // first byte; the others are Intel's
  uint16_t qe_svn = 4;
};

class TdxSigner {
 public:
  static absl::StatusOr<TdxSigner> Create();
  // Keys and certificates as PEM files in a folder: root.pem, intermediate.pem, pck.pem, pck.key,
  // attestation.key.
  absl::Status Save(const std::string& folder) const;
  static absl::StatusOr<TdxSigner> Load(const std::string& folder);

  const base::Certificate& root() const;
  const base::Certificate& intermediate() const;
  const base::Certificate& pck() const;
  absl::StatusOr<base::Bytes> Quote(const TdQuoteSpec& spec) const;
  // Signs collateral as Intel's provisioning service sends it: {"<member>":<body>,"signature":
  // "..."}. Like the two below only of a signer that was created here, not loaded.
  absl::StatusOr<std::string> Collateral(std::string_view member, std::string_view body) const;
  // The certificate that goes with it.
  const base::Certificate& tcb_signing() const;
  // A CRL (DER) of the root's, or of the intermediate's, which revokes these certificates.
  enum class Issuer { kRoot, kIntermediate };
  absl::StatusOr<base::Bytes> Crl(Issuer issuer, std::span<const base::Certificate> revoked) const;
  // A TDREPORT of 1024 bytes with the same fields; its MAC is nothing anybody could check.
  static base::Bytes TdReport(const TdQuoteSpec& spec);

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace attestd::fakes

#endif  // ATTESTD_TEST_FAKES_TDX_SIGNER_H_
