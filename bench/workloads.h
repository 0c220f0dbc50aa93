// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BENCH_WORKLOADS_H_
#define ATTESTD_BENCH_WORKLOADS_H_

#include <absl/time/time.h>

#include <string>

#include "base/status.h"
#include "bench/broker_session.h"
#include "bench/child_process.h"
#include "bench/measure.h"

namespace attestd::bench {

// What is there before a run: a TPM, a broker that trusts it, and attestd's configuration for
// both. attestd itself is started, and ended, by the run.
struct Surroundings {
  std::string attestd;    // the program
  std::string attestctl;  // measured for its size only
  std::string config;
  std::string socket;  // as in the configuration
  std::string tcti;
  BrokerOptions broker;
  std::string folder;  // for sockets of the run's own
};

// One operation, measured twice: each call after a call of the others, and many calls in a row.
struct Part {
  Latency in_turn;
  Latency in_a_row;
};

struct Results {
  Footprint idle;  // 3 s after the start, before the first request
  Footprint used;  // after all requests
  // Interleaved with each other.
  Part empty_rpc;
  Part broker_get;
  Part unwrap;
  Part get_resource;
  Load clients8;
  Load clients32;
  // Interleaved with each other.
  Part quote;
  Part evidence_library;
  Part evidence_rpc;
  absl::Duration listening;     // median
  absl::Duration first_secret;  // median
  double attestd_mib = 0;
  double attestctl_mib = 0;
};

absl::StatusOr<Results> RunAll(const Surroundings& surroundings);

}  // namespace attestd::bench

#endif  // ATTESTD_BENCH_WORKLOADS_H_
