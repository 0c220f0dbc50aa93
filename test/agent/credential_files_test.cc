// SPDX-License-Identifier: Apache-2.0
#include "agent/credential_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "agent/allowed_secrets.h"
#include "agent/broker_set.h"
#include "agent/private_file.h"
#include "agent/resource_flights.h"
#include "base/alarm.h"
#include "test/support/temp_dir.h"

namespace attestd::agent {
namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

mode_t ModeOf(const std::string& path) {
  struct stat info {};
  REQUIRE(::lstat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

// Is away so many times, then answers with the path that it was asked for; refuses "a/b/denied".
class FakeBroker : public kbs::Broker {
 public:
  explicit FakeBroker(int away) : away_(away) {}

  void GetResource(const kbs::ResourceUri& uri, const base::CallContext& context,
                   Done done) override {
    {
      const base::MonitorLock lock(monitor_);
      ++asked_;
      monitor_.NotifyAll();
    }
    if (uri.path() == "a/b/hangs") {
      hanging_.emplace(context.stop, [context, done] { done(context.Check()); });
    } else {
      done(Answer(uri));
    }
  }
  absl::StatusOr<kbs::Token> GetToken(const base::CallContext& /*context*/) override {
    return absl::UnimplementedError("no token");
  }
  State GetState() const override { return {}; }

  void AwaitAsked() {
    const base::MonitorLock lock(monitor_);
    REQUIRE(monitor_.Await(base::Deadline::After(absl::Seconds(20)), [&] { return asked_ > 0; }));
  }

 private:
  absl::StatusOr<base::Secret> Answer(const kbs::ResourceUri& uri) {
    const base::MonitorLock lock(monitor_);
    if (uri.path() == "a/b/denied") {
      return base::MakeStatus(absl::StatusCode::kPermissionDenied, "denied");
    }
    if (away_ > 0) {
      --away_;
      return base::MakeStatus(absl::StatusCode::kUnavailable, base::Reason::kBrokerUnreachable,
                              "down");
    }
    return base::Secret::Copy(base::AsBytes(uri.path()));
  }

  base::Monitor monitor_;
  int asked_ = 0;
  int away_;
  std::optional<std::stop_callback<std::function<void()>>> hanging_;
};

class Bench {
 public:
  explicit Bench(int away = 0) : broker_(std::make_shared<FakeBroker>(away)) {
    BrokerConfig config;
    config.url = "https://kbs.test";
    std::vector<ConfiguredBroker> brokers;
    brokers.push_back({.config = config, .files = {}, .broker = broker_, .lane = 1});
    current_ = std::make_unique<CurrentBrokers>(BrokerSet(std::move(brokers), {}), alarm_);
    flights_ = std::make_unique<ResourceFlights>(*current_, alarm_, [] { return 0.5; });
    secrets_ = std::make_unique<AllowedSecrets>(*flights_, policy_, *audit_);
  }
  ~Bench() { flights_->Drain(); }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  unseal::Secrets& secrets() { return *secrets_; }
  FakeBroker& broker() { return *broker_; }

 private:
  const std::shared_ptr<FakeBroker> broker_;
  CurrentPolicy policy_ = CurrentPolicy(*MakePolicy({}));
  const std::unique_ptr<Audit> audit_ = *Audit::Open({.enabled = false, .file = ""});
  std::unique_ptr<AllowedSecrets> secrets_;
  std::unique_ptr<ResourceFlights> flights_;
  base::Alarm alarm_;
  std::unique_ptr<CurrentBrokers> current_;
};

bool Await(CredentialFiles& files) { return files.Await(base::Deadline::After(absl::Seconds(30))); }

TEST_CASE("Credentials are written for their owner alone, into directories that are made") {
  const test::TempDir folder;
  const std::string first = folder.path() + "/kbs/kms/first";
  const std::string second = folder.path() + "/kbs/second";
  Bench bench;
  CredentialFiles files(
      {{.uri = "kbs:///a/b/one", .path = first}, {.uri = "kbs:///a/b/two", .path = second}},
      bench.secrets());
  REQUIRE(Await(files));
  CHECK(ReadAll(first) == "a/b/one");
  CHECK(ReadAll(second) == "a/b/two");
  CHECK(ModeOf(first) == 0600);
  CHECK((ModeOf(folder.path() + "/kbs/kms") & 077) == 0);
}

TEST_CASE("A credential is tried again while the broker is away") {
  const test::TempDir folder;
  Bench bench(2);
  CredentialFiles files({{.uri = "kbs:///a/b/c", .path = folder.path() + "/x"}}, bench.secrets());
  REQUIRE(Await(files));
  CHECK(ReadAll(folder.path() + "/x") == "a/b/c");
}

TEST_CASE("A credential that is refused keeps no other from being written") {
  const test::TempDir folder;
  Bench bench;
  {
    CredentialFiles files({{.uri = "kbs:///a/b/denied", .path = folder.path() + "/denied"},
                           {.uri = "kbs:///a/b/c", .path = folder.path() + "/x"}},
                          bench.secrets());
    while (!std::filesystem::exists(folder.path() + "/x")) {
      REQUIRE_FALSE(files.Await(base::Deadline::After(absl::Milliseconds(10))));
    }
  }
  CHECK_FALSE(std::filesystem::exists(folder.path() + "/denied"));
}

TEST_CASE("The end does not wait for a broker that hangs") {
  const test::TempDir folder;
  Bench bench;
  const absl::Duration before = base::BootTime();
  {
    const CredentialFiles files({{.uri = "kbs:///a/b/hangs", .path = folder.path() + "/x"}},
                                bench.secrets());
    bench.broker().AwaitAsked();
  }
  CHECK(base::BootTime() - before < absl::Seconds(20));
  CHECK_FALSE(std::filesystem::exists(folder.path() + "/x"));
}

TEST_CASE("A private file replaces what was there, a link too, and never follows it") {
  const test::TempDir folder;
  const std::string path = folder.path() + "/file";
  const std::string target = folder.path() + "/target";
  std::ofstream(target) << "untouched";
  std::filesystem::create_symlink(target, path);
  std::ofstream(path + ".new") << "left behind by a crash";
  REQUIRE(WritePrivateFile(path, base::AsBytes("new")).ok());
  CHECK(ReadAll(path) == "new");
  CHECK(ReadAll(target) == "untouched");
  CHECK(std::filesystem::is_regular_file(std::filesystem::symlink_status(path)));
  CHECK(ModeOf(path) == 0600);
  CHECK_FALSE(std::filesystem::exists(path + ".new"));
}

TEST_CASE("A private file that cannot be put in place leaves nothing behind") {
  const test::TempDir folder;
  const std::string path = folder.path() + "/taken";
  std::filesystem::create_directory(path);
  const absl::Status status = WritePrivateFile(path, base::AsBytes("secret"));
  REQUIRE_FALSE(status.ok());
  CHECK_THAT(std::string(status.message()), Catch::Contains(path));
  CHECK_FALSE(std::filesystem::exists(path + ".new"));
}

}  // namespace
}  // namespace attestd::agent
