// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_EVENTLOG_AAEL_H_
#define ATTESTD_EVENTLOG_AAEL_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/status.h"
#include "eventlog/tcg_log.h"

// Events that workloads measure at run time, as guest-components writes them ("AAEL"): each a
// TCG_PCR_EVENT2 of type EV_EVENT_TAG with one digest. Its data is {u32 tag, u32 size, text}, all
// little-endian, where the text is "domain operation content"; the digest is over that data. The
// agent's log is these entries one behind the other, without a header.
namespace attestd::eventlog {

inline constexpr uint32_t kEvEventTag = 6;
inline constexpr uint32_t kAaelTag = 0x4141454c;
inline constexpr size_t kMaxNameBytes = 256;  // of domain and of operation
inline constexpr size_t kMaxContentBytes = size_t{16} << 10;

struct RuntimeEvent {
  std::string_view domain;
  std::string_view operation;
  std::string_view content;
};

struct AaelEntry {
  base::Bytes bytes;
  base::Bytes digest;  // that the register is extended with
};

// The entry of an event in the register that the log calls `index`. InvalidArgument with
// Reason::kBadEvent, in words, when a part is empty, too long, not UTF-8 or has a control
// character or line separator, or domain or operation has a space: a reader of the text could take
// it for another event.
absl::StatusOr<AaelEntry> EncodeAael(const RuntimeEvent& event, uint32_t index,
                                     base::HashAlgorithm hash);

// The agent's log. A last entry that is cut short is left out: `used` is then less than the size.
// InvalidArgument naming the offset for anything else that is no such entry.
absl::StatusOr<EventLog> ParseAael(base::ByteView bytes);

}  // namespace attestd::eventlog

#endif  // ATTESTD_EVENTLOG_AAEL_H_
