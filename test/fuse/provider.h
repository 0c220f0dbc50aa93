// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FUSE_PROVIDER_H_
#define ATTESTD_TEST_FUSE_PROVIDER_H_

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/status.h"
#include "test/fuse/registers.h"

namespace attestd::fake_tee {

// What the kernel's TSM core knows of a provider (struct tsm_ops).
struct ProviderTraits {
  std::string name;  // "sev_guest", "tdx_guest", ...
  bool has_privlevel = false;
  bool has_auxblob = false;
  unsigned privlevel_floor = 0;
};

struct TsmBlobs {
  base::Bytes outblob;
  base::Bytes auxblob;
};

struct ReportRequest {
  base::Bytes inblob;
  unsigned privlevel = 0;
};

// Makes evidence, signed anew for each request, with keys that anybody may know.
class Provider {
 public:
  Provider() = default;
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;
  virtual ~Provider() = default;

  virtual const ProviderTraits& traits() const = 0;
  // InvalidArgument for what the real one answers with EINVAL.
  virtual absl::StatusOr<TsmBlobs> Report(const ReportRequest& request) = 0;
  // TDREPORT of a TDX guest.
  virtual absl::StatusOr<base::Bytes> TdReport(base::ByteView report_data);
};

struct ProviderOptions {
  std::string name;
  std::string keys;  // folder of the throw-away keys; made there at the first use
  unsigned privlevel_floor = 0;
  uint8_t chip = 0xc1;                   // first byte of the SNP chip's id
  const Registers* registers = nullptr;  // of TDX; outlives the provider
};

// "sev_guest", "tdx_guest" and "arm_cca_guest" make their platform's evidence. "echo" makes
// "echo:PRIVLEVEL:" with the inblob behind it, and the auxblob "certificates".
absl::StatusOr<std::unique_ptr<Provider>> MakeProvider(const ProviderOptions& options);

}  // namespace attestd::fake_tee

#endif  // ATTESTD_TEST_FUSE_PROVIDER_H_
