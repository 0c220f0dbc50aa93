// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_KBS_CLIENT_SEEN_NONCES_H_
#define ATTESTD_KBS_CLIENT_SEEN_NONCES_H_

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>

namespace attestd::kbs {

// The nonces of the last handshakes with one broker. One that comes again would let old evidence
// pass for fresh.
class SeenNonces {
 public:
  // False when it was seen before.
  bool Insert(const std::string& nonce) {
    if (std::find(nonces_.begin(), nonces_.end(), nonce) != nonces_.end()) {
      return false;
    }
    nonces_.push_back(nonce);
    if (nonces_.size() > kKept) {
      nonces_.pop_front();
    }
    return true;
  }

 private:
  static constexpr size_t kKept = 64;
  std::deque<std::string> nonces_;  // of at most 1024 bytes each
};

}  // namespace attestd::kbs

#endif  // ATTESTD_KBS_CLIENT_SEEN_NONCES_H_
