// SPDX-License-Identifier: Apache-2.0
#include "test/fuse/tpm_proxy.h"

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/byte_reader.h"
#include "base/handle.h"
#include "test/fuse/guest_devices.h"

namespace attestd::fake_tee {
namespace {

constexpr size_t kMaxMessage = 4096;  // TPM_BUFSIZE of the kernel
constexpr size_t kHeader = 10;

// The one connection that all open files share: swtpm serves one client at a time.
class Connection {
 public:
  Connection(TpmProxyOptions options, FaultPlan& faults)
      : options_(std::move(options)), faults_(faults) {}

  // The answer to a command; nothing when the TPM is away.
  absl::StatusOr<base::Bytes> Transact(base::ByteView command) {
    if (options_.paravisor != nullptr) {
      if (const std::optional<base::Bytes> intrusion = options_.paravisor->Intrusion(command)) {
        RETURN_IF_ERROR(Pass(*intrusion).status());
      }
      if (std::optional<base::Bytes> answer = options_.paravisor->Answer(command)) {
        return *std::move(answer);
      }
    }
    return Pass(command);
  }
  // The errno that a command fails with before it gets anywhere, or zero.
  int Fault(base::ByteView command) {
    const int error = faults_.Enter("tpm");
    return error != 0 || options_.paravisor == nullptr ? error : options_.paravisor->Fault(command);
  }

 private:
  // To the TPM and back.
  absl::StatusOr<base::Bytes> Pass(base::ByteView command) {
    const absl::MutexLock lock(&mutex_);
    RETURN_IF_ERROR(Connect());
    absl::StatusOr<base::Bytes> answer = SendAndReceive(command);
    if (!answer.ok()) {
      socket_.reset();
    } else if (options_.paravisor != nullptr) {
      options_.paravisor->Observe(command, *answer);
    }
    return answer;
  }

  absl::Status Connect() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (socket_.valid()) {
      return absl::OkStatus();
    }
    base::UniqueFd connected(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(connected.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      return base::MakeStatus(absl::StatusCode::kUnavailable, "no TPM at the port");
    }
    const int on = 1;
    ::setsockopt(connected.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    socket_ = std::move(connected);
    return absl::OkStatus();
  }

  absl::StatusOr<base::Bytes> SendAndReceive(base::ByteView command)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto lost = [] {
      return base::MakeStatus(absl::StatusCode::kUnavailable, "the TPM hung up");
    };
    if (!std::cmp_equal(::send(socket_.get(), command.data(), command.size(), MSG_NOSIGNAL),
                        command.size())) {
      return lost();
    }
    base::Bytes answer(kHeader);
    if (!Receive(answer)) {
      return lost();
    }
    base::ByteReader header(base::ByteView(answer).subspan(2));
    const size_t size = std::clamp<size_t>(header.ReadU32Be().value_or(0), kHeader, kMaxMessage);
    base::Bytes rest(size - kHeader);
    if (!Receive(rest)) {
      return lost();
    }
    answer.insert(answer.end(), rest.begin(), rest.end());
    return answer;
  }

  bool Receive(std::span<uint8_t> out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return out.empty() ||
           std::cmp_equal(::recv(socket_.get(), out.data(), out.size(), MSG_WAITALL), out.size());
  }

  const TpmProxyOptions options_;
  FaultPlan& faults_;
  absl::Mutex mutex_;
  base::UniqueFd socket_ ABSL_GUARDED_BY(mutex_);
};

class TpmFile : public OpenFile {
 public:
  explicit TpmFile(Connection& connection) : connection_(connection) {}

  int Write(base::ByteView bytes, uint64_t /*offset*/) override {
    if (const int error = connection_.Fault(bytes); error != 0) {
      return -error;
    }
    if (bytes.size() < kHeader || bytes.size() > kMaxMessage) {
      return -EINVAL;
    }
    absl::StatusOr<base::Bytes> answer = connection_.Transact(bytes);
    if (!answer.ok()) {
      return -EIO;
    }
    answer_ = *std::move(answer);
    return static_cast<int>(bytes.size());
  }
  int Read(std::span<uint8_t> out, uint64_t /*offset*/) override {
    const int size = CopyOut(answer_, out, 0);
    answer_.erase(answer_.begin(), answer_.begin() + size);
    return size;
  }

 private:
  Connection& connection_;
  base::Bytes answer_;
};

class TpmProxy : public DeviceNode {
 public:
  TpmProxy(TpmProxyOptions options, FaultPlan& faults)
      : DeviceNode(faults), connection_(std::move(options), faults) {}

 private:
  OpenResult OpenDevice() override {
    return {.error = 0, .file = std::make_unique<TpmFile>(connection_)};
  }

  Connection connection_;
};

}  // namespace

std::unique_ptr<Subtree> MakeTpmProxy(TpmProxyOptions options, FaultPlan& faults) {
  return std::make_unique<TpmProxy>(std::move(options), faults);
}

}  // namespace attestd::fake_tee
