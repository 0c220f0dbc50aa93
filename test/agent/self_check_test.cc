// SPDX-License-Identifier: Apache-2.0
#include "agent/self_check.h"

#include <absl/synchronization/notification.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "base/handle.h"
#include "test/support/temp_dir.h"

namespace attestd::agent {
namespace {

constexpr absl::Duration kLong = absl::Seconds(20);

// An answer that outlives the test, and whether it came.
class Question {
 public:
  std::function<void()> answer() const {
    return [heard = heard_] { heard->Notify(); };
  }
  bool Heard(absl::Duration how_long) const {
    return heard_->WaitForNotificationWithTimeout(how_long);
  }

 private:
  std::shared_ptr<absl::Notification> heard_ = std::make_shared<absl::Notification>();
};

TEST_CASE("Self-check: the workers answer as long as one of them is free") {
  WorkerPool workers({.threads = 2, .threads_per_lane = 2, .waiting = 8});
  const Vital vital = WorkersVital(workers);
  absl::Notification end;
  const auto keep_one_busy = [&] {
    absl::Notification began;
    REQUIRE(workers.Submit(0, [&] {
      began.Notify();
      end.WaitForNotification();
    }));
    began.WaitForNotification();
  };
  keep_one_busy();
  const Question first;
  REQUIRE(vital.ask(first.answer()));
  CHECK(first.Heard(kLong));
  keep_one_busy();
  const Question second;
  REQUIRE(vital.ask(second.answer()));
  CHECK_FALSE(second.Heard(absl::Milliseconds(300)));
  end.Notify();
  CHECK(second.Heard(kLong));
}

// Keeps a thread of the loop.
class Hog : public base::IoLoop::Watcher {
 public:
  void OnReady(int /*fd*/, uint32_t /*events*/) override {
    held_.Notify();
    end_.WaitForNotification();
  }
  absl::Notification held_;
  absl::Notification end_;
};

TEST_CASE("Self-check: the loop answers while it turns") {
  auto loop = base::IoLoop::Create(1);
  REQUIRE(loop.ok());
  const Vital vital = IoLoopVital(**loop, kLong);
  for (int i = 0; i < 2; ++i) {
    const Question question;
    REQUIRE(vital.ask(question.answer()));
    CHECK(question.Heard(kLong));
  }
  const auto hog = std::make_shared<Hog>();
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0);
  const base::UniqueFd near(ends[0]);
  const base::UniqueFd far(ends[1]);
  REQUIRE((*loop)->Arm((*loop)->Add(hog), near.get(), POLLIN).ok());
  REQUIRE(::write(far.get(), "x", 1) == 1);
  hog->held_.WaitForNotification();
  const Question question;
  REQUIRE(vital.ask(question.answer()));
  CHECK_FALSE(question.Heard(absl::Milliseconds(300)));
  hog->end_.Notify();
  CHECK(question.Heard(kLong));
}

TEST_CASE("Self-check: the socket answers when a client is accepted and hears something") {
  const test::TempDir dir;
  const auto address = base::UnixAddress(dir.path() + "/socket");
  REQUIRE(address.ok());
  base::UniqueFd listening(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(listening.get(), address->get(), address->size) == 0);
  REQUIRE(::listen(listening.get(), 4) == 0);
  auto loop = base::IoLoop::Create(1);
  REQUIRE(loop.ok());
  const auto [protocol, first] =
      GENERATE(std::pair(Protocol::kAuto, '\0'), std::pair(Protocol::kTtrpc, '\0'),
               std::pair(Protocol::kGrpc, 'P'), std::pair(Protocol::kRest, 'G'));
  const Vital vital = SocketVital(**loop, {.address = *address, .protocol = protocol}, kLong);
  const Question question;
  REQUIRE(vital.ask(question.answer()));
  const base::UniqueFd accepted(::accept(listening.get(), nullptr, nullptr));
  char byte = 'x';
  REQUIRE(::read(accepted.get(), &byte, 1) == 1);
  CHECK(byte == first);
  CHECK_FALSE(question.Heard(absl::Milliseconds(100)));
  REQUIRE(::write(accepted.get(), "x", 1) == 1);
  CHECK(question.Heard(kLong));
  // A path that is no more is no sign that the daemon hangs.
  listening.reset();
  REQUIRE(::unlink((dir.path() + "/socket").c_str()) == 0);
  const Question gone;
  REQUIRE(vital.ask(gone.answer()));
  CHECK(gone.Heard(kLong));
}

}  // namespace
}  // namespace attestd::agent
