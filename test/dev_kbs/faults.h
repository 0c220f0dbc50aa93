// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_FAULTS_H_
#define ATTESTD_TEST_DEV_KBS_FAULTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

// A script of faults: one rule a line, "ENDPOINT NTH FAULT [ARGUMENTS]"; blank lines and those that
// begin with '#' are passed over. docs/testing.md lists the faults.
namespace attestd::dev_kbs {

enum class Endpoint { kAccept, kAuth, kAttest, kResource, kAny };

// What a fault changes: the honest answer before it becomes HTTP, or its way over the wire.
enum class FaultStage { kAnswer, kWire };

struct Fault {
  std::string word;
  std::vector<std::string> args;
  FaultStage stage = FaultStage::kWire;

  // An argument that is a number.
  int64_t Number(size_t index) const;
};

struct FaultRule {
  std::string text;  // the line
  Endpoint endpoint = Endpoint::kAny;
  uint64_t first = 1;
  uint64_t last = 1;
  Fault fault;

  // "any" stands for auth, attest and resource, not for accept.
  bool Covers(Endpoint one) const;
};

// InvalidArgument naming the line and the word that it stumbles over.
absl::StatusOr<std::vector<FaultRule>> ParseFaults(std::string_view text);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_FAULTS_H_
