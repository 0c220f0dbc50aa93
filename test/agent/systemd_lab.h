// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_AGENT_SYSTEMD_LAB_H_
#define ATTESTD_TEST_AGENT_SYSTEMD_LAB_H_

#include <absl/synchronization/mutex.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "agent/systemd_door.h"
#include "proto/confidential_data_hub.pb.h"
#include "test/support/temp_dir.h"

namespace attestd::agent {

inline std::shared_ptr<const base::Secret> MakeSecret(const std::string& text) {
  return std::make_shared<const base::Secret>(base::Secret::Copy(base::AsBytes(text)).value());
}

// A GetResource that answers from a script; what is not in it stays parked until its caller stops.
class Resources {
 public:
  Resources() {
    methods_["/api.GetResourceService/GetResource"] =
        [this](base::ByteView request, const base::CallContext& caller, base::Done done) {
          Get(request, caller, std::move(done));
        };
  }

  void Answer(absl::StatusOr<base::Reply> reply) {
    const absl::MutexLock lock(&mutex_);
    script_.push_back(std::move(reply));
  }
  void AwaitParked(size_t count) {
    const absl::MutexLock lock(&mutex_);
    while (parked_.size() < count) {
      changed_.Wait(&mutex_);
    }
  }
  void AwaitStopped(size_t count) {
    const absl::MutexLock lock(&mutex_);
    while (stopped_ < count) {
      changed_.Wait(&mutex_);
    }
  }
  void AwaitAsked(size_t count) {
    const absl::MutexLock lock(&mutex_);
    while (asked_.size() < count) {
      changed_.Wait(&mutex_);
    }
  }
  std::vector<std::string> asked() {
    const absl::MutexLock lock(&mutex_);
    return asked_;
  }
  const base::MethodTable& methods() const { return methods_; }

 private:
  using OnStop = std::stop_callback<std::function<void()>>;

  void Get(base::ByteView request, const base::CallContext& caller, base::Done done) {
    api::GetResourceRequest message;
    REQUIRE(message.ParseFromArray(request.data(), static_cast<int>(request.size())));
    std::optional<absl::StatusOr<base::Reply>> reply;
    {
      const absl::MutexLock lock(&mutex_);
      asked_.push_back(message.resourcepath());
      changed_.SignalAll();
      if (!script_.empty()) {
        reply = std::move(script_.front());
        script_.pop_front();
      }
    }
    if (reply.has_value()) {
      done(*std::move(reply));
      return;
    }
    auto on_stop = std::make_unique<OnStop>(caller.stop, [this, done] {
      {
        const absl::MutexLock lock(&mutex_);
        ++stopped_;
        changed_.SignalAll();
      }
      done(absl::CancelledError("stopped"));
    });
    const absl::MutexLock lock(&mutex_);
    parked_.push_back(std::move(on_stop));
    changed_.SignalAll();
  }

  base::MethodTable methods_;
  absl::Mutex mutex_;
  absl::CondVar changed_;
  std::deque<absl::StatusOr<base::Reply>> script_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<OnStop>> parked_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> asked_ ABSL_GUARDED_BY(mutex_);
  size_t stopped_ ABSL_GUARDED_BY(mutex_) = 0;
};

// What systemd does, over a socket of its own for each test.
class SystemdLab {
 public:
  explicit SystemdLab(SystemdLimits limits = {}, absl::Duration wait = absl::Seconds(60)) {
    limits.peer = ::getuid();
    Open(limits, wait);
  }

  void Open(const SystemdLimits& limits, absl::Duration wait) {
    const std::vector<SystemdCredential> credentials = {
        {.asked = {"app.service", "key"}, .uri = "kbs:///app/key/main", .wait = wait},
        {.asked = {"many@.service", "key"}, .uri = "kbs:///many/key/main", .wait = wait},
        {.asked = {"", "data"}, .uri = "kbs:///disk/key/data", .wait = wait}};
    door_ = SystemdDoor::Open(resources_.methods(), credentials, limits).value();
  }

  // A client bound to \0RANDOM + `name`, or to nothing for "".
  base::UniqueFd Connect(const std::string& name) {
    static int number = 0x5eed;
    const std::string place = folder_.File("socket" + std::to_string(++number));
    base::UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    Use(listener, place, ::bind);
    REQUIRE(::listen(listener.get(), 1) == 0);
    base::UniqueFd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!name.empty()) {
      char digits[17];
      std::snprintf(digits, sizeof digits, "%x%x", static_cast<unsigned>(::getpid()), number);
      Use(client, std::string(1, '\0') + digits + name, ::bind);
    }
    Use(client, place, ::connect);
    REQUIRE(::shutdown(client.get(), SHUT_WR) == 0);
    base::UniqueFd accepted(
        ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    REQUIRE(accepted.valid());
    door_->Accept(std::move(accepted), nullptr);
    return client;
  }

  Resources& resources() { return resources_; }
  SystemdDoor& door() { return *door_; }
  void EndDoor() { door_.reset(); }

 private:
  template <typename Call>
  static void Use(const base::UniqueFd& socket, const std::string& path, Call call) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(path.size() <= sizeof address.sun_path);
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(call(socket.get(), reinterpret_cast<sockaddr*>(&address),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size())) == 0);
  }

  test::TempDir folder_;
  Resources resources_;
  std::unique_ptr<SystemdDoor> door_;
};

}  // namespace attestd::agent

#endif  // ATTESTD_TEST_AGENT_SYSTEMD_LAB_H_
