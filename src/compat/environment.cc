// SPDX-License-Identifier: Apache-2.0
#include "compat/environment.h"

#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace attestd::compat {
namespace {

// Variables with no counterpart here, and what to do instead.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kForeignVariables = {{
    {"ENABLE_SAMPLE_DEVICE", "name \"sample_device\" in [tee] devices"},
    {"SKIP_SEALED_SECRET_VERIFICATION", "set [unseal] signature"},
    {"CSV_INCLUDE_CERT_CHAIN_IN_ATTESTATION_REPORT", "attestd has no CSV"},
    {"OCCLUM", "attestd has no SGX"},
    {"ALIYUN_IN_GUEST_KEY_PATH", "attestd asks key brokers only"},
    {"AWS_IN_GUEST_KEY_PATH", "attestd asks key brokers only"},
    {"EHSM_IN_GUEST_KEY_PATH", "attestd asks key brokers only"},
    {"CDH_DEFAULT_IMAGE_AUTHENTICATED_REGISTRY_CREDENTIALS", "attestd pulls no images"},
    {"HTTPS_PROXY", "name the proxy in [[kbs]] proxy"},
    {"https_proxy", "name the proxy in [[kbs]] proxy"},
}};

}  // namespace

const std::vector<std::string>& UpstreamVariables() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names = {"AA_KBC_PARAMS", "AAEL_PATH",
                                      "AA_TPM_DEVICE", "AA_TPM_AK_HANDLE",
                                      "KBS_CERT",      "OFFLINE_FS_KBC_EXTRA_FILE_PATH"};
    for (const auto& [name, advice] : kForeignVariables) {
      names.emplace_back(name);
    }
    return names;
  }();
  return kNames;
}

std::string ValueOf(const Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

void NoteForeignVariables(const Environment& environment, std::vector<std::string>& notes) {
  for (const auto& [name, advice] : kForeignVariables) {
    if (!ValueOf(environment, std::string(name)).empty()) {
      notes.push_back(std::string(name) + ": has no effect; " + std::string(advice));
    }
  }
}

absl::Status PutTpmVariables(const Environment& environment, toml::table& tpm) {
  const std::string device = ValueOf(environment, "AA_TPM_DEVICE");
  const std::string handle = ValueOf(environment, "AA_TPM_AK_HANDLE");
  if (!device.empty()) {
    tpm.insert("tcti", device.starts_with('/') ? "device:" + device : device);
  }
  if (handle.empty()) {
    return absl::OkStatus();
  }
  const size_t skipped = handle.starts_with("0x") || handle.starts_with("0X") ? 2 : 0;
  int64_t number = 0;
  const char* const end = handle.data() + handle.size();
  const auto parsed = std::from_chars(handle.data() + skipped, end, number, 16);
  if (parsed.ec != std::errc() || parsed.ptr != end) {
    return base::MakeStatus(
        absl::StatusCode::kInvalidArgument,
        "AA_TPM_AK_HANDLE: expected a hexadecimal handle, for example 0x81010002, found " +
            base::Escaped(handle));
  }
  tpm.insert("ak_handle", number);
  return absl::OkStatus();
}

}  // namespace attestd::compat
