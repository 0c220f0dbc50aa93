// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FUSE_FAULT_PLAN_H_
#define ATTESTD_TEST_FUSE_FAULT_PLAN_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/status.h"

namespace attestd::fake_tee {

// What shall go wrong, and how often each operation was asked for. Commands, one a line:
//   WHERE WHAT [VALUE [COUNT]]
//   clear                         forgets all faults and counts
// WHERE: mkdir privlevel inblob outblob auxblob generation provider sev-guest tdx-guest tpm
// paravisor open (of a device node).
// WHAT, at any of them:
//   error ERRNO                   fails (EBUSY, 16, ...)
//   delay MILLISECONDS            takes longer
// and at some:
//   outblob wrong-nonce, patch OFFSET:HEX; outblob and auxblob huge SIZE, empty, garbage, file PATH
//   generation stale; provider text WORD
//   sev-guest wrong-nonce, fw-error CODE, fw-error-ok CODE, vmm-error CODE, certs-len SIZE,
//   garbage (the certificate table), file PATH (the same), patch OFFSET:HEX (MSG_REPORT_RSP)
//   tdx-guest wrong-nonce
//   paravisor late, foreign, corrupt OFFSET (see paravisor.h)
// Every other word is refused, since such a fault would never be used. Where no VALUE is needed,
// any may stand there. A fault is used COUNT times (default 1), or for ever with the word "always".
class FaultPlan {
 public:
  // InvalidArgument naming the line and what is wrong; then none of its lines has been taken over.
  absl::Status Apply(std::string_view commands);

  // Counts the operation, waits as long as a delay says, and gives the errno to fail with, or zero.
  int Enter(const std::string& where);
  // The value of a fault that is due, used once more.
  std::optional<std::string> Take(const std::string& where, std::string_view what);
  // The same as a number; nothing when it is none.
  std::optional<uint64_t> TakeNumber(const std::string& where, std::string_view what);

  // Puts the bytes of a "patch" that is due, OFFSET:HEX, over those there are.
  void Patch(const std::string& where, std::span<uint8_t> bytes);
  // The content of the file of a "file" that is due; what `bytes` are when it cannot be read.
  base::Bytes Replace(const std::string& where, base::Bytes bytes);

  // "WHERE COUNT" for each operation asked for so far, one a line.
  std::string Counts() const;

 private:
  struct Fault {
    std::string where;
    std::string what;
    std::string value;
    int left = 1;  // negative: for ever
  };
  static absl::StatusOr<Fault> Parse(std::string_view line);

  mutable absl::Mutex mutex_;
  std::list<Fault> faults_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int> counts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace attestd::fake_tee

#endif  // ATTESTD_TEST_FUSE_FAULT_PLAN_H_
