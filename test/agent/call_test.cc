// SPDX-License-Identifier: Apache-2.0
#include "agent/call.h"

#include <absl/synchronization/notification.h>

#include <catch2/catch.hpp>
#include <memory>
#include <stop_token>
#include <string>

#include "agent/status_table.h"
#include "agent/typed_method.h"
#include "proto/attestation_agent.pb.h"
#include "proto/error_details.pb.h"

namespace attestd::agent {
namespace {

using Request = attestation_agent::GetTokenRequest;
using Response = attestation_agent::GetTokenResponse;

// A runner and one call of it.
class CallLab {
 public:
  explicit CallLab(size_t waiting = 8)
      : workers_({.threads = 1, .threads_per_lane = 1, .waiting = waiting}),
        readiness_([] { return absl::OkStatus(); }, [](const absl::Status&) {}),
        runner(workers_, alarm_, readiness_) {}

  base::Done Done() {
    return [this](absl::StatusOr<base::Reply> reply) {
      outcome_ = std::move(reply);
      done_.Notify();
    };
  }
  Call MakeCall() { return {.name = "Test", .caller = caller, .done = Done()}; }
  const absl::StatusOr<base::Reply>& Outcome() {
    done_.WaitForNotification();
    return outcome_;
  }

 private:
  base::Alarm alarm_;
  WorkerPool workers_;
  Readiness readiness_;
  absl::Notification done_;
  absl::StatusOr<base::Reply> outcome_;

 public:
  base::CallContext caller;
  CallRunner runner;
};

TEST_CASE("A failed call tells a constant text and details, not the cause") {
  CallLab lab;
  lab.runner.Run(lab.MakeCall(), [](const base::CallContext&) -> absl::StatusOr<base::Reply> {
    return base::MakeStatus(absl::StatusCode::kPermissionDenied, base::Reason::kAccessDenied,
                            "a cause with a cookie");
  });
  const absl::Status status = lab.Outcome().status();
  CHECK(absl::IsPermissionDenied(status));
  CHECK(std::string(status.message()).find("cookie") == std::string::npos);
  rpc::Status details;
  REQUIRE(details.ParseFromString(base::ErrorDetails(status)));
  CHECK(details.code() == status.raw_code());
  CHECK(details.message() == std::string(status.message()));
}

TEST_CASE("An error for the caller is told as it is") {
  CallLab lab;
  lab.runner.Answer(lab.MakeCall(), ForCaller(absl::StatusCode::kInvalidArgument, "say kbs"));
  CHECK(lab.Outcome().status().message() == "say kbs");
  CHECK(base::ErrorDetails(lab.Outcome().status()).empty());
}

TEST_CASE("Work that throws ends its call") {
  CallLab lab;
  lab.runner.Run(lab.MakeCall(), [](const base::CallContext&) -> absl::StatusOr<base::Reply> {
    throw std::bad_alloc();
  });
  CHECK(absl::IsResourceExhausted(lab.Outcome().status()));
}

TEST_CASE("What the workers have no room for is refused") {
  CallLab lab(0);
  lab.runner.Run(lab.MakeCall(), [](const base::CallContext&) -> absl::StatusOr<base::Reply> {
    return base::Reply();
  });
  CHECK(absl::IsResourceExhausted(lab.Outcome().status()));
}

TEST_CASE("A call gets the caller's time, at most a minute") {
  CallLab lab;
  const bool capped = GENERATE(false, true);
  if (!capped) {
    lab.caller.deadline = base::Deadline::After(absl::Seconds(5));
  }
  const absl::Duration most = capped ? absl::Seconds(60) : absl::Seconds(5);
  absl::Duration left;
  lab.runner.Start(lab.MakeCall(),
                   [&left](const base::CallContext& context, const base::Done& done) {
                     left = context.deadline.Remaining();
                     done(base::Reply());
                   });
  CHECK(lab.Outcome().ok());
  CHECK(left <= most);
  CHECK(left > most - absl::Seconds(4));
}

TEST_CASE("A caller that leaves stops its call, capped or not") {
  CallLab lab;
  std::stop_source source;
  lab.caller = {
      .deadline = GENERATE(base::Deadline::Infinite(), base::Deadline::After(absl::Seconds(5))),
      .stop = source.get_token()};
  std::unique_ptr<std::stop_callback<std::function<void()>>> on_stop;
  lab.runner.Start(lab.MakeCall(),
                   [&on_stop](const base::CallContext& context, const base::Done& done) {
                     on_stop = std::make_unique<std::stop_callback<std::function<void()>>>(
                         context.stop, [done] { done(absl::CancelledError("left")); });
                   });
  source.request_stop();
  CHECK(absl::IsCancelled(lab.Outcome().status()));
}

TEST_CASE("A typed method parses its request and serialises its response") {
  CallLab lab;
  const auto answer = [](const Request& request) {
    Response response;
    response.set_token("<" + request.tokentype() + ">");
    return response;
  };
  const base::Method method =
      GENERATE(false, true)
          ? InstantMethod<Request, Response>(lab.runner, "Test", answer)
          : BlockingMethod<Request, Response>(
                lab.runner, "Test",
                [&](const Request& request, const base::CallContext&) { return answer(request); });
  SECTION("a message") {
    Request request;
    request.set_tokentype("kbs");
    method(base::AsBytes(request.SerializeAsString()), lab.caller, lab.Done());
    Response response;
    REQUIRE(lab.Outcome().ok());
    REQUIRE(response.ParseFromString(lab.Outcome()->bytes));
    CHECK(response.token() == "<kbs>");
  }
  SECTION("no message") {
    method(base::AsBytes("\x0a\x7fshort"), lab.caller, lab.Done());
    CHECK(absl::IsInvalidArgument(lab.Outcome().status()));
  }
}

}  // namespace
}  // namespace attestd::agent
