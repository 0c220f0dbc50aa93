// SPDX-License-Identifier: Apache-2.0
#include "agent/systemd_door.h"

#include <poll.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "agent/secret_reply.h"
#include "test/agent/systemd_lab.h"

namespace attestd::agent {
namespace {

using base::UniqueFd;

// systemd's own limits: CREDENTIAL_SIZE_MAX and READ_FULL_BYTES_MAX.
constexpr size_t kMostOfAUnit = size_t{1} << 20;
constexpr size_t kMostOfAll = (size_t{64} << 20) + (size_t{64} << 10);

// All that comes until the end.
std::string ReadAll(const UniqueFd& client) {
  std::string all;
  std::string part(size_t{1} << 20, '\0');
  while (true) {
    pollfd more = {.fd = client.get(), .events = POLLIN, .revents = 0};
    REQUIRE(::poll(&more, 1, 30'000) == 1);
    const ssize_t size = ::read(client.get(), part.data(), part.size());
    REQUIRE(size >= 0);
    if (size == 0) {
      return all;
    }
    all.append(part, 0, static_cast<size_t>(size));
  }
}

// More than systemd takes of anything, and none of it a secret.
bool IsRefusal(const std::string& got) {
  return got.size() > kMostOfAll &&
         std::all_of(got.begin(), got.end(), [](char c) { return c == 0; });
}

TEST_CASE("systemd gets the bytes of the secret and nothing else") {
  SystemdLab lab;
  const auto size = GENERATE(size_t{1}, size_t{127}, size_t{300'000}, kMostOfAUnit);
  const std::string secret(size, 's');
  lab.resources().Answer(SecretReply(MakeSecret(secret)));
  CHECK(ReadAll(lab.Connect("/unit/app.service/key")) == secret);
  CHECK(lab.resources().asked() == std::vector<std::string>{"kbs:///app/key/main"});
}

TEST_CASE("An instance of a template, and a volume, get theirs") {
  SystemdLab lab;
  lab.resources().Answer(SecretReply(MakeSecret("one")));
  lab.resources().Answer(SecretReply(MakeSecret(std::string(kMostOfAUnit + 1, 'k'))));
  CHECK(ReadAll(lab.Connect("/unit/many@7.service/key")) == "one");
  CHECK(ReadAll(lab.Connect("/cryptsetup/data")).size() == kMostOfAUnit + 1);
  CHECK(lab.resources().asked() ==
        std::vector<std::string>{"kbs:///many/key/main", "kbs:///disk/key/data"});
}

TEST_CASE("An empty secret is an empty credential") {
  SystemdLab lab;
  lab.resources().Answer(SecretReply(MakeSecret("")));
  CHECK(ReadAll(lab.Connect("/unit/app.service/key")).empty());
}

TEST_CASE("What is not configured is refused, and nothing is asked for") {
  SystemdLab lab;
  const auto name =
      GENERATE(as<std::string>(), "/unit/app.service/other", "/unit/other.service/key",
               "/unit/app@1.service/key", "/unit/app.service", "/cryptsetup/other",
               "/cryptsetup-tpm2/data", "/other", "");
  CAPTURE(name);
  CHECK(IsRefusal(ReadAll(lab.Connect(name))));
  CHECK(lab.resources().asked().empty());
}

TEST_CASE("Another user than systemd's is refused") {
  SystemdLab lab;
  SystemdLimits limits;
  limits.peer = ::getuid() + 1;
  lab.Open(limits, absl::ZeroDuration());
  CHECK(IsRefusal(ReadAll(lab.Connect("/unit/app.service/key"))));
  CHECK(lab.resources().asked().empty());
}

TEST_CASE("An error that stays is a refusal at once") {
  SystemdLab lab;
  const auto code = GENERATE(absl::StatusCode::kNotFound, absl::StatusCode::kPermissionDenied,
                             absl::StatusCode::kInternal, absl::StatusCode::kFailedPrecondition);
  lab.resources().Answer(absl::Status(code, "no"));
  CHECK(IsRefusal(ReadAll(lab.Connect("/unit/app.service/key"))));
  CHECK(lab.resources().asked().size() == 1);
}

TEST_CASE("A secret that is larger than systemd takes for a unit is refused") {
  SystemdLab lab;
  lab.resources().Answer(SecretReply(MakeSecret(std::string(kMostOfAUnit + 1, 's'))));
  CHECK(IsRefusal(ReadAll(lab.Connect("/unit/app.service/key"))));
}

SystemdLimits Quick() {
  return {.pause = {.first = absl::Milliseconds(1), .cap = absl::Milliseconds(2)}};
}

TEST_CASE("What may pass is asked for again while systemd waits") {
  SystemdLab lab(Quick());
  lab.resources().Answer(absl::UnavailableError("the broker is away"));
  lab.resources().Answer(absl::DeadlineExceededError("the broker is slow"));
  lab.resources().Answer(absl::ResourceExhaustedError("busy"));
  lab.resources().Answer(SecretReply(MakeSecret("at last")));
  CHECK(ReadAll(lab.Connect("/unit/app.service/key")) == "at last");
  CHECK(lab.resources().asked().size() == 4);
}

TEST_CASE("After its wait systemd is refused") {
  SystemdLab lab(Quick(), absl::ZeroDuration());
  lab.resources().Answer(absl::UnavailableError("the broker is away"));
  lab.resources().Answer(SecretReply(MakeSecret("too late")));
  CHECK(IsRefusal(ReadAll(lab.Connect("/unit/app.service/key"))));
  CHECK(lab.resources().asked().size() == 1);
}

TEST_CASE("The call of a client that leaves is stopped") {
  SystemdLab lab;
  UniqueFd client = lab.Connect("/unit/app.service/key");
  lab.resources().AwaitParked(1);
  client.reset();
  lab.resources().AwaitStopped(1);
}

TEST_CASE("A client that never reads is dropped, and holds nobody up") {
  SystemdLab lab({.write = absl::Milliseconds(50)});
  const auto secret = MakeSecret(std::string(kMostOfAUnit, 's'));
  lab.resources().Answer(SecretReply(secret));
  const UniqueFd slow = lab.Connect("/unit/app.service/key");
  lab.resources().Answer(SecretReply(MakeSecret("quick")));
  CHECK(ReadAll(lab.Connect("/unit/app.service/key")) == "quick");
  pollfd gone = {.fd = slow.get(), .events = 0, .revents = 0};
  REQUIRE(::poll(&gone, 1, 30'000) == 1);
  CHECK((gone.revents & POLLHUP) != 0);
  CHECK(ReadAll(slow).size() < secret->size());
  lab.EndDoor();
  CHECK(secret.use_count() == 1);
}

TEST_CASE("More clients than are served at once wait for a place") {
  SystemdLab lab({.clients = 2});
  UniqueFd one = lab.Connect("/unit/app.service/key");
  const UniqueFd two = lab.Connect("/unit/app.service/key");
  lab.resources().AwaitParked(2);
  lab.resources().Answer(SecretReply(MakeSecret("third")));
  const UniqueFd three = lab.Connect("/unit/app.service/key");
  pollfd early = {.fd = three.get(), .events = POLLIN, .revents = 0};
  CHECK(::poll(&early, 1, 50) == 0);
  one.reset();
  CHECK(ReadAll(three) == "third");
}

TEST_CASE("A door that ends lets no client mistake its end for a secret") {
  SystemdLab lab({.finish = absl::Milliseconds(50),
                  .drain = absl::Minutes(1),
                  .pause = {.first = absl::Minutes(10)}},
                 absl::Hours(1));
  lab.resources().Answer(absl::UnavailableError("the broker is away"));
  const UniqueFd pausing = lab.Connect("/unit/app.service/key");
  lab.resources().AwaitAsked(1);
  const UniqueFd asking = lab.Connect("/unit/app.service/key");
  lab.resources().AwaitParked(1);
  std::thread end([&] { lab.EndDoor(); });
  CHECK(IsRefusal(ReadAll(pausing)));
  CHECK(IsRefusal(ReadAll(asking)));
  end.join();
  lab.resources().AwaitStopped(1);
}

TEST_CASE("A door needs a method to get resources") {
  CHECK(absl::IsInternal(SystemdDoor::Open({}, {}).status()));
}

}  // namespace
}  // namespace attestd::agent
