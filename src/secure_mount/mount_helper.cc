// SPDX-License-Identifier: Apache-2.0
#include "secure_mount/mount_helper.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stop_token>
#include <utility>

#include "base/file.h"
#include "base/peer.h"
#include "secure_mount/packet.h"

namespace attestd::secure_mount {
namespace {

constexpr int kHelperSocket = 3;
// To stop a step and undo what was begun: main.cc's steps take 5 s to stop and 20 s to close.
constexpr absl::Duration kUndoTime = absl::Seconds(40);
constexpr absl::Duration kLongest = absl::Hours(24);
constexpr absl::Duration kTurn = absl::Milliseconds(200);

absl::Status NoHelper(std::string_view problem) {
  return base::MakeStatus(absl::StatusCode::kUnavailable, base::Reason::kMountFailed,
                          "mount helper: " + std::string(problem));
}

// posix_spawn with descriptor 3, standard input of /dev/null, and no signal blocked.
absl::StatusOr<pid_t> Spawn(const std::string& program, std::vector<std::string> words,
                            int socket) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  argv.push_back(nullptr);
  std::array<char*, 1> environment = {nullptr};
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  sigset_t none;
  sigemptyset(&none);
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, socket, kHelperSocket);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  pid_t pid = -1;
  const int error =
      ::posix_spawn(&pid, program.c_str(), &actions, &attributes, argv.data(), environment.data());
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  return error == 0 ? absl::StatusOr<pid_t>(pid)
                    : base::Annotate(base::ErrnoStatus(error, program), "mount helper");
}

int64_t Milliseconds(base::Deadline deadline) {
  return absl::ToInt64Milliseconds(std::min(deadline.Remaining(), kLongest));
}

}  // namespace

absl::StatusOr<std::unique_ptr<MountHelper>> MountHelper::Start(
    const std::string& program, const std::vector<std::string>& mount_roots) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return base::ErrnoStatus(errno, "mount helper: socketpair");
  }
  base::UniqueFd ours(ends[0]);
  base::UniqueFd theirs(ends[1]);
  if (theirs.get() == kHelperSocket) {
    // dup2 of a descriptor to itself would leave it to be closed.
    std::swap(ours, theirs);
  }
  std::vector<std::string> words = {"attestd-mount"};
  words.insert(words.end(), mount_roots.begin(), mount_roots.end());
  ASSIGN_OR_RETURN(const pid_t pid, Spawn(program, std::move(words), theirs.get()));
  // A constructor that is private. NOLINTNEXTLINE(modernize-make-unique)
  return std::unique_ptr<MountHelper>(new MountHelper("", std::move(ours), pid));
}

std::unique_ptr<MountHelper> MountHelper::At(std::string socket_path) {
  // NOLINTNEXTLINE(modernize-make-unique)
  return std::unique_ptr<MountHelper>(new MountHelper(std::move(socket_path), {}, -1));
}

MountHelper::~MountHelper() {
  socket_.reset();
  const base::Deadline end = base::Deadline::After(kTurn * 10);
  while (child_ > 0 && ::waitpid(child_, nullptr, WNOHANG) == 0 && !end.Expired()) {
    ::poll(nullptr, 0, 10);
  }
}

absl::Status MountHelper::TakeTurn(const base::CallContext& caller) {
  const base::MonitorLock lock(monitor_);
  // Looks up at times, as a stop does not wake it.
  while (busy_) {
    RETURN_IF_ERROR(caller.Check());
    monitor_.Await(base::Deadline::Earlier(caller.deadline, base::Deadline::After(kTurn)),
                   [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS { return !busy_; });
  }
  RETURN_IF_ERROR(caller.Check());
  busy_ = true;
  return absl::OkStatus();
}

void MountHelper::EndTurn() {
  const base::MonitorLock lock(monitor_);
  busy_ = false;
  monitor_.NotifyAll();
}

absl::Status MountHelper::Mount(const MountRequest& request, const base::Secret* key,
                                const base::CallContext& caller) {
  RETURN_IF_ERROR(TakeTurn(caller));
  const auto end_turn = [](MountHelper* helper) { helper->EndTurn(); };
  const std::unique_ptr<MountHelper, decltype(end_turn)> turn(this, end_turn);
  Order order{
      .id = ++last_order_, .milliseconds = Milliseconds(caller.deadline), .request = request};
  order.request.options.erase("key");
  return Ask(order, key, caller);
}

absl::Status MountHelper::Connect() {
  if (socket_.valid()) {
    // One that has ended is readable, and nothing else is while there is no order.
    pollfd ended = {.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&ended, 1, 0) == 0) {
      return absl::OkStatus();
    }
    socket_.reset();
  }
  if (socket_path_.empty()) {
    return NoHelper("it has ended; its last words are in the log. Restart attestd");
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_path_.size() >= sizeof address.sun_path) {
    return NoHelper("the path of its socket is too long");
  }
  std::memcpy(address.sun_path, socket_path_.data(), socket_path_.size());
  base::UniqueFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!socket.valid() ||
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return NoHelper(socket_path_ + ": errno " + std::to_string(errno) +
                    "; start attestd-mount.socket");
  }
  const auto peer = base::ReadPeer(socket.get());
  if (!peer.ok() || !peer->has_value() || ((*peer)->uid != 0 && (*peer)->uid != ::geteuid())) {
    return NoHelper(socket_path_ + ": somebody else than root listens there");
  }
  socket_ = std::move(socket);
  return absl::OkStatus();
}

absl::Status MountHelper::Ask(const Order& order, const base::Secret* key,
                              const base::CallContext& caller) {
  RETURN_IF_ERROR(Connect());
  base::UniqueFd pipe;
  if (key != nullptr) {
    ASSIGN_OR_RETURN(pipe, KeyPipe(key->view()));
  }
  ASSIGN_OR_RETURN(const std::string text, Encode(order));
  if (text.size() > kMaxPacketBytes) {
    return BadMount("request", "it is too long");
  }
  RETURN_IF_ERROR(SendPacket(socket_.get(), text, pipe.get()));
  pipe.reset();
  // It answers in any case, so that what is undone is undone when the caller hears of it.
  const auto cancel = [socket = socket_.get(), id = order.id] {
    SendPacket(socket, Encode(Cancel{.id = id}), -1).IgnoreError();
  };
  const std::stop_callback on_stop(caller.stop, cancel);
  return Await(order.id, caller);
}

absl::Status MountHelper::Await(uint64_t order, const base::CallContext& caller) {
  auto give_up = base::Deadline::Infinite();
  pollfd readable = {.fd = socket_.get(), .events = POLLIN, .revents = 0};
  while (!give_up.Expired()) {
    if (::poll(&readable, 1, static_cast<int>(absl::ToInt64Milliseconds(kTurn))) <= 0) {
      if (!caller.Check().ok()) {
        give_up = base::Deadline::Earlier(give_up, base::Deadline::After(kUndoTime));
      }
      continue;
    }
    const auto packet = ReceivePacket(socket_.get());
    const auto outcome =
        packet.ok() ? DecodeOutcome(packet->text) : absl::StatusOr<Outcome>(packet.status());
    if (!outcome.ok()) {
      // Closed with the next Connect, as somebody may be cancelling just now.
      ::shutdown(socket_.get(), SHUT_RDWR);
      return NoHelper(
          "it ended, or does not make sense: " +
          std::string(outcome.status().message().data(), outcome.status().message().size()));
    }
    if (outcome->id == order) {
      return outcome->status;
    }
  }
  ::shutdown(socket_.get(), SHUT_RDWR);
  return NoHelper("it does not answer");
}

}  // namespace attestd::secure_mount
