// SPDX-License-Identifier: Apache-2.0
#include "agent/grpc_callers.h"

#include <absl/time/clock.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <time.h>

#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <utility>

namespace attestd::agent {
namespace {

base::CallerRef App() {
  auto caller = std::make_shared<base::Caller>();
  caller->principal = "app";
  return caller;
}

// Processor time of this process.
absl::Duration Used() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return absl::DurationFromTimespec(used);
}

bool IsForgotten(const GrpcCallers& callers, uint64_t id) {
  for (int i = 0; i < 1000 && callers.Find(id) != nullptr; ++i) {
    absl::SleepFor(absl::Milliseconds(5));
  }
  return callers.Find(id) == nullptr;
}

TEST_CASE("A caller is known while the connection lives, and forgotten at once then") {
  const auto callers = *GrpcCallers::Create(LimitsConfig());
  std::array<int, 2> pair{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) == 0);
  // gRPC's own descriptor stays open for longer than the client.
  const base::UniqueFd ours(pair[0]);
  base::UniqueFd client(pair[1]);
  std::weak_ptr<const base::Caller> known;
  uint64_t id = 0;
  {
    const base::CallerRef app = App();
    known = app;
    id = *callers->Add(ours, app);
  }
  REQUIRE(callers->Find(id) != nullptr);
  CHECK(callers->Find(id)->principal == "app");
  CHECK(callers->Find(id + 1) == nullptr);

  client.reset();
  CHECK(IsForgotten(*callers, id));
  CHECK(known.expired());
  // What is over is not told again and again, though the socket is still there.
  const absl::Duration before = Used();
  absl::SleepFor(absl::Milliseconds(400));
  CHECK(Used() - before < absl::Milliseconds(200));
}

}  // namespace
}  // namespace attestd::agent
