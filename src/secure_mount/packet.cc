// SPDX-License-Identifier: Apache-2.0
#include "secure_mount/packet.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include "base/file.h"

namespace attestd::secure_mount {
namespace {

constexpr size_t kControlBytes = CMSG_SPACE(4 * sizeof(int));

absl::Status Gone(std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kUnavailable, base::Reason::kMountFailed,
                          "mount helper: " + std::string(what));
}

// Takes every descriptor that came, so that none stays open.
std::pair<base::UniqueFd, size_t> TakeDescriptors(msghdr& message) {
  base::UniqueFd first;
  size_t count = 0;
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
      continue;
    }
    const size_t size = part->cmsg_len - CMSG_LEN(0);
    for (size_t at = 0; at + sizeof(int) <= size; at += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + at, sizeof fd);
      base::UniqueFd taken(fd);
      if (count++ == 0) {
        first = std::move(taken);
      }
    }
  }
  return {std::move(first), count};
}

}  // namespace

absl::Status SendPacket(int socket, std::string_view text, int fd) {
  iovec part = {.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (fd >= 0) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  ssize_t sent = -1;
  do {
    sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent == static_cast<ssize_t>(text.size())
             ? absl::OkStatus()
             : Gone("cannot be written to: it has ended or hangs");
}

absl::StatusOr<Packet> ReceivePacket(int socket) {
  std::string text(kMaxPacketBytes, '\0');
  iovec part = {.iov_base = text.data(), .iov_len = text.size()};
  alignas(cmsghdr) std::array<char, kControlBytes> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  ssize_t size = -1;
  do {
    size = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size <= 0) {
    return Gone("the other side has ended");
  }
  auto [fd, count] = TakeDescriptors(message);
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0 || count > 1) {
    return absl::InvalidArgumentError("mount helper: a message is too long");
  }
  text.resize(static_cast<size_t>(size));
  return Packet{.text = std::move(text), .fd = std::move(fd)};
}

absl::StatusOr<base::UniqueFd> KeyPipe(base::ByteView key) {
  if (key.empty() || key.size() > kMaxKeyBytes) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kKeyUnfit,
                            "secure mount: key: expected 1 to " + std::to_string(kMaxKeyBytes) +
                                " bytes, found " + std::to_string(key.size()));
  }
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    return base::ErrnoStatus(errno, "secure mount: pipe for the key");
  }
  base::UniqueFd read_end(ends[0]);
  const base::UniqueFd write_end(ends[1]);
  if (::write(write_end.get(), key.data(), key.size()) != static_cast<ssize_t>(key.size())) {
    return base::ErrnoStatus(errno, "secure mount: pipe for the key");
  }
  // What reads it waits for its end, which is there already.
  ::fcntl(read_end.get(), F_SETFL, 0);
  return read_end;
}

absl::StatusOr<base::Secret> ReadKeyPipe(int fd) {
  // One more, to tell that there is no end.
  ASSIGN_OR_RETURN(base::Secret key, base::Secret::Allocate(kMaxKeyBytes + 1));
  const std::span<uint8_t> room = key.writable();
  size_t done = 0;
  while (done < room.size()) {
    const ssize_t size = ::read(fd, room.data() + done, room.size() - done);
    if (size < 0 && errno == EINTR) {
      continue;
    }
    if (size < 0) {
      return base::ErrnoStatus(errno, "secure mount: pipe of the key");
    }
    if (size == 0) {
      break;
    }
    done += static_cast<size_t>(size);
  }
  if (done == 0 || done > kMaxKeyBytes) {
    return absl::InvalidArgumentError("mount helper: expected a key of 1 to 4096 bytes");
  }
  key.Truncate(done);
  return key;
}

}  // namespace attestd::secure_mount
