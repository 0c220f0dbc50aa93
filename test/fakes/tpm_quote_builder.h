// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FAKES_TPM_QUOTE_BUILDER_H_
#define ATTESTD_TEST_FAKES_TPM_QUOTE_BUILDER_H_

#include <openssl/evp.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/handle.h"
#include "base/status.h"
#include "tee/tpm/format/evidence.h"
#include "tee/tpm2/format/quote.h"

// Makes "tpm" evidence of the real structure with a throw-away key; every field can be set, so
// that a test can make exactly one of them wrong.
namespace attestd::fakes {

// An attestation key outside a TPM.
class FakeAk {
 public:
  static absl::StatusOr<FakeAk> Rsa(unsigned bits);
  // For what a verifier must refuse.
  static absl::StatusOr<FakeAk> EcP256();

  absl::StatusOr<base::Bytes> SpkiDer() const;
  // RSASSA-PKCS1-v1_5 (or ECDSA) with SHA-256.
  absl::StatusOr<base::Bytes> Sign(base::ByteView message) const;

 private:
  explicit FakeAk(EVP_PKEY* key) : key_(key) {}
  base::Handle<EVP_PKEY, EVP_PKEY_free> key_;
};

// Constants are those of the TPM 2.0 library, part 2. The defaults make a quote that verifies.
struct TpmQuoteSpec {
  uint32_t magic = 0xff544347;
  uint16_t type = 0x8018;
  base::Bytes qualified_signer = base::Bytes(34, 0x0b);
  base::Bytes extra_data;
  uint64_t clock = 1000;
  uint32_t reset_count = 1;
  uint32_t restart_count = 0;
  uint8_t safe = 1;
  uint64_t firmware_version = 0x2019102300163636;
  std::vector<tee::tpm2::PcrSelection> selections = {
      {.hash = 0x000b, .select = {0xff, 0xff, 0xff}}};
  // The values in the evidence; the quote's digest is over them unless pcr_digest is set.
  tee::tpm2::PcrValues pcrs = ZeroPcrs();
  std::optional<base::Bytes> pcr_digest;
  base::Bytes trailing;  // behind the TPMS_ATTEST
  uint16_t signature_scheme = 0x0014;
  uint16_t signature_hash = 0x000b;

  static tee::tpm2::PcrValues ZeroPcrs();
};

// TPMS_ATTEST (10.12.12).
absl::StatusOr<base::Bytes> BuildAttest(const TpmQuoteSpec& spec);
// TPMT_SIGNATURE (11.3.4) around a bare signature.
base::Bytes BuildSignature(const TpmQuoteSpec& spec, base::ByteView bare);
// The whole evidence, signed by the key.
absl::StatusOr<tee::tpm::TpmEvidence> BuildTpmEvidence(const FakeAk& key, const TpmQuoteSpec& spec);

}  // namespace attestd::fakes

#endif  // ATTESTD_TEST_FAKES_TPM_QUOTE_BUILDER_H_
