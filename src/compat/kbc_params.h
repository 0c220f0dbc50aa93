// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_COMPAT_KBC_PARAMS_H_
#define ATTESTD_COMPAT_KBC_PARAMS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace attestd::compat {

// Where secrets come from, in guest-components' words.
struct KbcParams {
  bool offline = false;  // offline_fs_kbc: files of this VM, and no url
  std::string url;       // cc_kbc

  bool operator==(const KbcParams&) const = default;
};

// "cc_kbc" or "offline_fs_kbc" with the url that belongs to it. InvalidArgument: another KBC, none
// of which attestd has, or cc_kbc without a url of printable ASCII.
absl::StatusOr<KbcParams> MakeKbcParams(std::string_view kbc, std::string_view url);

// aa_kbc_params, "<kbc>::<uri>" with exactly one "::" (guest-components
// attestation-agent/deps/kbs_protocol and confidential-data-hub/hub/src/config).
absl::StatusOr<KbcParams> ParseKbcParams(std::string_view text);

// A secret that goes into a file at the start.
struct Credential {
  std::string uri;
  std::string path;

  bool operator==(const Credential&) const = default;
};

// Where guest-components lets them go.
inline constexpr std::string_view kCredentialFolder = "/run/confidential-containers/cdh/kbs/";

// OK when the path lies below kCredentialFolder, has no segment "", "." or "..", and is printable
// ASCII.
absl::Status CheckCredentialPath(std::string_view path);

// cdh.kbs_resources, "<uri>::<path>[,...]".
absl::StatusOr<std::vector<Credential>> ParseKbsResources(std::string_view text);

// What the agents read of the kernel's command line; the first of each counts, as there.
struct KernelCmdline {
  std::optional<std::string> aa_kbc_params;  // agent.aa_kbc_params
  std::optional<std::string> kbs_resources;  // cdh.kbs_resources
  std::vector<std::string> not_ours;         // keys for image pulling that are there
};

KernelCmdline ParseKernelCmdline(std::string_view text);

}  // namespace attestd::compat

#endif  // ATTESTD_COMPAT_KBC_PARAMS_H_
