// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_COMPAT_BROKER_CHOICE_H_
#define ATTESTD_COMPAT_BROKER_CHOICE_H_

#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "compat/translate.h"

namespace attestd::compat {

// The broker and what said so.
struct BrokerChoice {
  std::optional<KbcParams> params;  // nothing: no source names one
  std::string source;
};

// The first of: the file, AA_KBC_PARAMS, agent.aa_kbc_params. A note for each that names another
// broker and is not heard. InvalidArgument for one that is malformed and would have been heard.
absl::StatusOr<BrokerChoice> ChooseBroker(const Sources& sources, const KernelCmdline& cmdline,
                                          const UpstreamConfig& config,
                                          std::vector<std::string>& notes);

}  // namespace attestd::compat

#endif  // ATTESTD_COMPAT_BROKER_CHOICE_H_
