// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_POLICY_H_
#define ATTESTD_TEST_DEV_KBS_POLICY_H_

#include <absl/time/time.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "appraisal/appraisal.h"
#include "base/status.h"

namespace attestd::dev_kbs {

// Who may be given what. The empty policy trusts nobody.
struct Policy {
  std::vector<std::string> allowed_tees;
  std::vector<std::string> denied_resources;  // "repo/type/tag", or a prefix with '*' at the end
  // Its clock and its init data are not used: they are the next two.
  appraisal::ReferenceValues reference;
  std::optional<absl::Time> at;                          // nothing: the time of the judgement
  std::map<std::string, base::Bytes> init_data_digests;  // by platform

  bool AllowsTee(std::string_view tee) const;
  bool DeniesResource(std::string_view resource) const;
};

// Reads a policy in TOML:
//   allowed_tees = ["tpm"]
//   denied_resources = ["default/locked/secret", "private/*"]
//   allow_debug = false                # whether guests pass that can be debugged
//   at = "2026-03-01T12:00:00Z"        # what dates in evidence are judged by; without: now
//   [roots]                            # certificates, keys, CRLs, collateral:
//   appraisal/trust_store files = ["roots", "cpak.json"]     # files and folders, relative to the
//   policy's folder [init_data_digests]                # what must be bound, by platform snp = "hex
//   digits" [tpm] trusted_aks = ["ak.pem"]           # public keys in PEM, relative to the policy's
//   folder [tpm.expected_pcrs] 11 = "64 hex digits"               # sha256
// InvalidArgument "path:line: key: why" for unknown keys and wrong values.
absl::StatusOr<Policy> ParsePolicy(std::string_view toml, const std::string& path);
absl::StatusOr<Policy> ReadPolicy(const std::string& path);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_POLICY_H_
