// SPDX-License-Identifier: Apache-2.0
#include "agent/allowed_secrets.h"

#include <absl/synchronization/notification.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agent/broker_set.h"
#include "base/alarm.h"
#include "base/file.h"
#include "test/agent/fake_broker.h"
#include "test/support/temp_dir.h"

namespace attestd::agent {
namespace {

policy::Rule Rule(const std::string& principal, policy::Right right, const std::string& pattern) {
  return {.principal = principal,
          .rights = {right},
          .allow = {*policy::ResourcePattern::Parse(pattern)}};
}

class Lab {
 public:
  Lab() {
    BrokerConfig config;
    config.name = "main";
    config.url = "https://kbs.test";
    std::vector<ConfiguredBroker> brokers;
    brokers.push_back({.config = config, .files = {}, .broker = broker, .lane = 1});
    current_ = std::make_unique<CurrentBrokers>(BrokerSet(std::move(brokers), {}), alarm_);
    flights_ = std::make_unique<ResourceFlights>(*current_, alarm_, [] { return 0.5; });
    secrets_ = std::make_unique<AllowedSecrets>(*flights_, policy_, *audit_);
  }
  ~Lab() { flights_->Drain(); }
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  absl::Status Get(const std::string& uri, const std::string& principal, std::string_view method) {
    auto caller = std::make_shared<base::Caller>();
    caller->principal = principal;
    caller->method = method;
    return Get(uri, std::move(caller));
  }
  absl::Status Get(const std::string& uri, base::CallerRef caller) {
    absl::Notification ended;
    absl::Status status;
    secrets_->Get(
        *kbs::ResourceUri::Parse(uri),
        {.deadline = base::Deadline::After(absl::Seconds(20)), .caller = std::move(caller)},
        [&](const unseal::Secrets::Result& result) {
          status = result.status();
          ended.Notify();
        });
    ended.WaitForNotification();
    return status;
  }
  std::string Log() const { return *base::ReadFile(path(), size_t{1} << 20); }

  const std::shared_ptr<FakeBroker> broker = std::make_shared<FakeBroker>("main");

 private:
  std::string path() const { return folder_.path() + "/audit.log"; }

  const test::TempDir folder_;
  const std::unique_ptr<Audit> audit_ = *Audit::Open({.enabled = true, .file = path()});
  CurrentPolicy policy_ =
      CurrentPolicy(policy::Policy({Rule("app", policy::Right::kResource, "kbs:///app/*"),
                                    Rule("app", policy::Right::kUnwrap, "kbs:///keys/*"),
                                    Rule("", policy::Right::kResource, "*")}));
  std::unique_ptr<AllowedSecrets> secrets_;
  std::unique_ptr<ResourceFlights> flights_;
  base::Alarm alarm_;
  std::unique_ptr<CurrentBrokers> current_;
};

constexpr std::string_view kGet = "/api.GetResourceService/GetResource";
constexpr std::string_view kUnwrap = "/keyprovider.KeyProviderService/UnWrapKey";

TEST_CASE("What a pattern has is released, with a line that says so") {
  Lab lab;
  CHECK(lab.Get("kbs:///app/db/pw?secret=1", "app", kGet).ok());
  CHECK(lab.Get("kbs:///keys/app/1", "app", kUnwrap).ok());
  CHECK_THAT(lab.Log(),
             Catch::Contains("outcome=allowed principal=app") &&
                 Catch::Contains("method=GetResource resource=kbs:///app/db/pw broker=main") &&
                 Catch::Contains("method=UnWrapKey resource=kbs:///keys/app/1 broker=main"));
  CHECK(lab.Log().find("secret=1") == std::string::npos);
}

TEST_CASE("What no pattern of the method's right has is denied, and no broker is asked") {
  Lab lab;
  for (const auto& [uri, method] :
       {std::pair("kbs:///other/db/pw", kGet), std::pair("kbs:///keys/app/1", kGet),
        std::pair("kbs:///app/db/pw", kUnwrap), std::pair("kbs://main/app/db/pw", kGet)}) {
    const absl::Status denied = lab.Get(uri, "app", method);
    CHECK(absl::IsPermissionDenied(denied));
    CHECK(base::GetReason(denied) == base::Reason::kNotAllowed);
  }
  CHECK(absl::IsPermissionDenied(lab.Get("kbs:///app/db/pw", "nobody", kGet)));
  CHECK(absl::IsPermissionDenied(lab.Get("kbs:///app/db/pw", nullptr)));
  CHECK(lab.broker->asked() == 0);
  CHECK_THAT(lab.Log(), Catch::Contains("outcome=denied principal=app"));
}

TEST_CASE("attestd itself may have what its configuration names") {
  Lab lab;
  CHECK(lab.Get("kbs:///any/db/pw", Ourselves()).ok());
  CHECK_THAT(lab.Log(), Catch::Contains("principal=attestd"));
}

}  // namespace
}  // namespace attestd::agent
