// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_FETCH_H_
#define ATTESTD_CTL_FETCH_H_

#include <absl/time/time.h>

#include <map>
#include <optional>
#include <string>

#include "base/secret.h"
#include "base/status.h"
#include "ctl/client.h"
#include "ctl/options.h"

namespace attestd::ctl {

// URI -> whether it may be absent.
using WantedSecrets = std::map<std::string, bool>;
// URI -> the secret; nothing for one that may be absent and is.
using FetchedSecrets = std::map<std::string, std::optional<base::Secret>>;

// As the program's options say: --socket, --timeout, --wait.
absl::StatusOr<Client> Connect(const Options& options);

// All of the secrets, over one connection, or the first error with the step and the URI. What may
// pass is tried again from the start, until `retry` is over; --timeout limits each try.
absl::StatusOr<FetchedSecrets> FetchAll(const Options& options, const WantedSecrets& wanted,
                                        absl::Duration retry);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_FETCH_H_
