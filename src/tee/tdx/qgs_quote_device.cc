// SPDX-License-Identifier: Apache-2.0
#include "tee/tdx/qgs_quote_device.h"

#include <absl/strings/numbers.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

// After sys/socket.h, whose sa_family_t it uses.
#include <linux/vm_sockets.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include "base/file.h"
#include "base/handle.h"
#include "tee/tdx/format/qgs_message.h"

namespace attestd::tee::tdx {
namespace {

constexpr std::string_view kVsockPrefix = "vsock:";
constexpr std::string_view kUnixPrefix = "unix:";

absl::StatusOr<uint32_t> ParseNumber(std::string_view text) {
  uint32_t value = 0;
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(),
                                                   [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || !absl::SimpleAtoi(std::string(text), &value)) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "not a number of 32 bits");
  }
  return value;
}

absl::Status BadAddress(std::string_view text) {
  return base::MakeStatus(
      absl::StatusCode::kInvalidArgument,
      "\"" + std::string(text) + R"(" is neither "vsock:CID:PORT" nor "unix:/path")");
}

// The service is away, or does not take connections.
absl::Status Unreachable(int error) {
  return base::MakeStatus(
      absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceMissing,
      "connect: " + std::string(base::ErrnoStatus(error, "socket").message()) +
          "; is the quote generation service running on the host, and listening there?");
}

absl::Status Broken(const std::string& what) {
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed, what);
}

// Waits for events on a socket. DeadlineExceeded naming the step.
absl::Status Await(int fd, short events, base::Deadline deadline, std::string_view step) {
  while (true) {
    const absl::Duration left = deadline.Remaining();
    if (left <= absl::ZeroDuration()) {
      return base::MakeStatus(absl::StatusCode::kDeadlineExceeded, base::Reason::kDeadline,
                              std::string(step) + ": no answer in time");
    }
    // Rounded up, and an hour of an endless wait at a time.
    const absl::Duration slice = std::min(left, absl::Hours(1)) + absl::Milliseconds(1);
    const int64_t wait = absl::ToInt64Milliseconds(slice);
    pollfd ready = {.fd = fd, .events = events, .revents = 0};
    const int count = ::poll(&ready, 1, static_cast<int>(wait));
    if (count > 0) {
      return absl::OkStatus();
    }
    if (count < 0 && errno != EINTR) {
      return Broken(std::string(base::ErrnoStatus(errno, std::string(step)).message()));
    }
  }
}

absl::StatusOr<base::UniqueFd> ConnectTo(const sockaddr* address, socklen_t size,
                                         base::Deadline deadline) {
  base::UniqueFd fd(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) {
    return Unreachable(errno);
  }
  if (::connect(fd.get(), address, size) == 0) {
    return fd;
  }
  if (errno != EINPROGRESS) {
    return Unreachable(errno);
  }
  RETURN_IF_ERROR(Await(fd.get(), POLLOUT, deadline, "connect"));
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0) {
    return Unreachable(error);
  }
  return fd;
}

absl::StatusOr<base::UniqueFd> Connect(const QgsAddress& address, base::Deadline deadline) {
  if (const auto* vsock = std::get_if<VsockAddress>(&address); vsock != nullptr) {
    sockaddr_vm name{};
    name.svm_family = AF_VSOCK;
    name.svm_cid = vsock->cid;
    name.svm_port = vsock->port;
    return ConnectTo(reinterpret_cast<const sockaddr*>(&name), sizeof name, deadline);
  }
  const auto& path = std::get<std::string>(address);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  // ParseQgsAddress keeps it shorter than the field.
  std::memcpy(name.sun_path, path.data(), std::min(path.size(), sizeof name.sun_path - 1));
  return ConnectTo(reinterpret_cast<const sockaddr*>(&name), sizeof name, deadline);
}

absl::Status SendAll(int fd, base::ByteView bytes, base::Deadline deadline) {
  while (!bytes.empty()) {
    RETURN_IF_ERROR(Await(fd, POLLOUT, deadline, "send"));
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EINTR && errno != EAGAIN) {
      return Broken(std::string(base::ErrnoStatus(errno, "send").message()));
    }
    bytes = bytes.subspan(static_cast<size_t>(std::max<ssize_t>(count, 0)));
  }
  return absl::OkStatus();
}

absl::StatusOr<base::Bytes> ReceiveExactly(int fd, size_t size, base::Deadline deadline) {
  base::Bytes bytes(size);
  std::span<uint8_t> rest(bytes);
  while (!rest.empty()) {
    RETURN_IF_ERROR(Await(fd, POLLIN, deadline, "receive"));
    const ssize_t count = ::recv(fd, rest.data(), rest.size(), 0);
    if (count == 0) {
      return Broken("the service closed the connection inside its answer");
    }
    if (count < 0 && errno != EINTR && errno != EAGAIN) {
      return Broken(std::string(base::ErrnoStatus(errno, "receive").message()));
    }
    rest = rest.subspan(static_cast<size_t>(std::max<ssize_t>(count, 0)));
  }
  return bytes;
}

// A malformed answer is the device's fault, not the caller's.
template <typename T>
absl::StatusOr<T> AsAnswer(absl::StatusOr<T> result) {
  if (absl::IsInvalidArgument(result.status())) {
    return Broken("malformed answer: " + std::string(result.status().message()));
  }
  return result;
}

class QgsQuoteDevice : public QuoteDevice {
 public:
  QgsQuoteDevice(QgsAddress address, std::string name, TdReportDevice& report)
      : address_(std::move(address)), name_(std::move(name)), report_(report) {}

  std::string name() const override { return "quote generation service " + name_; }

  absl::Status Check() override {
    RETURN_IF_ERROR(report_.Check());
    constexpr absl::Duration kConnectTime = absl::Seconds(2);
    return base::Annotate(Connect(address_, base::Deadline::After(kConnectTime)).status(), name());
  }

  absl::StatusOr<base::Bytes> GetQuote(base::ByteView report_data,
                                       base::Deadline deadline) override {
    ASSIGN_OR_RETURN(const base::Bytes td_report, report_.GetTdReport(report_data));
    absl::StatusOr<base::Bytes> quote = Exchange(td_report, deadline);
    if (!quote.ok()) {
      return base::Annotate(quote.status(), name());
    }
    return quote;
  }

 private:
  absl::StatusOr<base::Bytes> Exchange(base::ByteView td_report, base::Deadline deadline) const {
    ASSIGN_OR_RETURN(const base::UniqueFd fd, Connect(address_, deadline));
    RETURN_IF_ERROR(SendAll(fd.get(), FormatQgsQuoteRequest(td_report), deadline));
    ASSIGN_OR_RETURN(const base::Bytes front, ReceiveExactly(fd.get(), kQgsLengthSize, deadline));
    ASSIGN_OR_RETURN(const size_t length, AsAnswer(ParseQgsLength(front)));
    ASSIGN_OR_RETURN(const base::Bytes message, ReceiveExactly(fd.get(), length, deadline));
    return AsAnswer(ParseQgsQuoteResponse(message));
  }

  const QgsAddress address_;
  const std::string name_;
  TdReportDevice& report_;
};

}  // namespace

absl::StatusOr<QgsAddress> ParseQgsAddress(std::string_view text) {
  if (text.starts_with(kUnixPrefix)) {
    const std::string path(text.substr(kUnixPrefix.size()));
    if (!path.starts_with('/') || path.size() >= sizeof(sockaddr_un::sun_path)) {
      return BadAddress(text);
    }
    return path;
  }
  if (!text.starts_with(kVsockPrefix)) {
    return BadAddress(text);
  }
  const std::string_view numbers = text.substr(kVsockPrefix.size());
  const size_t colon = numbers.find(':');
  if (colon == std::string_view::npos) {
    return BadAddress(text);
  }
  const absl::StatusOr<uint32_t> cid = ParseNumber(numbers.substr(0, colon));
  const absl::StatusOr<uint32_t> port = ParseNumber(numbers.substr(colon + 1));
  if (!cid.ok() || !port.ok()) {
    return BadAddress(text);
  }
  return VsockAddress{.cid = *cid, .port = *port};
}

std::unique_ptr<QuoteDevice> CreateQgsQuoteDevice(QgsAddress address, std::string name,
                                                  TdReportDevice& report) {
  return std::make_unique<QgsQuoteDevice>(std::move(address), std::move(name), report);
}

}  // namespace attestd::tee::tdx
