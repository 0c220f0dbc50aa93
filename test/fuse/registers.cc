// SPDX-License-Identifier: Apache-2.0
#include "test/fuse/registers.h"

#include <sys/stat.h>

#include <algorithm>

#include "base/hash.h"

namespace attestd::fake_tee {
namespace {

constexpr std::array<const char*, 4> kRtmrNames = {"rtmr0:sha384", "rtmr1:sha384", "rtmr2:sha384",
                                                   "rtmr3:sha384"};
constexpr const char* kMrConfigId = "mrconfigid";
constexpr const char* kMrTd = "mrtd:sha384";
// 0 and 1 belong to the firmware.
constexpr size_t kFirstWritable = 2;

size_t RtmrIndex(const std::string& name) {
  return static_cast<size_t>(std::find(kRtmrNames.begin(), kRtmrNames.end(), name) -
                             kRtmrNames.begin());
}

}  // namespace

class Registers::File : public OpenFile {
 public:
  File(Registers& registers, std::string name) : registers_(registers), name_(std::move(name)) {}

  int Read(std::span<uint8_t> out, uint64_t offset) override {
    return CopyOut(*registers_.Value(name_), out, offset);
  }
  // The kernel takes the whole digest at once or nothing.
  int Write(base::ByteView bytes, uint64_t offset) override {
    return offset != 0 ? -EINVAL : registers_.Extend(name_, bytes);
  }

 private:
  Registers& registers_;
  const std::string name_;
};

std::array<Register, 4> Registers::rtmrs() const {
  const absl::MutexLock lock(&mutex_);
  return rtmrs_;
}

std::optional<Register> Registers::Value(const std::string& name) const {
  const size_t index = RtmrIndex(name);
  if (index < kRtmrNames.size()) {
    return rtmrs()[index];
  }
  if (name == kMrConfigId) {
    return mr_config_id_;
  }
  return name == kMrTd ? std::optional<Register>(mr_td()) : std::nullopt;
}

int Registers::Extend(const std::string& name, base::ByteView digest) {
  const size_t index = RtmrIndex(name);
  if (digest.size() != std::tuple_size_v<Register>) {
    return -EINVAL;
  }
  const absl::MutexLock lock(&mutex_);
  base::Bytes both(rtmrs_[index].begin(), rtmrs_[index].end());
  both.insert(both.end(), digest.begin(), digest.end());
  const absl::StatusOr<base::Bytes> sum = base::Hash(base::HashAlgorithm::kSha384, both);
  if (!sum.ok()) {
    return -EIO;
  }
  std::copy(sum->begin(), sum->end(), rtmrs_[index].begin());
  return static_cast<int>(digest.size());
}

mode_t Registers::Mode(Path path) {
  if (path.empty()) {
    return S_IFDIR | 0755U;
  }
  if (path.size() > 1 || !Value(path[0]).has_value()) {
    return 0;
  }
  const size_t index = RtmrIndex(path[0]);
  return S_IFREG | (index >= kFirstWritable && index < kRtmrNames.size() ? 0644U : 0444U);
}

OpenResult Registers::Open(Path path, int flags) {
  const int error = CheckAccess(Mode(path), flags);
  if (error != 0) {
    return {.error = error, .file = nullptr};
  }
  return {.error = 0, .file = std::make_unique<File>(*this, path[0])};
}

std::vector<std::string> Registers::List(Path /*path*/) {
  std::vector<std::string> names(kRtmrNames.begin(), kRtmrNames.end());
  names.insert(names.end(), {kMrConfigId, kMrTd});
  return names;
}

}  // namespace attestd::fake_tee
