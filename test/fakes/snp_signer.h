// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FAKES_SNP_SIGNER_H_
#define ATTESTD_TEST_FAKES_SNP_SIGNER_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/certificate.h"
#include "base/status.h"
#include "tee/snp/format/report.h"

// Stands in for the SNP firmware: signs reports with throw-away keys under certificates of the same
// shape as AMD's (RSA-PSS with SHA-384 above, P-384 VCEK with the TCB and HWID extensions below).
namespace attestd::fakes {

struct SnpSignerSpec {
  tee::snp::Generation generation = tee::snp::Generation::kGenoa;
  tee::snp::TcbVersion tcb = {.fmc = {}, .bootloader = 9, .tee = 0, .snp = 23, .microcode = 72};
  std::array<uint8_t, 64> chip_id = {0xc1, 0x1d};
  unsigned rsa_bits = 2048;  // of ARK and ASK; the real ones have 4096
  // A VLEK below an ASVK, without a HWID, in the place of VCEK and ASK.
  bool vlek = false;
  // HWID as newer certificates have it: in an OCTET STRING of its own.
  bool wrapped_hwid = false;
};

class SnpSigner {
 public:
  static absl::StatusOr<SnpSigner> Create(const SnpSignerSpec& spec);
  // Keys and certificates as PEM files in a folder: ark.pem, ask.pem, vcek.pem, vcek.key.
  absl::Status Save(const std::string& folder) const;
  static absl::StatusOr<SnpSigner> Load(const std::string& folder);

  const base::Certificate& ark() const;
  const base::Certificate& ask() const;
  const base::Certificate& vcek() const;
  // VCEK, ASK and ARK as the host hands them to the guest.
  absl::StatusOr<base::Bytes> CertTable() const;
  // A report of version 3 (5 on Turin) that verifies once it is signed: VMPL 0, no debug, the
  // spec's TCB and chip.
  tee::snp::Report TypicalReport(base::ByteView report_data) const;
  // 1184 bytes, signed by the VCEK over whatever the fields say.
  absl::StatusOr<base::Bytes> Sign(const tee::snp::Report& report) const;

 private:
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace attestd::fakes

#endif  // ATTESTD_TEST_FAKES_SNP_SIGNER_H_
