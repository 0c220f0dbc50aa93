// SPDX-License-Identifier: Apache-2.0
#include "agent/call_gate.h"

#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace attestd::agent {
namespace {

constexpr char kGetResource[] = "/api.GetResourceService/GetResource";
constexpr char kGetToken[] = "/attestation_agent.AttestationAgentService/GetToken";
constexpr char kGetTee[] = "/attestation_agent.AttestationAgentService/GetTeeType";

policy::Policy OnlyResources() {
  return policy::Policy({{.principal = "app",
                          .rights = {policy::Right::kResource},
                          .allow = {*policy::ResourcePattern::Parse("*")}}});
}

LimitsConfig Small() {
  LimitsConfig limits;
  limits.requests = 3;
  limits.reply_bytes = 100;
  limits.requests_per_second = 1;
  limits.burst = 20;
  return limits;
}

// Methods that answer at once with 40 secret bytes, or when told to.
class Lab {
 public:
  Lab() {
    base::MethodTable methods;
    for (const char* path : {kGetResource, kGetToken, kGetTee}) {
      methods[path] = [this](base::ByteView, const base::CallContext& context,
                             const base::Done& done) {
        caller = context.caller;
        if (waits) {
          waiting.push_back(done);
        } else {
          done(Answer());
        }
      };
    }
    methods_ = gate_.Guard(std::move(methods));
  }

  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;
  ~Lab() { waiting.clear(); }  // before the gate

  static base::Reply Answer() {
    return {.bytes = "head",
            .secret = std::make_shared<const base::Secret>(*base::Secret::Allocate(40))};
  }

  std::shared_ptr<std::optional<absl::StatusOr<base::Reply>>> Call(
      const char* path = kGetResource, const std::string& principal = "app") {
    auto end = std::make_shared<std::optional<absl::StatusOr<base::Reply>>>();
    auto who = std::make_shared<base::Caller>();
    who->principal = principal;
    methods_.at(path)({}, {.caller = principal.empty() ? nullptr : who},
                      [end](absl::StatusOr<base::Reply> reply) { *end = std::move(reply); });
    return end;
  }
  absl::Status Status(const char* path = kGetResource, const std::string& principal = "app") {
    return (*Call(path, principal))->status();
  }

  bool waits = false;
  std::vector<base::Done> waiting;
  base::CallerRef caller;

 private:
  const std::unique_ptr<Audit> audit_ = *Audit::Open({.enabled = false, .file = ""});
  CurrentPolicy policy_ = CurrentPolicy(OnlyResources());
  CallGate gate_ = CallGate(policy_, Small(), *audit_);
  base::MethodTable methods_;
};

TEST_CASE("A method knows who calls it, and its own name and request") {
  Lab lab;
  REQUIRE(lab.Status().ok());
  REQUIRE(lab.caller != nullptr);
  CHECK(lab.caller->principal == "app");
  CHECK(lab.caller->method == kGetResource);
  CHECK_FALSE(lab.caller->request.empty());
}

TEST_CASE("What needs a right that the principal has not is not begun") {
  Lab lab;
  const absl::Status denied = lab.Status(kGetToken);
  CHECK(absl::IsPermissionDenied(denied));
  CHECK_THAT(std::string(denied.message()), Catch::Contains("[[listener]]"));
  CHECK_FALSE(base::ErrorDetails(denied).empty());
  CHECK(lab.caller == nullptr);
  CHECK(absl::IsPermissionDenied(lab.Status(kGetResource, "other")));
  CHECK(absl::IsPermissionDenied(lab.Status(kGetResource, "")));
  CHECK(absl::IsPermissionDenied(lab.Status(kGetTee, "")));
  CHECK(lab.Status(kGetTee, "other").ok());
}

TEST_CASE("A principal has so many requests under way, and another as many") {
  Lab lab;
  lab.waits = true;
  for (int i = 0; i < 3; ++i) {
    lab.Call();
  }
  CHECK(absl::IsResourceExhausted(lab.Status()));
  lab.Call(kGetTee, "other");
  CHECK(lab.waiting.size() == 4);
  std::vector<base::Done> waiting = std::exchange(lab.waiting, {});
  for (const base::Done& done : waiting) {
    done(absl::UnavailableError("no"));
  }
  waiting.clear();
  lab.Call();
  CHECK(lab.waiting.size() == 1);
  lab.waiting.front()(Lab::Answer());
}

TEST_CASE("Replies that are not read count until they are gone") {
  Lab lab;
  auto first = lab.Call();
  auto second = lab.Call();
  REQUIRE((*second)->ok());
  CHECK(absl::IsResourceExhausted(lab.Status()));
  first.reset();
  CHECK(lab.Status().ok());
}

TEST_CASE("A burst passes, and then so many a second") {
  Lab lab;
  int passed = 0;
  while (passed < 100 && lab.Status().ok()) {
    ++passed;
  }
  CHECK(passed >= 20);
  CHECK(passed < 30);
  CHECK(absl::IsResourceExhausted(lab.Status()));
  CHECK(lab.Status(kGetTee, "other").ok());
}

}  // namespace
}  // namespace attestd::agent
