// SPDX-License-Identifier: Apache-2.0
#include "test/fuse/paravisor.h"

#include <absl/strings/ascii.h>

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/hash.h"
#include "test/fuse/nv_index.h"

namespace attestd::fake_tee {
namespace {

constexpr const char* kPlace = "paravisor";
constexpr uint32_t kHclReportIndex = 0x01400001;
constexpr uint32_t kUserDataIndex = 0x01400002;
// Layout of the HCL report: header, hardware report, header of the runtime data, runtime data.
constexpr size_t kHardwareReportSize = 1184;
constexpr size_t kImageSize = 2600;
constexpr uint32_t kDataHeaderSize = 20;
constexpr size_t kUserDataSize = 64;
constexpr std::string_view kUserData = "\"user-data\":\"";

void PutLe32(uint32_t value, base::Bytes& out) {
  for (unsigned shift = 0; shift < 32; shift += 8) {
    out.push_back(static_cast<uint8_t>(value >> shift & 0xffU));
  }
}

bool IsTdx(const Provider& provider) { return provider.traits().name == "tdx_guest"; }

// The hardware's report over a digest, filled up to the size of an SNP report.
base::Bytes HardwareReport(Provider& provider, base::Bytes report_data) {
  report_data.resize(kUserDataSize);
  base::Bytes report;
  if (IsTdx(provider)) {
    report = provider.TdReport(report_data).value_or(base::Bytes());
  } else if (absl::StatusOr<TsmBlobs> blobs = provider.Report({.inblob = report_data});
             blobs.ok()) {
    report = std::move(blobs->outblob);
  }
  report.resize(kHardwareReportSize);
  return report;
}

}  // namespace

Paravisor::Paravisor(std::string runtime_data, Provider& provider, FaultPlan& faults)
    : provider_(provider), faults_(faults), runtime_data_(std::move(runtime_data)) {
  current_ = MakeImage(runtime_data_);
  previous_ = current_;
}

base::Bytes Paravisor::MakeImage(const std::string& runtime_data) {
  constexpr uint32_t kSnp = 2;
  constexpr uint32_t kTdx = 4;
  constexpr size_t kReserved = 12;
  const auto size = static_cast<uint32_t>(runtime_data.size());
  base::Bytes image = base::ToBytes(base::AsBytes("HCLA"));
  PutLe32(2, image);  // version
  PutLe32(static_cast<uint32_t>(32 + kHardwareReportSize) + kDataHeaderSize + size, image);
  PutLe32(2, image);  // request type: AkCert
  PutLe32(0, image);  // status
  image.resize(image.size() + kReserved);
  const base::Bytes hardware = HardwareReport(
      provider_, base::Hash(base::HashAlgorithm::kSha256, base::AsBytes(runtime_data))
                     .value_or(base::Bytes()));
  image.insert(image.end(), hardware.begin(), hardware.end());
  PutLe32(kDataHeaderSize + size, image);
  PutLe32(1, image);  // version of the data
  PutLe32(IsTdx(provider_) ? kTdx : kSnp, image);
  PutLe32(1, image);  // SHA-256
  PutLe32(size, image);
  image.insert(image.end(), runtime_data.begin(), runtime_data.end());
  image.resize(std::max(image.size(), kImageSize));
  return image;
}

void Paravisor::Refresh() {
  shown_ = faults_.Take(kPlace, "late").has_value() ? previous_ : current_;
  const std::optional<uint64_t> corrupt = faults_.TakeNumber(kPlace, "corrupt");
  if (corrupt.has_value() && *corrupt < shown_.size()) {
    shown_[static_cast<size_t>(*corrupt)] ^= 0xffU;
  }
}

int Paravisor::Fault(base::ByteView command) {
  return IsReadPublicOf(kHclReportIndex, command) ? faults_.Enter(kPlace) : 0;
}

std::optional<base::Bytes> Paravisor::Intrusion(base::ByteView command) {
  constexpr uint8_t kForeign = 0xee;
  const absl::MutexLock lock(&mutex_);
  // There is nothing to overwrite before the first write.
  if (user_data_size_ == 0 || !IsReadPublicOf(kHclReportIndex, command) ||
      !faults_.Take(kPlace, "foreign").has_value()) {
    return std::nullopt;
  }
  return WriteCommand({.index = kUserDataIndex, .content = base::Bytes(user_data_size_, kForeign)});
}

std::optional<base::Bytes> Paravisor::Answer(base::ByteView command) {
  const absl::MutexLock lock(&mutex_);
  if (IsReadPublicOf(kHclReportIndex, command)) {
    Refresh();
  }
  return AnswerForIndex({.index = kHclReportIndex, .content = shown_}, command);
}

void Paravisor::Observe(base::ByteView command, base::ByteView answer) {
  const std::optional<base::Bytes> written = WrittenTo(kUserDataIndex, command, answer);
  if (!written.has_value() || written->size() > kUserDataSize) {
    return;
  }
  base::Bytes padded = *written;
  padded.resize(kUserDataSize);
  const absl::MutexLock lock(&mutex_);
  const size_t at = runtime_data_.find(kUserData);
  if (at == std::string::npos) {
    return;
  }
  runtime_data_.replace(at + kUserData.size(), 2 * kUserDataSize,
                        absl::AsciiStrToUpper(base::HexEncode(padded)));
  user_data_size_ = written->size();
  previous_ = std::exchange(current_, MakeImage(runtime_data_));
}

}  // namespace attestd::fake_tee
