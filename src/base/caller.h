// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_CALLER_H_
#define ATTESTD_BASE_CALLER_H_

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace attestd::base {

// What the kernel says of the process that opened a connection, in our own namespaces.
struct Peer {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;  // 0: in none of the process namespaces that we see
};

// Who asks.
struct Caller {
  std::string principal;     // of the listener
  std::optional<Peer> peer;  // not of TCP
  std::string container;     // its id, where the process's cgroup names one
  // Of the one call that it is in.
  std::string_view method;  // "/package.Service/Method"
  std::string request;      // its id, for log and audit
};

// Of a connection, as long as it is open; of a call, as long as that takes.
using CallerRef = std::shared_ptr<const Caller>;

}  // namespace attestd::base

#endif  // ATTESTD_BASE_CALLER_H_
