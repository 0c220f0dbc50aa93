// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_METHOD_H_
#define ATTESTD_BASE_METHOD_H_

#include <absl/strings/cord.h>

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/call_context.h"
#include "base/secret.h"
#include "base/status.h"

namespace attestd::base {

// What callers may ask of us, whatever protocol ("door") they speak. A door frames and unframes; it
// knows nothing of what a method does.

// A protobuf message: `bytes`, and behind them those of the secret. The secret is not copied; it is
// wiped when the last door has sent it.
struct Reply {
  std::string bytes;
  std::shared_ptr<const Secret> secret;  // may be null; shared by all who asked for it

  size_t size() const { return bytes.size() + (secret != nullptr ? secret->size() : 0); }
};

// Called once, on any thread, perhaps before the method returns. An error is what the caller is
// told: code, text, and for programs ErrorDetails().
using Done = std::function<void(absl::StatusOr<Reply>)>;

// Takes a protobuf message, which it does not need any more when it returns, and does not block.
// The door requests the caller's stop when the caller has left or its deadline has passed.
using Method = std::function<void(ByteView request, const CallContext& caller, Done done)>;

// By "/package.Service/Method". It outlives the doors, and a door its calls.
using MethodTable = std::map<std::string, Method, std::less<>>;

// The largest request that a door passes on: a URI, report data, an event.
inline constexpr size_t kMaxRequestBytes = size_t{64} << 10;

// A serialised google.rpc.Status, or "".
inline constexpr char kErrorDetails[] = "type.googleapis.com/google.rpc.Status";
inline std::string ErrorDetails(const absl::Status& status) {
  return std::string(status.GetPayload(kErrorDetails).value_or(absl::Cord()));
}

}  // namespace attestd::base

#endif  // ATTESTD_BASE_METHOD_H_
