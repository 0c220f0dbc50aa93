// SPDX-License-Identifier: Apache-2.0
#include "kbs_client/as_client.h"

#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/encoding.h"
#include "base/hash.h"
#include "base/json.h"
#include "kbs_client/as_messages.h"
#include "test/fakes/fake_evidence_source.h"

namespace attestd::kbs {
namespace {

using base::Json;
using base::Reason;

constexpr char kToken[] = "eyJhbGciOiJFUzM4NCJ9.e30.c2lnbmF0dXJl";

// Answers in turn, and keeps what was asked.
class Service : public base::HttpTransport {
 public:
  void Start(base::HttpRequest request, Done done) override {
    requests.push_back(std::move(request));
    base::HttpResponse answer = answers.front();
    answers.pop_front();
    done(std::move(answer));
  }

  std::deque<base::HttpResponse> answers;
  std::vector<base::HttpRequest> requests;
};

base::HttpResponse Answer(int status, std::string body = "") {
  return {.status = status, .headers = {}, .body = std::move(body)};
}

struct World {
  explicit World(AsClientOptions options = {.url = "https://as.test/base", .policies = {}}) {
    evidence::Collector::Sources devices;
    devices.push_back(std::make_unique<fakes::FakeEvidenceSource>("nvidia"));
    auto platform = std::make_unique<fakes::FakeEvidenceSource>("snp");
    source = platform.get();
    collector = std::make_unique<evidence::Collector>(std::move(platform), std::move(devices));
    client = std::make_unique<AsClient>(std::move(options), service, *collector);
  }
  absl::StatusOr<std::string> GetToken() {
    return client->GetToken({.deadline = base::Deadline::After(absl::Seconds(20))});
  }
  Json Sent() const { return base::ParseJson(service->requests.back().body).value(); }

  std::shared_ptr<Service> service = std::make_shared<Service>();
  fakes::FakeEvidenceSource* source = nullptr;
  std::unique_ptr<evidence::Collector> collector;
  std::unique_ptr<AsClient> client;
};

// The report data in fake evidence, and the SHA-256 over canonical runtime data.
std::string ReportData(const Json& request) {
  const base::Bytes text = base::Base64UrlDecode(request["evidence"].get<std::string>()).value();
  return base::ParseJson(base::AsText(text)).value()["report_data"];
}
std::string Expected(const Json& request) {
  const std::string text = base::CanonicalJson(request["runtime_data"]["structured"]).value();
  base::Bytes digest = base::Hash(base::HashAlgorithm::kSha256, base::AsBytes(text)).value();
  return base::Base64Encode(digest);
}

TEST_CASE("Evidence of platform and devices is bound to the service's challenge") {
  World world({.url = "https://as.test/base", .policies = {"one"}, .init_data = "version = 1"});
  world.service->answers = {Answer(200, "the challenge"), Answer(200, kToken)};
  const auto token = world.GetToken();
  REQUIRE(token.ok());
  CHECK(*token == kToken);
  CHECK(world.service->requests[0].url == "https://as.test/base/challenge");
  CHECK(world.service->requests[0].body == R"({"tee":"snp","tee_params":""})");
  CHECK(world.service->requests[1].url == "https://as.test/base/attestation");
  const Json sent = world.Sent();
  CHECK(sent["policy_ids"] == Json({"one"}));
  const Json& requests = sent["verification_requests"];
  REQUIRE(requests.size() == 2);
  CHECK(requests[0]["tee"] == "snp");
  CHECK(requests[1]["tee"] == "nvidia");
  for (const Json& request : requests) {
    CHECK(request["runtime_data"] == Json({{"structured", {{"nonce", "the challenge"}}}}));
    CHECK(request["runtime_data_hash_algorithm"] == "sha256");
    CHECK(ReportData(request) == Expected(request));
  }
  CHECK(requests[0]["init_data"] == Json({{"init_data_toml", "version = 1"}}));
  CHECK(!requests[1].contains("init_data"));
}

TEST_CASE("Where the service has no challenge the nonce is random") {
  World world;
  const auto first = GENERATE(Answer(200, ""), Answer(404));
  world.service->answers = {first, Answer(200, kToken), first, Answer(200, kToken)};
  REQUIRE(world.GetToken().ok());
  const Json one = world.Sent()["verification_requests"][0];
  REQUIRE(world.GetToken().ok());
  const Json two = world.Sent()["verification_requests"][0];
  CHECK(one["runtime_data"]["structured"]["nonce"].get<std::string>().size() == 44);
  CHECK(one["runtime_data"] != two["runtime_data"]);
  CHECK(ReportData(one) == Expected(one));
  CHECK(world.Sent()["policy_ids"] == Json::array());
}

TEST_CASE("What the service refuses, or is not, is told apart") {
  struct Row {
    int status;
    absl::StatusCode code;
    Reason reason;
  };
  const auto row = GENERATE(Row{500, absl::StatusCode::kUnauthenticated, Reason::kEvidenceRefused},
                            Row{400, absl::StatusCode::kUnauthenticated, Reason::kEvidenceRefused},
                            Row{503, absl::StatusCode::kUnavailable, Reason::kBrokerUnreachable},
                            Row{429, absl::StatusCode::kUnavailable, Reason::kBrokerUnreachable},
                            Row{404, absl::StatusCode::kInternal, Reason::kReplyRejected},
                            Row{302, absl::StatusCode::kInternal, Reason::kReplyRejected});
  World world;
  world.service->answers = {Answer(200), Answer(row.status, "SECRET BODY")};
  const absl::Status status = world.GetToken().status();
  CHECK(status.code() == row.code);
  CHECK(base::GetReason(status) == row.reason);
  CHECK_THAT(std::string(status.message()), Catch::StartsWith("attestation: "));
  CHECK_THAT(std::string(status.message()), !Catch::Contains("SECRET"));
}

TEST_CASE("Without its challenge or our evidence nothing is sent for a verdict") {
  World refused;
  refused.service->answers = {Answer(500)};
  CHECK_THAT(std::string(refused.GetToken().status().message()), Catch::StartsWith("challenge: "));
  World broken;
  broken.source->faults = {absl::UnavailableError("the device is away")};
  broken.service->answers = {Answer(200)};
  CHECK(absl::IsUnavailable(broken.GetToken().status()));
  CHECK(broken.service->requests.size() == 1);
}

TEST_CASE("A challenge is a short text") {
  CHECK(ParseAsChallenge("").ok());
  CHECK(ParseAsChallenge(R"({"nonce":"x"})").value() == R"({"nonce":"x"})");
  CHECK(ParseAsChallenge(std::string(1024, 'c')).ok());
  const auto bad = GENERATE(std::string(1025, 'c'), std::string("a\nb"), std::string("a\0b", 3),
                            std::string("\xc3\xa4"));
  CHECK(base::GetReason(ParseAsChallenge(bad).status()) == Reason::kReplyRejected);
}

TEST_CASE("A token is a signed JWT and nothing else") {
  CHECK(ParseAsToken(kToken).value() == kToken);
  const auto bad = GENERATE(as<std::string>(), "", "e30", "e30.e30", "e30.e30.", "e30.e30.e30.e30",
                            ".e30.e30", "e30.e30.e30\n", "e30.e30.e3=", "<html>", "e30.\"x\".e30");
  CAPTURE(bad);
  CHECK(base::GetReason(ParseAsToken(bad).status()) == Reason::kReplyRejected);
  CHECK(!ParseAsToken("e30.e30." + std::string(512 << 10, 'A')).ok());
}

}  // namespace
}  // namespace attestd::kbs
