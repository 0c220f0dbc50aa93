// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_REST_EXCHANGE_H_
#define ATTESTD_REST_EXCHANGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/mailbox.h"
#include "base/method.h"
#include "rest/head.h"
#include "rest/reply.h"
#include "rest/request.h"

namespace attestd::rest {

// What every exchange is served from. The methods outlive it.
struct House {
  const base::MethodTable& methods;
  std::shared_ptr<base::Mailbox> mailbox;
  Features features;
  std::string version;
};

// One request and its reply. Used by one thread; ends of calls come by the mailbox under `id`.
class Exchange {
 public:
  Exchange(const House& house, uint64_t id, std::string target, base::CallerRef caller)
      : house_(house), id_(id), target_(std::move(target)), caller_(std::move(caller)) {}
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  // Stops its call.
  ~Exchange() { stop_.request_stop(); }

  uint64_t id() const { return id_; }
  // As it came, percent escapes and all.
  const std::string& target() const { return target_; }

  // False when the reply is there and no body is worth waiting for.
  bool TakeHead(const Head& head);
  bool has_head() const { return has_head_; }
  // False when so much came that the client is beyond hope.
  bool TakeBody(base::ByteView piece);

  // The request is whole. Each is true when a call has begun, whose end comes by the mailbox, and
  // false when the reply is there.
  bool Begin();
  bool End(absl::StatusOr<base::Reply> reply);
  // The reply is an error instead, unless there is one.
  void Refuse(const absl::Status& status);

  // Asks the call under way to end soon.
  void Stop() { stop_.request_stop(); }
  // What to send, once.
  HttpReply TakeReply();
  bool has_reply() const { return reply_.has_value(); }

 private:
  bool Call();
  void Finish();

  const House& house_;
  const uint64_t id_;
  const std::string target_;
  const base::CallerRef caller_;
  bool has_head_ = false;
  Request request_;
  size_t body_bytes_ = 0;             // as they came
  std::string body_;                  // of those, what one may have
  std::vector<base::Reply> replies_;  // of the calls that have ended
  std::optional<HttpReply> reply_;
  std::stop_source stop_;
};

}  // namespace attestd::rest

#endif  // ATTESTD_REST_EXCHANGE_H_
