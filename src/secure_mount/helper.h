// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_SECURE_MOUNT_HELPER_H_
#define ATTESTD_SECURE_MOUNT_HELPER_H_

#include <string>
#include <vector>

#include "base/status.h"

namespace attestd::secure_mount {

// Does what attestd orders over the socket, one after another, until attestd is gone. Nothing is
// taken from a process of another user than root or our own.
absl::Status ServeOrders(int socket, const std::vector<std::string>& mount_roots);

}  // namespace attestd::secure_mount

#endif  // ATTESTD_SECURE_MOUNT_HELPER_H_
