// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_COMPAT_ENVIRONMENT_H_
#define ATTESTD_COMPAT_ENVIRONMENT_H_

#include <map>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/toml_table.h"

namespace attestd::compat {

using Environment = std::map<std::string, std::string>;

// Variables that guest-components' programs look at.
const std::vector<std::string>& UpstreamVariables();

// Empty when it is not set.
std::string ValueOf(const Environment& environment, const std::string& name);

// A note, with what to do instead, for each that is set and has no effect here.
void NoteForeignVariables(const Environment& environment, std::vector<std::string>& notes);

// AA_TPM_DEVICE and AA_TPM_AK_HANDLE into [tpm], where it does not name them itself.
// InvalidArgument for a handle that is no hexadecimal number.
absl::Status PutTpmVariables(const Environment& environment, toml::table& tpm);

}  // namespace attestd::compat

#endif  // ATTESTD_COMPAT_ENVIRONMENT_H_
