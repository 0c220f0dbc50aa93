// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_VM_PSP_SIGNER_H_
#define ATTESTD_TEST_VM_PSP_SIGNER_H_

#include <string>

#include "base/bytes.h"
#include "base/status.h"
#include "test/fakes/snp_signer.h"
#include "test/fakes/tdx_signer.h"
#include "test/vm/kmod/signer_abi.h"

namespace attestd::vm {

// Answers the requests of the test module with evidence under throw-away keys.
class Signer {
 public:
  // Keys as `attestd-fake-psp make` wrote them. With `templates` the report data is put into
  // evidence that was signed once, so that its signature does not match: for those who look at the
  // report data only, since signing is most of what evidence costs an emulated processor.
  static absl::StatusOr<Signer> Load(const std::string& folder, bool templates);

  // A fake_tee_reply with its blobs behind it. What cannot be made is an EIO for who asked.
  base::Bytes Answer(const fake_tee_request& request) const;

 private:
  Signer(fakes::SnpSigner snp, fakes::TdxSigner tdx, base::Bytes certs);
  absl::StatusOr<base::Bytes> Make(const fake_tee_request& request) const;

  fakes::SnpSigner snp_;
  fakes::TdxSigner tdx_;
  base::Bytes certs_;
  base::Bytes snp_template_;  // empty: each report is signed
  base::Bytes tdx_template_;
};

}  // namespace attestd::vm

#endif  // ATTESTD_TEST_VM_PSP_SIGNER_H_
