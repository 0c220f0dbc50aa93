// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_SECURE_MOUNT_WIRE_H_
#define ATTESTD_SECURE_MOUNT_WIRE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/status.h"
#include "secure_mount/mount_plan.h"

namespace attestd::secure_mount {

// What attestd and its mount helper say to each other: JSON, one object a packet. Decoders are
// strict; InvalidArgument for anything else.

// attestd's: to mount; the key comes along as a pipe, none when it is to be made up.
struct Order {
  uint64_t id = 0;
  int64_t milliseconds = 0;  // for all of it
  MountRequest request = {};
};
// attestd's: nobody waits any more.
struct Cancel {
  uint64_t id = 0;
};
// The helper's.
struct Outcome {
  uint64_t id = 0;
  absl::Status status = {};  // with a reason of this folder's, or none
};

absl::StatusOr<std::string> Encode(const Order& order);
std::string Encode(const Cancel& cancel);
std::string Encode(const Outcome& outcome);

absl::StatusOr<std::variant<Order, Cancel>> DecodeOrder(std::string_view text);
absl::StatusOr<Outcome> DecodeOutcome(std::string_view text);

}  // namespace attestd::secure_mount

#endif  // ATTESTD_SECURE_MOUNT_WIRE_H_
