// SPDX-License-Identifier: Apache-2.0
#include "agent/measurements.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "agent/token_bucket.h"
#include "base/file.h"
#include "test/fakes/fake_evidence_source.h"
#include "test/fakes/fake_registers.h"
#include "test/support/temp_dir.h"

namespace attestd::agent {
namespace {

using Result = Measurements::Result;

// A platform with registers (unless taken away), and the log of what is measured into them.
struct Lab {
  test::TempDir dir;
  fakes::FakeRegisters registers;
  std::unique_ptr<fakes::FakeEvidenceSource> source = std::make_unique<fakes::FakeEvidenceSource>();
  fakes::FakeEvidenceSource* platform = source.get();
  evidence::Collector collector{std::move(source)};

  Lab() { platform->runtime_registers = &registers; }
  MeasurementConfig Config(bool enabled = true) const {
    return {.enabled = enabled, .event_log = dir.File("run/eventlog"), .default_pcr = 23};
  }
};

base::Deadline Soon() { return base::Deadline::After(absl::Seconds(10)); }

eventlog::RuntimeEvent Event() { return {"example.org", "Test", "content"}; }

TEST_CASE("An event is measured into the register that is asked for, or the configured one") {
  Lab lab;
  Measurements measurements(lab.Config(), lab.collector);
  CHECK(measurements.Extend(Event(), std::nullopt, Soon()).value() == Result::kDone);
  CHECK(measurements.Extend(Event(), 11, Soon()).value() == Result::kDone);
  CHECK(lab.registers.Value(23) != base::Bytes(32, 0));
  CHECK(lab.registers.Value(11) == lab.registers.Value(23));
  CHECK(lab.registers.Value(12) == base::Bytes(32, 0));
}

TEST_CASE("Measuring is off unless it is enabled, and not supported without registers") {
  Lab lab;
  Measurements off(lab.Config(false), lab.collector);
  CHECK(off.Extend(Event(), std::nullopt, Soon()).value() == Result::kNotEnabled);
  off.Recover(Soon());
  CHECK(lab.registers.reads + lab.registers.extends == 0);
  lab.platform->runtime_registers = nullptr;
  Measurements on(lab.Config(), lab.collector);
  for (int i = 0; i < 200; ++i) {
    CHECK(on.Extend(Event(), std::nullopt, Soon()).value() == Result::kNotSupported);
  }
}

TEST_CASE("Case 34: of 10,000 events at once a hundred and a few are measured, the rest refused") {
  Lab lab;
  Measurements measurements(lab.Config(), lab.collector);
  int done = 0;
  int refused = 0;
  const absl::Duration start = base::BootTime();
  for (int i = 0; i < 10000; ++i) {
    const auto result = measurements.Extend(Event(), std::nullopt, Soon());
    done += result.ok() ? 1 : 0;
    refused += base::GetReason(result.status()) == base::Reason::kRateLimited &&
                       absl::IsResourceExhausted(result.status())
                   ? 1
                   : 0;
  }
  const double seconds = absl::ToDoubleSeconds(base::BootTime() - start);
  CHECK(done + refused == 10000);
  CHECK(done >= 100);
  CHECK(done <= 101 + static_cast<int>(seconds * 10));
  CHECK(lab.registers.extends == done);
}

TEST_CASE("Case 34: a register that is not for run-time events is refused") {
  Lab lab;
  Measurements measurements(lab.Config(), lab.collector);
  const auto result = measurements.Extend(Event(), GENERATE(0U, 7U, 24U), Soon());
  CHECK(absl::IsPermissionDenied(result.status()));
  CHECK(base::GetReason(result.status()) == base::Reason::kRegisterForbidden);
}

TEST_CASE("Case 87: when the log cannot be written, evidence is still served") {
  Lab lab;
  MeasurementConfig config = lab.Config();
  config.event_log = "/proc/attestd/eventlog";
  Measurements measurements(config, lab.collector);
  const auto result = measurements.Extend(Event(), std::nullopt, Soon());
  CHECK(base::GetReason(result.status()) == base::Reason::kLogFailed);
  CHECK(lab.registers.extends == 0);
  measurements.Recover(Soon());
  CHECK(lab.collector.CollectRaw(base::Bytes(32), Soon()).ok());
}

TEST_CASE("A token bucket lets a burst pass and then its rate, and time that stands still none") {
  const absl::Duration start = absl::Seconds(1000);
  TokenBucket bucket(3, 2, start);
  for (int i = 0; i < 3; ++i) {
    CHECK(bucket.Take(start));
  }
  CHECK_FALSE(bucket.Take(start));
  CHECK_FALSE(bucket.Take(start - absl::Seconds(5)));
  CHECK(bucket.Take(start + absl::Milliseconds(500)));
  CHECK_FALSE(bucket.Take(start + absl::Milliseconds(900)));
  CHECK(bucket.Take(start + absl::Milliseconds(1000)));
  // It never holds more than the burst.
  int passed = 0;
  while (bucket.Take(start + absl::Hours(1))) {
    ++passed;
  }
  CHECK(passed == 3);
}

}  // namespace
}  // namespace attestd::agent
