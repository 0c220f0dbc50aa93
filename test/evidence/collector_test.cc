// SPDX-License-Identifier: Apache-2.0
#include "evidence/collector.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "test/fakes/fake_evidence_source.h"

namespace attestd::evidence {
namespace {

base::Deadline Soon() { return base::Deadline::After(absl::Seconds(10)); }

TEST_CASE("Collector binds evidence to the handshake's digest") {
  Collector collector(std::make_unique<fakes::FakeEvidenceSource>());
  const RuntimeData data("nonce", {{"kty", "EC"}});
  const auto evidence = collector.CollectFor(data, base::HashAlgorithm::kSha384, Soon());
  REQUIRE(evidence.ok());
  const auto digest = *data.PrimaryDigest(base::HashAlgorithm::kSha384, "");
  CHECK(evidence->primary.json.find(base::Base64Encode(digest)) != std::string::npos);
  CHECK(evidence->additional.empty());
}

TEST_CASE("Collector refuses a caller's report data over the platform's limit") {
  Collector collector(std::make_unique<fakes::FakeEvidenceSource>());
  const size_t size = GENERATE(size_t{0}, size_t{32}, size_t{33}, size_t{64}, size_t{1} << 20);
  const auto evidence = collector.CollectRaw(base::Bytes(size), Soon());
  CHECK(evidence.ok() == (size <= 32));
  if (!evidence.ok()) {
    CHECK(absl::IsInvalidArgument(evidence.status()));
  }
}

TEST_CASE("Collector asks the device for one thing at a time") {
  auto source = std::make_unique<fakes::FakeEvidenceSource>();
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  source->during = [&] {
    most = std::max(most.load(), ++inside);
    std::this_thread::yield();
    --inside;
  };
  Collector collector(std::move(source));
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 50; ++k) {
        CHECK_NOTHROW(collector.CollectRaw({}, Soon()).ok());
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  CHECK(most == 1);
}

TEST_CASE("Waiting for a busy device ends at the deadline") {
  auto source = std::make_unique<fakes::FakeEvidenceSource>();
  std::atomic<bool> held{false};
  std::atomic<bool> let_go{false};
  source->during = [&] {
    held = true;
    while (!let_go) {
      std::this_thread::yield();
    }
  };
  Collector collector(std::move(source));
  std::thread holder([&] { (void)collector.CollectRaw({}, Soon()); });
  while (!held) {
    std::this_thread::yield();
  }
  const auto late = collector.CollectRaw({}, base::Deadline::After(absl::Milliseconds(5)));
  CHECK(absl::IsDeadlineExceeded(late.status()));
  let_go = true;
  holder.join();
}

TEST_CASE("Report data is cut or padded by the verifier's rule only when asked") {
  const auto data = ReportData::Create(base::AsBytes("abc"));
  REQUIRE(data.ok());
  CHECK(data->view().size() == 3);
  CHECK(data->Regularized(5) == base::Bytes{'a', 'b', 'c', 0, 0});
  CHECK(data->Regularized(2) == base::Bytes{'a', 'b'});
  CHECK_FALSE(ReportData::Create(base::Bytes(65)).ok());
  CHECK(ReportData::Create(base::Bytes(64)).ok());
}

}  // namespace
}  // namespace attestd::evidence
