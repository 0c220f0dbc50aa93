// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FAKES_FAKE_SECRETS_H_
#define ATTESTD_TEST_FAKES_FAKE_SECRETS_H_

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/secret.h"
#include "base/status.h"
#include "unseal/secrets.h"

namespace attestd::test {

// Secrets by their URI, a record of what was asked for, and a queue of faults. It answers at once,
// or, when told to wait, by Answer().
class FakeSecrets : public unseal::Secrets {
 public:
  void Put(const std::string& uri, base::Bytes bytes) { secrets_[uri] = std::move(bytes); }
  // The next requests get these, one each; OK is none.
  void Fail(absl::Status status) { faults_.push_back(std::move(status)); }
  void Wait() { waits_ = true; }
  const std::vector<std::string>& asked() const { return asked_; }
  const base::CallContext& caller() const { return caller_; }

  void Get(const kbs::ResourceUri& uri, const base::CallContext& caller, Done done) override {
    asked_.push_back(unseal::Shown(uri));
    caller_ = caller;
    waiting_.emplace_back(Look(asked_.back()), std::move(done));
    if (!waits_) {
      Answer();
    }
  }

  // Answers the oldest request; false when there is none.
  bool Answer() {
    if (waiting_.empty()) {
      return false;
    }
    const auto [result, done] = std::move(waiting_.front());
    waiting_.pop_front();
    done(result);
    return true;
  }

 private:
  Result Look(const std::string& uri) {
    if (!faults_.empty()) {
      absl::Status fault = std::move(faults_.front());
      faults_.pop_front();
      if (!fault.ok()) {
        return fault;
      }
    }
    const auto found = secrets_.find(uri);
    if (found == secrets_.end()) {
      return base::MakeStatus(absl::StatusCode::kNotFound, base::Reason::kResourceNotFound,
                              "no such resource");
    }
    return std::make_shared<const base::Secret>(*base::Secret::Copy(found->second));
  }

  std::map<std::string, base::Bytes> secrets_;
  std::deque<absl::Status> faults_;
  std::deque<std::pair<Result, Done>> waiting_;
  std::vector<std::string> asked_;
  base::CallContext caller_;
  bool waits_ = false;
};

}  // namespace attestd::test

#endif  // ATTESTD_TEST_FAKES_FAKE_SECRETS_H_
