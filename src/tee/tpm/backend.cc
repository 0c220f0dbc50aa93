// SPDX-License-Identifier: Apache-2.0
#include "tee/backend.h"

#include <absl/strings/str_cat.h>
#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tee/settings.h"
#include "tee/tpm/esys_device.h"
#include "tee/tpm/tpm_source.h"
#include "tee/tpm2/tcti.h"

namespace attestd::tee::tpm {
namespace {

// Persistent handles in the owner's range (TPM 2.0 library, part 2, 7.5; Registry of reserved
// handles, 2.3.1).
constexpr int64_t kFirstHandle = 0x81000000;
constexpr int64_t kLastHandle = 0x817fffff;

std::string Tcti(const Settings& settings) {
  return Value<std::string>(settings, "tcti", EsysDeviceOptions().tcti);
}

int64_t AkHandle(const Settings& settings) {
  return Value<int64_t>(settings, "ak_handle", EsysDeviceOptions().ak_handle);
}

absl::Status Validate(const Settings& settings) {
  RETURN_IF_ERROR(tpm2::ValidateTcti(Tcti(settings)));
  const int64_t handle = AkHandle(settings);
  if (handle < kFirstHandle || handle > kLastHandle) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                            absl::StrCat("ak_handle: 0x", absl::Hex(handle),
                                         " is no persistent handle of the owner (0x81000000 to "
                                         "0x817fffff)"));
  }
  return absl::OkStatus();
}

std::vector<FileUse> Files(const Settings& settings) { return tpm2::TctiFiles(Tcti(settings)); }

ProbeResult Probe(const Settings& settings) {
  const std::string tcti = Tcti(settings);
  const std::optional<std::string> path = tpm2::TctiDevice(tcti);
  if (!path.has_value()) {
    return {.present = true, .seen = tcti + " is configured by name"};
  }
  struct stat info {};
  if (::stat(path->c_str(), &info) != 0) {
    return {.present = false, .seen = *path + " is not there; [tpm] tcti names the device"};
  }
  return {.present = true, .seen = *path + " is there"};
}

std::unique_ptr<evidence::EvidenceSource> Create(const Settings& settings,
                                                 const SourceContext& /*context*/) {
  return std::make_unique<TpmSource>(CreateEsysDevice(
      {.tcti = Tcti(settings), .ak_handle = static_cast<uint32_t>(AkHandle(settings))}));
}

}  // namespace

Backend MakeBackend() {
  Backend backend;
  backend.name = "tpm";
  backend.settings = {{.name = "tcti", .kind = SettingSpec::Kind::kText},
                      {.name = "ak_handle", .kind = SettingSpec::Kind::kInteger}};
  backend.validate = Validate;
  backend.files = Files;
  backend.probe = Probe;
  backend.create = Create;
  return backend;
}

}  // namespace attestd::tee::tpm
