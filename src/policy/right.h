// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_POLICY_RIGHT_H_
#define ATTESTD_POLICY_RIGHT_H_

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace attestd::policy {

// What a caller may be allowed to do.
enum class Right {
  kResource,  // a secret by its name
  kToken,     // an attestation token
  kEvidence,  // evidence about data of the caller's choice
  kExtend,    // run-time measurements, and binding init data
  kUnseal,    // sealed secrets
  kUnwrap,    // image keys, and wrapping them
  kMount,     // encrypted volumes
  kAdmin,     // reload, probes, and what the policy says of others
};

using Rights = std::set<Right>;

Rights AllRights();

// "resource", "token", ...; nothing for any other word.
std::optional<Right> ParseRight(std::string_view word);
std::string_view Name(Right right);

// All words: "\"resource\", \"token\", ...".
std::string RightWords(const Rights& rights);

// Whether a rule with this right says which resources.
bool NamesResources(Right right);

// What a method ("/package.Service/Method") needs. Nothing: whoever may connect may call it, as
// what kind of platform this is. A method that is not listed needs kAdmin.
std::optional<Right> RightFor(std::string_view method);

}  // namespace attestd::policy

#endif  // ATTESTD_POLICY_RIGHT_H_
