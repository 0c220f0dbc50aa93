// SPDX-License-Identifier: Apache-2.0
#include "agent/status_table.h"

#include <absl/strings/cord.h>
#include <sys/random.h>

#include <atomic>
#include <cstdint>

#include "base/bytes.h"
#include "base/encoding.h"
#include "base/method.h"
#include "proto/error_details.pb.h"

namespace attestd::agent {
namespace {

using base::Reason;

// Payload key of an error that is told as it is.
constexpr char kForCallerUrl[] = "attestd/for-caller";

// What programs and what people are told.
struct Told {
  std::string_view word;
  std::string_view text;
};

// A table, which the compiler checks to be whole. NOLINTNEXTLINE(readability-function-size)
Told TellReason(Reason reason) {
  switch (reason) {
    case Reason::kBadUri:
      return {"BAD_URI",
              "request: the resource URI is malformed; write kbs:///repository/type/tag"};
    case Reason::kUnknownBroker:
      return {"UNKNOWN_BROKER",
              "request: the URI names a broker that is not configured; leave it out or configure "
              "it as [[kbs]]"};
    case Reason::kResourceNotFound:
      return {"RESOURCE_NOT_FOUND",
              "resource: the broker has no such resource, or its plugin failed; check the URI and "
              "what was uploaded"};
    case Reason::kAccessDenied:
      return {"ACCESS_DENIED",
              "resource: the broker's resource policy denied it; check that policy for this VM"};
    case Reason::kEvidenceRefused:
      return {"EVIDENCE_REFUSED",
              "attest: the broker refused the evidence; its log says which check failed"};
    case Reason::kVersionMismatch:
      return {"VERSION_MISMATCH",
              "auth: the broker speaks another protocol version; attestd's log names both"};
    case Reason::kBrokerUnreachable:
      return {
          "BROKER_UNREACHABLE",
          "broker: it cannot be reached or is failing; check its url and that it runs, then try "
          "again"};
    case Reason::kBrokerUntrusted:
      return {
          "BROKER_UNTRUSTED",
          "broker: its TLS certificate was not accepted; check ca_file, host name and validity"};
    case Reason::kReplyRejected:
      return {"REPLY_REJECTED", "broker: upstream reply rejected"};
    case Reason::kDeviceMissing:
      return {"DEVICE_MISSING",
              "evidence: the TEE device is not there or cannot be opened; attestd's log names it"};
    case Reason::kDeviceFailed:
      return {"DEVICE_FAILED", "evidence: the TEE device failed; attestd's log names the step"};
    case Reason::kKeyMissing:
      return {
          "KEY_MISSING",
          "evidence: the attestation key is missing and cannot be made; attestd's log says what "
          "to do"};
    case Reason::kTooLarge:
      return {"TOO_LARGE",
              "request: the runtime data is larger than the platform's evidence carries"};
    case Reason::kBadEvent:
      return {"BAD_EVENT",
              "request: an event needs domain, operation and content as UTF-8 without control "
              "characters, no space in domain or operation, and at most 256, 256 and 16384 bytes"};
    case Reason::kRegisterForbidden:
      return {"REGISTER_FORBIDDEN",
              "measurement: this register is not for run-time events; attestd's log names those "
              "that are"};
    case Reason::kRegisterDiverged:
      return {"REGISTER_DIVERGED",
              "measurement: something else extended this register, so that the event log cannot "
              "replay to it; measure into another, or reboot"};
    case Reason::kLogFailed:
      return {"LOG_FAILED",
              "measurement: the event log cannot be written, and nothing was measured; attestd's "
              "log says why"};
    case Reason::kLogFull:
      return {"LOG_FULL",
              "measurement: the event log is full; it starts afresh with the next boot"};
    case Reason::kRateLimited:
      return {"RATE_LIMITED", "measurement: too many events; at most 100 at once and 10 a second"};
    case Reason::kNotAllowed:
      return {"NOT_ALLOWED",
              "policy: this socket's clients may not ask for that; see rights and allow of its "
              "[[listener]]"};
    case Reason::kTooManyRequests:
      return {"TOO_MANY_REQUESTS",
              "limits: too many requests of this socket's clients; wait, or raise [limits]"};
    case Reason::kInitDataUnbound:
      return {"INIT_DATA_UNBOUND",
              "init data: this platform is bound to another digest or cannot be bound; attestd's "
              "log says which"};
    case Reason::kConfigRefused:
      return {"CONFIG_REFUSED",
              "reload: the configuration was refused, and the old one stays; attestd's log says "
              "what to change"};
    case Reason::kBadPacket:
      return {"BAD_PACKET",
              "request: the sealed secret or key packet is malformed or of a kind that is not "
              "opened here; attestd's log names the part"};
    case Reason::kSignatureRefused:
      return {"SIGNATURE_REFUSED",
              "unseal: the sealed secret has no signature that is accepted here; attestd's log "
              "says why"};
    case Reason::kKeyUnfit:
      return {"KEY_UNFIT",
              "key: what lies at the name of the key is no key for this; attestd's log says what "
              "it should be"};
    case Reason::kDoesNotDecrypt:
      return {"DOES_NOT_DECRYPT",
              "request: the sealed secret or key packet does not decrypt with the key that it "
              "names: that is another key, or it was changed on its way"};
    case Reason::kMountOff:
      return {"MOUNT_OFF",
              "mount: secure mounts are not enabled here; set [secure_mount] enabled = true"};
    case Reason::kBadMount:
      return {"BAD_MOUNT",
              "request: an option, a flag or the mount point is missing, malformed or not allowed; "
              "attestd's log names it"};
    case Reason::kMountUnsupported:
      return {"MOUNT_UNSUPPORTED",
              "mount: only volumes of type block-device with encryptionType luks2 are served"};
    case Reason::kVolumeRefused:
      return {"VOLUME_REFUSED",
              "mount: the header of the volume is not one that may be opened; attestd's log names "
              "the part"};
    case Reason::kMountFailed:
      return {
          "MOUNT_FAILED",
          "mount: it failed, and what was begun is undone; attestd's log names device and step"};
    case Reason::kPulledElsewhere:
      return {"PULLED_ELSEWHERE",
              "image pull: images are pulled by kata-agent or image-rs in the guest, or by a "
              "snapshotter; attestd unwraps their keys (keyprovider.KeyProviderService)"};
    case Reason::kBusy:
      return {"BUSY", "attestd is busy; try again"};
    case Reason::kDeadline:
      return {"DEADLINE",
              "the deadline passed before the work was done; raise the timeout or try again"};
  }
  return {"INTERNAL", "internal error"};
}

Told TellCode(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
      return {"MALFORMED", "request: malformed"};
    case absl::StatusCode::kDeadlineExceeded:
      return TellReason(Reason::kDeadline);
    case absl::StatusCode::kUnavailable:
      return {"UNAVAILABLE", "not available now; try again"};
    case absl::StatusCode::kUnimplemented:
      return {"NOT_SUPPORTED", "not supported on this platform"};
    default:
      return {"INTERNAL", "internal error; attestd's log has the cause"};
  }
}

Told Tell(const absl::Status& status) {
  const auto reason = base::GetReason(status);
  return reason.has_value() ? TellReason(*reason) : TellCode(status.code());
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

std::string_view PublicText(const absl::Status& status) { return Tell(status).text; }

absl::Status ForCaller(absl::StatusCode code, std::string_view text) {
  absl::Status status = base::MakeStatus(code, text);
  status.SetPayload(kForCallerUrl, absl::Cord());
  return status;
}

bool IsForCaller(const absl::Status& status) {
  return status.GetPayload(kForCallerUrl).has_value();
}

PublicError MakePublicError(const absl::Status& status, std::string_view request_id) {
  const Told told = Tell(status);
  rpc::ErrorInfo info;
  info.set_reason(std::string(told.word));
  info.set_domain("attestd");
  (*info.mutable_metadata())["request"] = std::string(request_id);
  rpc::Status details;
  details.set_code(status.raw_code());
  details.set_message(std::string(told.text) + " [request " + std::string(request_id) + "]");
  rpc::Any& any = *details.add_details();
  any.set_type_url("type.googleapis.com/google.rpc.ErrorInfo");
  any.set_value(info.SerializeAsString());
  return {.message = details.message(), .details = details.SerializeAsString()};
}

absl::Status PublicStatus(const absl::Status& status, std::string_view request_id) {
  PublicError error = MakePublicError(status, request_id);
  absl::Status told(status.code(), error.message);
  told.SetPayload(base::kErrorDetails, absl::Cord(std::move(error.details)));
  return told;
}

std::string NewRequestId() {
  static const std::string kTag = ProcessTag();
  static std::atomic<uint64_t> next{1};
  return kTag + "-" + std::to_string(next.fetch_add(1, std::memory_order_relaxed));
}

}  // namespace attestd::agent
