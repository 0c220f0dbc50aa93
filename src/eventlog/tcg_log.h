// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_EVENTLOG_TCG_LOG_H_
#define ATTESTD_EVENTLOG_TCG_LOG_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/status.h"

// Crypto-agile event logs (TCG PC Client Platform Firmware Profile, section 10), as firmware
// leaves them in CCEL or binary_bios_measurements and guest-components appends to them (AAEL).
// A log is untrusted until it replays to the registers.
namespace attestd::eventlog {

// TCG_PCR_EVENT2. `index` is a PCR, or in CCEL a CC measurement register.
struct Event {
  uint32_t index = 0;
  uint32_t type = 0;
  std::map<uint16_t, base::Bytes> digests;  // by TPM_ALG_ID
  base::Bytes data;
};

struct EventLog {
  std::vector<Event> events;  // without the Spec ID event in front
  size_t used = 0;            // bytes of the log; what follows is filling
};

// TPM_ALG_ID of a hash (TCG algorithm registry), and the bytes of its digest.
uint16_t TpmAlgorithmId(base::HashAlgorithm hash);
size_t DigestBytes(base::HashAlgorithm hash);
// The same by TPM_ALG_ID; 0 for any other than SHA-256, SHA-384 and SHA-512.
size_t DigestBytes(uint16_t algorithm);

// InvalidArgument naming the offset for a log that is malformed, longer than 16 MiB or has more
// than 100,000 events. Ends at the end of the bytes, at 8 bytes of 0xff, or of 0x00.
absl::StatusOr<EventLog> ParseTcgLog(base::ByteView bytes);
// The same judgement without keeping the events: the bytes that the log uses.
absl::StatusOr<size_t> MeasureTcgLog(base::ByteView bytes);

// Values of the registers after the log, by index: zeros, then extended by each event but
// EV_NO_ACTION. InvalidArgument when an event has no digest of that algorithm.
absl::StatusOr<std::map<uint32_t, base::Bytes>> Replay(const EventLog& log,
                                                       base::HashAlgorithm hash);

}  // namespace attestd::eventlog

#endif  // ATTESTD_EVENTLOG_TCG_LOG_H_
