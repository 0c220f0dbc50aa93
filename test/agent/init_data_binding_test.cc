// SPDX-License-Identifier: Apache-2.0
#include "agent/init_data_binding.h"

#include <catch2/catch.hpp>
#include <csignal>
#include <memory>

#include "test/fakes/fake_evidence_source.h"

namespace attestd::agent {
namespace {

// A platform that is bound to other init data, or cannot be asked yet.
class BoundSource : public fakes::FakeEvidenceSource {
 public:
  explicit BoundSource(absl::Status answer) : answer_(std::move(answer)) {}
  absl::Status BindInitData(base::ByteView /*digest*/, base::Deadline /*deadline*/) override {
    ++asked;
    return answer_;
  }
  int asked = 0;

 private:
  const absl::Status answer_;
};

volatile sig_atomic_t got_sigterm = 0;

absl::Status Unbound() {
  return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kInitDataUnbound,
                          "bound to other init data");
}

// Whether a check asks for the end of the process.
bool EndsProcess(const absl::Status& answer, bool required, absl::Status* failure) {
  auto source = std::make_unique<BoundSource>(answer);
  evidence::Collector collector(std::move(source));
  InitDataBinding binding(collector, base::Bytes(32), required);
  got_sigterm = 0;
  auto* const before = std::signal(SIGTERM, [](int) { got_sigterm = 1; });
  const absl::Status status = binding.Check(base::Deadline::After(absl::Seconds(5)));
  std::signal(SIGTERM, before);
  CHECK(status.ok() == (answer.ok() || absl::IsUnimplemented(answer)));
  *failure = binding.Failure();
  return got_sigterm != 0;
}

TEST_CASE("Other init data ends the process when it is required, and only then") {
  absl::Status failure;
  CHECK(EndsProcess(Unbound(), true, &failure));
  CHECK_FALSE(failure.ok());
  CHECK_FALSE(EndsProcess(Unbound(), false, &failure));
  CHECK(failure.ok());
}

TEST_CASE("A device that fails, or has no place for init data, does not end the process") {
  absl::Status failure;
  const absl::Status answer = GENERATE(
      absl::OkStatus(), absl::UnimplementedError("no place"),
      base::MakeStatus(absl::StatusCode::kUnavailable, base::Reason::kDeviceFailed, "busy"));
  CHECK_FALSE(EndsProcess(answer, true, &failure));
  CHECK(failure.ok());
}

TEST_CASE("The platform is asked until it has answered, and then no more") {
  const auto [answer, asked] = GENERATE(table<absl::Status, int>(
      {{absl::OkStatus(), 1}, {Unbound(), 1}, {absl::UnavailableError("busy"), 2}}));
  auto source = std::make_unique<BoundSource>(answer);
  BoundSource& bound = *source;
  evidence::Collector collector(std::move(source));
  InitDataBinding binding(collector, base::Bytes(32), false);
  CHECK(binding.Check(base::Deadline::After(absl::Seconds(5))) == answer);
  CHECK(binding.Check(base::Deadline::After(absl::Seconds(5))) == answer);
  CHECK(bound.asked == asked);
}

}  // namespace
}  // namespace attestd::agent
