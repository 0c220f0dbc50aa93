// SPDX-License-Identifier: Apache-2.0
#include "tee/tdx/cc_event_log.h"

#include <array>
#include <string_view>

#include "base/file.h"
#include "base/log.h"
#include "eventlog/aael.h"
#include "eventlog/tcg_log.h"

namespace attestd::tee::tdx {
namespace {

// The host may write the firmware's. Real ones have at most 256 kB, and brokers take two MiB with
// the evidence.
constexpr size_t kMaxFirmwareLog = size_t{1} << 20;
constexpr size_t kMaxAgentLog = size_t{2} << 20;  // as eventlog::MeasurementLog writes it
constexpr size_t kEndMarker = 8;

// TCG_PCR_EVENT with TCG_EfiSpecIDEvent (TCG PC Client Platform Firmware Profile, 10.4.5.1), as
// OVMF writes it for a TDX guest: index 1, EV_NO_ACTION, version 2.0, one algorithm.
constexpr std::array<uint8_t, 65> kSpecId = {
    0x01, 0,   0,   0,   0x03, 0,   0,    0,  // index, type
    0,    0,   0,   0,   0,    0,   0,    0,   0,   0,   0,   0,   0,   0,   0,   0,
    0,    0,   0,   0,                                                                // SHA-1
    0x21, 0,   0,   0,                                                                // event size
    'S',  'p', 'e', 'c', ' ',  'I', 'D',  ' ', 'E', 'v', 'e', 'n', 't', '0', '3', 0,  //
    0,    0,   0,   0,   0,    2,   0,    2,  // class, version
    0x01, 0,   0,   0,   0x0c, 0,   0x30, 0,  // SHA-384, 48 bytes
    0};                                       // vendor info

// The file's content, empty when it is absent.
absl::StatusOr<std::string> ReadIfThere(const std::string& path, size_t limit) {
  if (path.empty()) {
    return std::string();
  }
  absl::StatusOr<std::string> text = base::ReadFile(path, limit);
  if (absl::IsNotFound(text.status())) {
    return std::string();
  }
  return text;
}

absl::StatusOr<std::optional<base::Bytes>> ReadAndJoin(const std::string& firmware_path,
                                                       const std::string& agent_path) {
  ASSIGN_OR_RETURN(const std::string firmware, ReadIfThere(firmware_path, kMaxFirmwareLog));
  ASSIGN_OR_RETURN(const std::string agent, ReadIfThere(agent_path, kMaxAgentLog));
  return JoinEventLogs(base::AsBytes(firmware), base::AsBytes(agent));
}

}  // namespace

absl::StatusOr<std::optional<base::Bytes>> JoinEventLogs(base::ByteView firmware,
                                                         base::ByteView agent) {
  if (firmware.empty() && agent.empty()) {
    return std::nullopt;
  }
  base::ByteView front = kSpecId;
  if (!firmware.empty()) {
    const absl::StatusOr<size_t> used = eventlog::MeasureTcgLog(firmware);
    if (!used.ok()) {
      return base::Annotate(used.status(), "the firmware's log");
    }
    front = firmware.first(*used);
  }
  const absl::StatusOr<eventlog::EventLog> entries = eventlog::ParseAael(agent);
  if (!entries.ok()) {
    return base::Annotate(entries.status(), "the agent's log");
  }
  const base::ByteView own = agent.first(entries->used);
  base::Bytes joined;
  joined.reserve(front.size() + own.size() + kEndMarker);
  joined.insert(joined.end(), front.begin(), front.end());
  joined.insert(joined.end(), own.begin(), own.end());
  joined.insert(joined.end(), kEndMarker, 0xff);
  return joined;
}

std::optional<base::Bytes> ReadEventLogs(const std::string& firmware_path,
                                         const std::string& agent_path) {
  absl::StatusOr<std::optional<base::Bytes>> joined = ReadAndJoin(firmware_path, agent_path);
  if (!joined.ok()) {
    base::Log(base::Severity::kWarning, "evidence goes without its event log",
              {{"ccel", firmware_path}, {"cause", base::StatusText(joined.status())}});
    return std::nullopt;
  }
  return *std::move(joined);
}

}  // namespace attestd::tee::tdx
