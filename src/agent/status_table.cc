// SPDX-License-Identifier: Apache-2.0
#include "agent/status_table.h"

#include <sys/random.h>

#include <atomic>
#include <cstdint>

#include "base/bytes.h"
#include "base/encoding.h"

namespace attestd::agent {
namespace {

using base::Reason;

// A table, which the compiler checks to be whole. NOLINTNEXTLINE(readability-function-size)
std::string_view ReasonText(Reason reason) {
  switch (reason) {
    case Reason::kBadUri:
      return "request: the resource URI is malformed; write kbs:///repository/type/tag";
    case Reason::kUnknownBroker:
      return "request: the URI names a broker that is not configured; leave it out or configure "
             "it as [[kbs]]";
    case Reason::kResourceNotFound:
      return "resource: the broker has no such resource, or its plugin failed; check the URI and "
             "what was uploaded";
    case Reason::kAccessDenied:
      return "resource: the broker's resource policy denied it; check that policy for this VM";
    case Reason::kEvidenceRefused:
      return "attest: the broker refused the evidence; its log says which check failed";
    case Reason::kVersionMismatch:
      return "auth: the broker speaks another protocol version; attestd's log names both";
    case Reason::kBrokerUnreachable:
      return "broker: it cannot be reached or is failing; check its url and that it runs, then try "
             "again";
    case Reason::kBrokerUntrusted:
      return "broker: its TLS certificate was not accepted; check ca_file, host name and validity";
    case Reason::kReplyRejected:
      return "broker: upstream reply rejected";
    case Reason::kDeviceMissing:
      return "evidence: the TEE device is not there or cannot be opened; attestd's log names it";
    case Reason::kDeviceFailed:
      return "evidence: the TEE device failed; attestd's log names the step";
    case Reason::kKeyMissing:
      return "evidence: the attestation key is missing and cannot be made; attestd's log says what "
             "to do";
    case Reason::kTooLarge:
      return "request: the runtime data is larger than the platform's evidence carries";
    case Reason::kBadEvent:
      return "request: an event needs domain, operation and content as UTF-8 without control "
             "characters, no space in domain or operation, and at most 256, 256 and 16384 bytes";
    case Reason::kRegisterForbidden:
      return "measurement: this register is not for run-time events; attestd's log names those "
             "that are";
    case Reason::kRegisterDiverged:
      return "measurement: something else extended this register, so that the event log cannot "
             "replay to it; measure into another, or reboot";
    case Reason::kLogFailed:
      return "measurement: the event log cannot be written, and nothing was measured; attestd's "
             "log says why";
    case Reason::kLogFull:
      return "measurement: the event log is full; it starts afresh with the next boot";
    case Reason::kRateLimited:
      return "measurement: too many events; at most 100 at once and 10 a second";
    case Reason::kInitDataUnbound:
      return "init data: this platform is bound to another digest or cannot be bound; attestd's "
             "log says which";
    case Reason::kBusy:
      return "attestd is busy; try again";
    case Reason::kDeadline:
      return "the deadline passed before the work was done; raise the timeout or try again";
  }
  return "internal error";
}

std::string_view CodeText(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
      return "request: malformed";
    case absl::StatusCode::kDeadlineExceeded:
      return ReasonText(Reason::kDeadline);
    case absl::StatusCode::kUnavailable:
      return "not available now; try again";
    case absl::StatusCode::kUnimplemented:
      return "not supported on this platform";
    default:
      return "internal error; attestd's log has the cause";
  }
}

// Random for each process, so that ids of two runs differ in one log.
std::string ProcessTag() {
  base::Bytes tag(4);
  if (::getrandom(tag.data(), tag.size(), 0) != static_cast<ssize_t>(tag.size())) {
    return "00000000";
  }
  return base::HexEncode(tag);
}

}  // namespace

std::string_view PublicText(const absl::Status& status) {
  const auto reason = base::GetReason(status);
  return reason.has_value() ? ReasonText(*reason) : CodeText(status.code());
}

std::string PublicMessage(const absl::Status& status, std::string_view request_id) {
  std::string text(PublicText(status));
  return text.append(" [request ").append(request_id).append("]");
}

std::string NewRequestId() {
  static const std::string kTag = ProcessTag();
  static std::atomic<uint64_t> next{1};
  return kTag + "-" + std::to_string(next.fetch_add(1, std::memory_order_relaxed));
}

}  // namespace attestd::agent
