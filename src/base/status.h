// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_STATUS_H_
#define ATTESTD_BASE_STATUS_H_

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include <optional>
#include <string_view>
#include <utility>

namespace attestd::base {

// What went wrong, as a caller may be told: each value has one constant text in
// agent/status_table.cc. It travels with a Status as a payload; the message is for the log.
enum class Reason {
  kBadUri,
  kUnknownBroker,
  kResourceNotFound,
  kAccessDenied,       // the broker's policy refused the resource
  kEvidenceRefused,    // the broker refused our evidence
  kVersionMismatch,    // the broker speaks another protocol version
  kBrokerUnreachable,  // no connection, reset, or 5xx
  kBrokerUntrusted,    // TLS: wrong authority, name or date
  kReplyRejected,      // the broker's reply is malformed or fails authentication
  kDeviceMissing,      // the TEE device is absent or cannot be opened
  kDeviceFailed,       // the TEE device answered with an error
  kKeyMissing,         // the attestation key is absent and cannot be made
  kTooLarge,
  kBadEvent,           // a run-time event that cannot be logged unambiguously
  kRegisterForbidden,  // the register is not for run-time events
  kRegisterDiverged,   // the register holds what the event log does not account for
  kLogFailed,          // the event log cannot be written; nothing was extended
  kLogFull,
  kRateLimited,
  kNotAllowed,        // our own policy refused it
  kTooManyRequests,   // of one principal
  kInitDataUnbound,   // the platform is bound to other init data, or cannot be
  kConfigRefused,     // a reload; the old configuration stays
  kBadPacket,         // a sealed secret or key packet that is malformed, or not of our kind
  kSignatureRefused,  // of a sealed secret: missing, of another kind, or it does not verify
  kKeyUnfit,          // the key that a sealed secret or key packet names is of no use for it
  kDoesNotDecrypt,    // a sealed secret or key packet: another key, or changed on its way
  kMountOff,          // secure mounts are not enabled
  kBadMount,          // what a secure mount is asked for: malformed, or not allowed
  kMountUnsupported,  // a volume of a kind that is not served
  kVolumeRefused,     // the header of a volume is not one that may be opened
  kMountFailed,       // a step of a secure mount
  kPulledElsewhere,   // images
  kBusy,
  kDeadline,
};

// The same status with a reason attached. An earlier (deeper) reason is kept.
absl::Status WithReason(absl::Status status, Reason reason);

// The reason attached to a status, or nothing.
std::optional<Reason> GetReason(const absl::Status& status);

// "noun: message" with code and payloads kept. Each layer adds its noun once.
absl::Status Annotate(const absl::Status& status, std::string_view noun);

// Absl builders that take std::string_view (Debian's absl::string_view is another type).
absl::Status MakeStatus(absl::StatusCode code, std::string_view message);
absl::Status MakeStatus(absl::StatusCode code, Reason reason, std::string_view message);

}  // namespace attestd::base

#define ATTESTD_CONCAT_INNER(a, b) a##b
#define ATTESTD_CONCAT(a, b) ATTESTD_CONCAT_INNER(a, b)

#define RETURN_IF_ERROR(expr)                           \
  do {                                                  \
    if (absl::Status status_ = (expr); !status_.ok()) { \
      return status_;                                   \
    }                                                   \
  } while (false)

#define ASSIGN_OR_RETURN_INNER(tmp, lhs, expr) \
  auto tmp = (expr);                           \
  if (!tmp.ok()) {                             \
    return std::move(tmp).status();            \
  }                                            \
  lhs = *std::move(tmp)

#define ASSIGN_OR_RETURN(lhs, expr) \
  ASSIGN_OR_RETURN_INNER(ATTESTD_CONCAT(statusor_, __LINE__), lhs, expr)

#endif  // ATTESTD_BASE_STATUS_H_
