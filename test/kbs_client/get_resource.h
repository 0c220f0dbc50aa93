// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_KBS_CLIENT_GET_RESOURCE_H_
#define ATTESTD_TEST_KBS_CLIENT_GET_RESOURCE_H_

#include <absl/synchronization/notification.h>

#include <optional>
#include <string_view>
#include <utility>

#include "kbs_client/broker.h"

namespace attestd::kbs {

// Asks and waits for the answer.
inline absl::StatusOr<base::Secret> GetResource(Broker& broker, std::string_view uri,
                                                const base::CallContext& context = {}) {
  std::optional<absl::StatusOr<base::Secret>> answer;
  absl::Notification done;
  broker.GetResource(*ResourceUri::Parse(uri), context, [&](absl::StatusOr<base::Secret> secret) {
    answer = std::move(secret);
    done.Notify();
  });
  done.WaitForNotification();
  return *std::move(answer);
}

}  // namespace attestd::kbs

#endif  // ATTESTD_TEST_KBS_CLIENT_GET_RESOURCE_H_
