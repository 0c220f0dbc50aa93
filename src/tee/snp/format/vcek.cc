// SPDX-License-Identifier: Apache-2.0
#include "tee/snp/format/vcek.h"

#include "tee/snp/format/report.h"

namespace attestd::tee::snp {
namespace {

constexpr char kHwidOid[] = "1.3.6.1.4.1.3704.1.4";
constexpr uint8_t kDerOctetString = 0x04;

bool IsChipSize(size_t size) { return size == kChipIdSize || size == kTurinChipIdSize; }

}  // namespace

std::optional<base::Bytes> ChipOf(const base::Certificate& vcek) {
  std::optional<base::Bytes> hwid = vcek.Extension(kHwidOid);
  if (!hwid.has_value() || IsChipSize(hwid->size())) {
    return hwid;
  }
  const bool wrapped =
      hwid->size() > 2 && hwid->at(0) == kDerOctetString && hwid->at(1) == hwid->size() - 2;
  if (!wrapped || !IsChipSize(hwid->size() - 2)) {
    return std::nullopt;
  }
  hwid->erase(hwid->begin(), hwid->begin() + 2);
  return hwid;
}

}  // namespace attestd::tee::snp
