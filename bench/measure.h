// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BENCH_MEASURE_H_
#define ATTESTD_BENCH_MEASURE_H_

#include <absl/time/time.h>

#include <functional>
#include <string>
#include <vector>

#include "base/status.h"

namespace attestd::bench {

// One thing whose time is taken, again and again.
struct Operation {
  std::string name;
  std::function<absl::Status()> run;
};

struct Latency {
  absl::Duration p50;
  absl::Duration p99;
};

// The value below which `fraction` of the samples lie (nearest rank). Wants at least one sample.
absl::Duration Percentile(std::vector<absl::Duration> samples, double fraction);
Latency Summarize(const std::vector<absl::Duration>& samples);

struct RoundOptions {
  int rounds = 15;
  int calls = 200;  // of each operation in each round
  // Calls of one operation before the next has its turn. With 1 each call finds the caches as the
  // other operations left them, as the parts of a request do; with more it finds its own.
  int burst = 1;
};

// Runs the operations in turn, round after round, so that whatever else the machine does hits all
// of them alike. For each operation the median over rounds of the round's p50 and p99.
absl::StatusOr<std::vector<Latency>> MeasureInterleaved(const std::vector<Operation>& operations,
                                                        const RoundOptions& options);

struct Load {
  double per_second = 0;
  Latency latency;
};

// So many clients at once, each with an operation of its own, for a time. An error of any ends it.
absl::StatusOr<Load> MeasureLoad(const std::vector<Operation>& clients, absl::Duration time);

}  // namespace attestd::bench

#endif  // ATTESTD_BENCH_MEASURE_H_
