// SPDX-License-Identifier: Apache-2.0
#include "secure_mount/mount_helper.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <stop_token>
#include <thread>

#include "secure_mount/packet.h"
#include "test/support/temp_dir.h"

namespace attestd::secure_mount {
namespace {

using base::Reason;

MountRequest Request(const std::string& device, const std::string& mount_point) {
  return {.volume_type = "block-device",
          .options = {{"devicePath", device},
                      {"sourceType", "empty"},
                      {"targetType", "device"},
                      {"encryptionType", "luks2"},
                      {"key", "kbs:///never/sent/on"}},
          .flags = {},
          .mount_point = mount_point};
}

// A helper that the test plays: it listens, and answers as it is told.
class PlayedHelper {
 public:
  explicit PlayedHelper(const std::string& path)
      : listener_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) ==
            0);
    REQUIRE(::listen(listener_.get(), 4) == 0);
  }
  // With one connection after the other.
  void Accept() { connection_.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }
  void HangUp() { connection_.reset(); }
  Packet Receive() {
    auto packet = ReceivePacket(connection_.get());
    return packet.ok() ? *std::move(packet) : Packet{};
  }
  void Answer(const Outcome& outcome) {
    SendPacket(connection_.get(), Encode(outcome), -1).IgnoreError();
  }

 private:
  base::UniqueFd listener_;
  base::UniqueFd connection_;
};

base::CallContext Patient() { return {.deadline = base::Deadline::After(absl::Seconds(60))}; }

TEST_CASE("The mount helper that is started refuses what is wrong, again and again") {
  const test::TempDir folder;
  const auto helper = MountHelper::Start(ATTESTD_MOUNT_PROGRAM, {folder.path()});
  REQUIRE(helper.ok());
  for (int i = 0; i < 3; ++i) {
    const absl::Status elsewhere =
        (*helper)->Mount(Request("/dev/null", "/etc/x"), nullptr, Patient());
    CHECK(base::GetReason(elsewhere) == Reason::kBadMount);
    const absl::Status no_device =
        (*helper)->Mount(Request("/dev/null", folder.path() + "/x"), nullptr, Patient());
    CHECK(base::GetReason(no_device) == Reason::kMountFailed);
    CHECK(std::string(no_device.message()).find("no block device") != std::string::npos);
  }
}

TEST_CASE("An order that is too long is refused, and the helper lives on") {
  const test::TempDir folder;
  const auto helper = MountHelper::Start(ATTESTD_MOUNT_PROGRAM, {folder.path()});
  REQUIRE(helper.ok());
  MountRequest request = Request("/dev/null", folder.path() + "/x");
  request.options["devicePath"] = std::string(60000, '\x01');
  request.options["deviceId"] = "1:1";
  CHECK(base::GetReason((*helper)->Mount(request, nullptr, Patient())) == Reason::kBadMount);
  request.options.erase("devicePath");
  CHECK(base::GetReason((*helper)->Mount(request, nullptr, Patient())) == Reason::kMountFailed);
}

TEST_CASE("A mount helper that cannot be started is an error") {
  const auto helper = MountHelper::Start("/nonexistent/attestd-mount", {"/mnt"});
  CHECK(std::string(helper.status().message()).find("/nonexistent") != std::string::npos);
}

TEST_CASE("A mount helper that has ended is named") {
  const auto helper = MountHelper::Start("/bin/false", {"/mnt"});
  REQUIRE(helper.ok());
  const absl::Status status = (*helper)->Mount(Request("/dev/x", "/mnt/x"), nullptr, Patient());
  CHECK(absl::IsUnavailable(status));
  CHECK(base::GetReason(status) == Reason::kMountFailed);
}

TEST_CASE("An order brings the key as a pipe, and not its name") {
  const test::TempDir folder;
  const std::string path = folder.path() + "/socket";
  PlayedHelper played(path);
  const auto helper = MountHelper::At(path);
  base::Secret key = *base::Secret::Copy(base::AsBytes("the key"));
  std::string text;
  bool right_key = false;
  std::thread other([&] {
    played.Accept();
    const Packet packet = played.Receive();
    text = packet.text;
    const auto got = ReadKeyPipe(packet.fd.get());
    right_key = got.ok() && got->ConstantTimeEquals(base::AsBytes("the key"));
    played.Answer({.id = std::get<Order>(*DecodeOrder(text)).id});
  });
  CHECK(helper->Mount(Request("/dev/x", "/mnt/x"), &key, Patient()).ok());
  other.join();
  CHECK(right_key);
  CHECK(text.find("/dev/x") != std::string::npos);
  CHECK(text.find("never/sent") == std::string::npos);
  CHECK(text.find("the key") == std::string::npos);
}

TEST_CASE("A mount helper at a socket is connected to again") {
  const test::TempDir folder;
  const std::string path = folder.path() + "/socket";
  const auto helper = MountHelper::At(path);
  CHECK(absl::IsUnavailable(helper->Mount(Request("/dev/x", "/mnt/x"), nullptr, Patient())));
  PlayedHelper played(path);
  std::thread other([&] {
    played.Accept();
    played.Receive();
    played.HangUp();
    played.Accept();
    played.Receive();
    played.Answer({.id = 3});
  });
  CHECK(absl::IsUnavailable(helper->Mount(Request("/dev/x", "/mnt/x"), nullptr, Patient())));
  CHECK(helper->Mount(Request("/dev/x", "/mnt/x"), nullptr, Patient()).ok());
  other.join();
}

TEST_CASE("A caller who leaves cancels the order, and hears how it ended") {
  const test::TempDir folder;
  const std::string path = folder.path() + "/socket";
  PlayedHelper played(path);
  const auto helper = MountHelper::At(path);
  std::stop_source stop;
  bool cancelled = false;
  std::thread other([&] {
    played.Accept();
    const uint64_t id = std::get<Order>(*DecodeOrder(played.Receive().text)).id;
    stop.request_stop();
    const auto said = DecodeOrder(played.Receive().text);
    cancelled =
        said.ok() && std::holds_alternative<Cancel>(*said) && std::get<Cancel>(*said).id == id;
    played.Answer({.id = id, .status = absl::CancelledError("undone")});
  });
  const base::CallContext caller{.deadline = base::Deadline::After(absl::Seconds(60)),
                                 .stop = stop.get_token()};
  const absl::Status status = helper->Mount(Request("/dev/x", "/mnt/x"), nullptr, caller);
  other.join();
  CHECK(absl::IsCancelled(status));
  CHECK(cancelled);
}

TEST_CASE("Orders wait for their turn no longer than their deadline") {
  const test::TempDir folder;
  const std::string path = folder.path() + "/socket";
  PlayedHelper played(path);
  const auto helper = MountHelper::At(path);
  absl::Status first;
  std::thread other(
      [&] { first = helper->Mount(Request("/dev/x", "/mnt/x"), nullptr, Patient()); });
  played.Accept();
  const Packet packet = played.Receive();
  const base::CallContext hasty{.deadline = base::Deadline::After(absl::Milliseconds(100))};
  CHECK(absl::IsDeadlineExceeded(helper->Mount(Request("/dev/y", "/mnt/y"), nullptr, hasty)));
  played.Answer({.id = std::get<Order>(*DecodeOrder(packet.text)).id});
  other.join();
  CHECK(first.ok());
}

}  // namespace
}  // namespace attestd::secure_mount
