// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_TYPED_METHOD_H_
#define ATTESTD_AGENT_TYPED_METHOD_H_

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "agent/call.h"
#include "base/method.h"
#include "base/status.h"

namespace google::protobuf {
class MessageLite;
}  // namespace google::protobuf

namespace attestd::agent {

// InvalidArgument when the bytes are no such message.
absl::Status ParseMessage(base::ByteView bytes, google::protobuf::MessageLite& message);

absl::StatusOr<base::Reply> SerializeMessage(const google::protobuf::MessageLite& message);

// A method that answers at once, on the thread of the door: it has nothing to wait for.
// `name` outlives the method, as in what follows.
template <typename Request, typename Response>
base::Method InstantMethod(CallRunner& calls, std::string_view name,
                           std::function<absl::StatusOr<Response>(const Request&)> answer) {
  return [&calls, name, answer = std::move(answer)](
             base::ByteView bytes, const base::CallContext& caller, base::Done done) {
    const Call call{.name = name, .caller = caller, .done = std::move(done)};
    Request request;
    if (absl::Status parsed = ParseMessage(bytes, request); !parsed.ok()) {
      calls.Answer(call, std::move(parsed));
      return;
    }
    const absl::StatusOr<Response> response = answer(request);
    calls.Answer(call, response.ok() ? SerializeMessage(*response) : response.status());
  };
}

// A method that blocks; it runs on a worker.
template <typename Request, typename Response>
base::Method BlockingMethod(
    CallRunner& calls, std::string_view name,
    std::function<absl::StatusOr<Response>(const Request&, const base::CallContext&)> work) {
  return [&calls, name, work = std::move(work)](base::ByteView bytes,
                                                const base::CallContext& caller, base::Done done) {
    Call call{.name = name, .caller = caller, .done = std::move(done)};
    auto request = std::make_shared<Request>();
    if (absl::Status parsed = ParseMessage(bytes, *request); !parsed.ok()) {
      calls.Answer(call, std::move(parsed));
      return;
    }
    calls.Run(std::move(call),
              [&work, request](const base::CallContext& context) -> absl::StatusOr<base::Reply> {
                ASSIGN_OR_RETURN(const Response response, work(*request, context));
                return SerializeMessage(response);
              });
  };
}

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_TYPED_METHOD_H_
