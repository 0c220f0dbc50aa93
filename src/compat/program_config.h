// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_COMPAT_PROGRAM_CONFIG_H_
#define ATTESTD_COMPAT_PROGRAM_CONFIG_H_

#include "base/status.h"
#include "compat/translate.h"

namespace attestd::compat {

// The file of -c; without one, the program's file inside of the init data; without that, nothing.
// InvalidArgument for a file that differs from the one inside of the init data: the platform
// vouches for the init data and for no other file. Errors of the parsers.
absl::StatusOr<UpstreamConfig> ReadProgramConfig(const Sources& sources);

}  // namespace attestd::compat

#endif  // ATTESTD_COMPAT_PROGRAM_CONFIG_H_
