// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FAKES_FAKE_EVIDENCE_SOURCE_H_
#define ATTESTD_TEST_FAKES_FAKE_EVIDENCE_SOURCE_H_

#include <atomic>
#include <deque>
#include <functional>
#include <string>
#include <utility>

#include "base/encoding.h"
#include "evidence/evidence_source.h"

namespace attestd::fakes {

// Evidence in the shape of "sample", with a queue of faults: each Collect takes one, if there is.
class FakeEvidenceSource : public evidence::EvidenceSource {
 public:
  explicit FakeEvidenceSource(std::string tee = "sample", size_t limit = 32)
      : tee_(std::move(tee)), limit_(limit) {}

  std::string_view tee() const override { return tee_; }
  size_t report_data_limit() const override { return limit_; }
  absl::Status Check() override { return check_status; }
  absl::StatusOr<evidence::Evidence> Collect(const evidence::ReportData& report_data,
                                             base::Deadline /*deadline*/) override {
    ++calls;
    if (during != nullptr) {
      during();
    }
    if (!faults.empty()) {
      absl::Status fault = faults.front();
      faults.pop_front();
      return fault;
    }
    return evidence::Evidence{.json = R"({"svn":"1","report_data":")" +
                                      base::Base64Encode(report_data.view()) + R"("})"};
  }

  absl::Status BindInitData(base::ByteView digest, base::Deadline deadline) override {
    bound = base::ToBytes(digest);
    return bindable ? absl::OkStatus() : EvidenceSource::BindInitData(digest, deadline);
  }
  evidence::RuntimeRegisters* registers() override { return runtime_registers; }

  absl::Status check_status;
  std::deque<absl::Status> faults;
  std::function<void()> during;  // runs inside Collect
  std::atomic<int> calls{0};
  evidence::RuntimeRegisters* runtime_registers = nullptr;
  bool bindable = false;  // BindInitData accepts what it is given
  base::Bytes bound;

 private:
  const std::string tee_;
  const size_t limit_;
};

}  // namespace attestd::fakes

#endif  // ATTESTD_TEST_FAKES_FAKE_EVIDENCE_SOURCE_H_
