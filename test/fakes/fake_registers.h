// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FAKES_FAKE_REGISTERS_H_
#define ATTESTD_TEST_FAKES_FAKE_REGISTERS_H_

#include <deque>
#include <fstream>
#include <map>
#include <string>
#include <utility>

#include "base/encoding.h"
#include "eventlog/tcg_log.h"
#include "evidence/runtime_registers.h"

namespace attestd::fakes {

// Registers 8 to 23 that start as zeros, called in the log as they are. With a file they outlive
// the process, as hardware does. Extend takes a fault of the queue, if there is one.
class FakeRegisters : public evidence::RuntimeRegisters {
 public:
  struct Fault {
    absl::Status status;
    bool extends = false;  // it happens all the same
  };

  explicit FakeRegisters(base::HashAlgorithm hash = base::HashAlgorithm::kSha256,
                         std::string file = "")
      : hash_(hash), file_(std::move(file)) {}

  base::HashAlgorithm hash() const override { return hash_; }
  absl::StatusOr<uint32_t> EventLogIndex(uint64_t pcr) const override {
    if (pcr < 8 || pcr > 23) {
      return absl::PermissionDeniedError("register " + std::to_string(pcr) +
                                         " is not for run-time events; use 8 to 23");
    }
    return static_cast<uint32_t>(pcr);
  }
  absl::StatusOr<base::Bytes> Read(uint64_t pcr, base::Deadline /*deadline*/) override {
    ++reads;
    return read_status.ok() ? absl::StatusOr<base::Bytes>(Value(pcr)) : read_status;
  }
  absl::Status Extend(uint64_t pcr, base::ByteView digest, base::Deadline /*deadline*/) override {
    ++extends;
    Fault fault{.status = absl::OkStatus(), .extends = true};
    if (!faults.empty()) {
      fault = std::move(faults.front());
      faults.pop_front();
    }
    if (fault.extends) {
      ExtendUnseen(pcr, digest);
    }
    return fault.status;
  }

  // As another program does.
  void ExtendUnseen(uint64_t pcr, base::ByteView digest) {
    auto values = Load();
    values[pcr] = base::ExtendedValue(hash_, Value(pcr), digest).value();
    Store(values);
  }
  base::Bytes Value(uint64_t pcr) const {
    const auto values = Load();
    const auto value = values.find(pcr);
    return value != values.end() ? value->second : base::Bytes(eventlog::DigestBytes(hash_), 0);
  }

  std::deque<Fault> faults;
  absl::Status read_status;
  int reads = 0;
  int extends = 0;

 private:
  std::map<uint64_t, base::Bytes> Load() const {
    if (file_.empty()) {
      return values_;
    }
    std::map<uint64_t, base::Bytes> values;
    std::ifstream in(file_);
    uint64_t pcr = 0;
    std::string value;
    while (in >> pcr >> value) {
      values[pcr] = base::HexDecode(value).value();
    }
    return values;
  }
  void Store(const std::map<uint64_t, base::Bytes>& values) {
    values_ = values;
    if (!file_.empty()) {
      std::ofstream out(file_, std::ios::trunc);
      for (const auto& [pcr, value] : values) {
        out << pcr << ' ' << base::HexEncode(value) << '\n';
      }
    }
  }

  const base::HashAlgorithm hash_;
  const std::string file_;
  std::map<uint64_t, base::Bytes> values_;
};

}  // namespace attestd::fakes

#endif  // ATTESTD_TEST_FAKES_FAKE_REGISTERS_H_
