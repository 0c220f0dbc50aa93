// SPDX-License-Identifier: Apache-2.0
#include "bench/measure.h"

#include <absl/time/clock.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <thread>

namespace attestd::bench {
namespace {

using Samples = std::vector<absl::Duration>;

absl::Duration Now() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return absl::DurationFromTimespec(now);
}

absl::StatusOr<absl::Duration> TimeOnce(const Operation& operation) {
  const absl::Duration begin = Now();
  const absl::Status status = operation.run();
  const absl::Duration end = Now();
  if (!status.ok()) {
    return base::Annotate(status, operation.name);
  }
  return end - begin;
}

absl::StatusOr<std::vector<Latency>> MeasureRound(const std::vector<Operation>& operations,
                                                  const RoundOptions& options) {
  std::vector<Samples> samples(operations.size());
  for (int turn = 0; turn < options.calls / options.burst; ++turn) {
    for (size_t i = 0; i < operations.size(); ++i) {
      for (int call = 0; call < options.burst; ++call) {
        ASSIGN_OR_RETURN(samples[i].emplace_back(), TimeOnce(operations[i]));
      }
    }
  }
  std::vector<Latency> latencies(samples.size());
  std::transform(samples.begin(), samples.end(), latencies.begin(), Summarize);
  return latencies;
}

absl::Duration MedianOf(const std::vector<Latency>& rounds, absl::Duration Latency::*member) {
  Samples values;
  for (const Latency& round : rounds) {
    values.push_back(round.*member);
  }
  return Percentile(std::move(values), 0.5);
}

// What one client of MeasureLoad saw.
struct ClientRecord {
  Samples samples;
  absl::Status status;
};

ClientRecord RunClient(const Operation& operation, absl::Duration end) {
  ClientRecord record;
  while (Now() < end) {
    const absl::StatusOr<absl::Duration> sample = TimeOnce(operation);
    if (!sample.ok()) {
      record.status = sample.status();
      break;
    }
    record.samples.push_back(*sample);
  }
  return record;
}

}  // namespace

absl::Duration Percentile(Samples samples, double fraction) {
  std::sort(samples.begin(), samples.end());
  const double rank = std::ceil(fraction * static_cast<double>(samples.size()));
  return samples.at(std::max<size_t>(static_cast<size_t>(rank), 1) - 1);
}

Latency Summarize(const Samples& samples) {
  return {.p50 = Percentile(samples, 0.5), .p99 = Percentile(samples, 0.99)};
}

absl::StatusOr<std::vector<Latency>> MeasureInterleaved(const std::vector<Operation>& operations,
                                                        const RoundOptions& options) {
  std::vector<std::vector<Latency>> rounds(operations.size());
  // The first round warms up.
  for (int round = 0; round <= options.rounds; ++round) {
    ASSIGN_OR_RETURN(const std::vector<Latency> latencies, MeasureRound(operations, options));
    for (size_t i = 0; round > 0 && i < latencies.size(); ++i) {
      rounds[i].push_back(latencies[i]);
    }
  }
  std::vector<Latency> medians;
  medians.reserve(rounds.size());
  for (const std::vector<Latency>& of_one : rounds) {
    medians.push_back(
        {.p50 = MedianOf(of_one, &Latency::p50), .p99 = MedianOf(of_one, &Latency::p99)});
  }
  return medians;
}

absl::StatusOr<Load> MeasureLoad(const std::vector<Operation>& clients, absl::Duration time) {
  std::vector<ClientRecord> records(clients.size());
  const absl::Duration begin = Now();
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < clients.size(); ++i) {
      threads.emplace_back(
          [&records, &clients, i, end = begin + time] { records[i] = RunClient(clients[i], end); });
    }
  }
  const absl::Duration taken = Now() - begin;
  Samples all;
  for (const ClientRecord& record : records) {
    RETURN_IF_ERROR(record.status);
    all.insert(all.end(), record.samples.begin(), record.samples.end());
  }
  return Load{.per_second = static_cast<double>(all.size()) / absl::ToDoubleSeconds(taken),
              .latency = Summarize(all)};
}

}  // namespace attestd::bench
