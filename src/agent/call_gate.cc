// SPDX-License-Identifier: Apache-2.0
#include "agent/call_gate.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "agent/status_table.h"
#include "base/encoding.h"
#include "base/hash.h"
#include "base/message_field.h"

namespace attestd::agent {
namespace {

// Whether the call's end is a line of its own: a resource's was written where it was fetched.
bool IsAudited(const base::Caller& caller, const absl::Status& status) {
  const std::optional<policy::Right> right = policy::RightFor(caller.method);
  return right.has_value() && *right != policy::Right::kResource &&
         (*right != policy::Right::kAdmin || !status.ok());
}

std::string EvidenceDigest(const base::Caller& caller, const base::Reply& reply) {
  if (policy::RightFor(caller.method) != policy::Right::kEvidence) {
    return "";
  }
  const auto evidence = base::FieldOne(base::AsBytes(reply.bytes));
  const auto digest = evidence.ok() ? base::Hash(base::HashAlgorithm::kSha256, *evidence)
                                    : absl::StatusOr<base::Bytes>(evidence.status());
  return digest.ok() ? "sha256:" + base::HexEncode(*digest) : "";
}

}  // namespace

class CallGate::Ticket {
 public:
  Ticket(CallGate& gate, std::string principal) : gate_(gate), principal_(std::move(principal)) {}
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;
  ~Ticket() {
    const absl::MutexLock lock(&gate_.mutex_);
    Account& account = gate_.accounts_.find(principal_)->second;
    --account.calls;
    account.bytes -= bytes_;
  }

  absl::Status Hold(size_t bytes) {
    RETURN_IF_ERROR(gate_.Hold(principal_, bytes));
    bytes_ += bytes;
    return absl::OkStatus();
  }

 private:
  CallGate& gate_;
  const std::string principal_;
  size_t bytes_ = 0;
};

base::MethodTable CallGate::Guard(base::MethodTable methods) {
  for (auto& [path, method] : methods) {
    method = [this, path = path, inner = std::move(method)](
                 base::ByteView request, const base::CallContext& context, const base::Done& done) {
      Enter(path, inner, request, context, done);
    };
  }
  return methods;
}

void CallGate::Enter(const std::string& path, const base::Method& method, base::ByteView request,
                     const base::CallContext& context, const base::Done& done) {
  auto caller =
      std::make_shared<base::Caller>(context.caller != nullptr ? *context.caller : base::Caller());
  caller->method = path;
  caller->request = NewRequestId();
  const absl::StatusOr<TicketRef> ticket = Admit(context.caller == nullptr ? nullptr : caller);
  if (!ticket.ok()) {
    audit_.Write({.caller = *caller, .status = ticket.status()});
    done(PublicStatus(ticket.status(), caller->request));
    return;
  }
  base::CallContext own = context;
  own.caller = caller;
  method(request, own, [this, caller, ticket = *ticket, done](absl::StatusOr<base::Reply> reply) {
    done(Leave(*caller, ticket, std::move(reply)));
  });
}

absl::StatusOr<CallGate::TicketRef> CallGate::Admit(const base::CallerRef& caller) {
  RETURN_IF_ERROR(policy_.CheckCall(caller));
  const absl::Duration now = base::BootTime();
  const absl::MutexLock lock(&mutex_);
  auto found = accounts_.find(caller->principal);
  if (found == accounts_.end()) {
    const TokenBucket full(static_cast<double>(limits_.burst),
                           static_cast<double>(limits_.requests_per_second), now);
    found = accounts_.emplace(caller->principal, Account{.bucket = full}).first;
  }
  Account& account = found->second;
  if (account.calls >= limits_.requests) {
    return base::MakeStatus(absl::StatusCode::kResourceExhausted, base::Reason::kBusy,
                            "[limits] requests");
  }
  if (!account.bucket.Take(now)) {
    return base::MakeStatus(absl::StatusCode::kResourceExhausted, base::Reason::kTooManyRequests,
                            "[limits] requests_per_second");
  }
  auto ticket = std::make_shared<Ticket>(*this, caller->principal);
  ++account.calls;  // the ticket's end takes it back
  return ticket;
}

absl::Status CallGate::Hold(const std::string& principal, size_t bytes) {
  const absl::MutexLock lock(&mutex_);
  Account& account = accounts_.find(principal)->second;
  if (bytes > limits_.reply_bytes - std::min(limits_.reply_bytes, account.bytes)) {
    return base::MakeStatus(absl::StatusCode::kResourceExhausted, base::Reason::kBusy,
                            "[limits] reply_bytes");
  }
  account.bytes += bytes;
  return absl::OkStatus();
}

absl::StatusOr<base::Reply> CallGate::Leave(const base::Caller& caller, const TicketRef& ticket,
                                            absl::StatusOr<base::Reply> reply) {
  absl::Status status = reply.status();
  if (status.ok() && reply->secret != nullptr) {
    status = ticket->Hold(reply->secret->size());
    // What the door lets go of last is the secret.
    using Held = std::pair<std::shared_ptr<const base::Secret>, TicketRef>;
    auto held = std::make_shared<const Held>(std::move(reply->secret), ticket);
    reply->secret = std::shared_ptr<const base::Secret>(held, held->first.get());
  }
  if (IsAudited(caller, status)) {
    audit_.Write({.caller = caller,
                  .status = status,
                  .evidence = status.ok() ? EvidenceDigest(caller, *reply) : ""});
  }
  return status.ok() || !reply.ok() ? std::move(reply) : PublicStatus(status, caller.request);
}

}  // namespace attestd::agent
