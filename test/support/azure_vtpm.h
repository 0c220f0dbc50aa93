// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_SUPPORT_AZURE_VTPM_H_
#define ATTESTD_TEST_SUPPORT_AZURE_VTPM_H_

#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "test/fakes/paravisor.h"
#include "test/support/swtpm.h"
#include "test/support/tpm_proxy.h"

namespace attestd::test {

// An emulated TPM set up as the vTPM of an Azure CVM: the attestation key at 0x81000003, and a
// paravisor that answers each write of NV 0x01400002 by writing NV 0x01400001 anew, a moment later.
// The image has 2048 bytes, this emulator's most; newer real ones have 2600.
class AzureVtpm {
 public:
  struct Options {
    tee::azure_vtpm::Kind kind = tee::azure_vtpm::Kind::kSnp;
    fakes::HardwareReport hardware;
    absl::Duration delay = absl::Milliseconds(20);
  };
  static absl::StatusOr<AzureVtpm> Start(const Options& options);

  // "swtpm:host=127.0.0.1,port=N".
  std::string tcti() const { return proxy_->tcti(); }
  // DER SubjectPublicKeyInfo of the attestation key.
  const base::Bytes& ak_spki() const { return spec_.ak_spki; }
  const fakes::ParavisorSpec& spec() const { return spec_; }
  // Runs a program of tpm2-tools on this TPM, as Swtpm::Tool does.
  absl::StatusOr<std::string> Tool(std::vector<std::string> argv) const;

 private:
  explicit AzureVtpm(Swtpm swtpm) : swtpm_(std::move(swtpm)) {}

  Swtpm swtpm_;
  fakes::ParavisorSpec spec_;
  std::unique_ptr<TpmProxy> proxy_;  // ends before the emulator
};

}  // namespace attestd::test

#endif  // ATTESTD_TEST_SUPPORT_AZURE_VTPM_H_
