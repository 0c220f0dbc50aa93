// SPDX-License-Identifier: Apache-2.0
#include "tee/snp/format/report.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "base/byte_reader.h"
#include "tee/snp/format/report_layout.h"

namespace attestd::tee::snp {
namespace {

constexpr uint32_t kFirstVersion = 2;
constexpr uint32_t kLastVersion = 5;
constexpr size_t kCpuidOffset = 0x188;
constexpr size_t kChipIdOffset = 0x1a0;
constexpr size_t kTcbSize = 8;

absl::Status Bad(std::string_view name, std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          "SNP report: " + std::string(name) + ": " + std::string(what));
}

bool AllZero(base::ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](uint8_t byte) { return byte == 0; });
}

std::string Hex(uint32_t value) { return absl::StrCat("0x", absl::Hex(value)); }

// TCB_VERSION: where each part lies, and what is reserved, is a matter of the processor.
struct TcbLayout {
  int fmc = -1;  // none
  size_t bootloader = 0;
  size_t tee = 1;
  size_t snp = 6;
  size_t microcode = 7;
};

TcbLayout LayoutOf(Generation generation) {
  if (generation == Generation::kTurin) {
    return {.fmc = 0, .bootloader = 1, .tee = 2, .snp = 3, .microcode = 7};
  }
  return {};
}

TcbVersion DecodeTcb(base::ByteView bytes, const TcbLayout& layout) {
  TcbVersion tcb;
  if (layout.fmc >= 0) {
    tcb.fmc = bytes[static_cast<size_t>(layout.fmc)];
  }
  tcb.bootloader = bytes[layout.bootloader];
  tcb.tee = bytes[layout.tee];
  tcb.snp = bytes[layout.snp];
  tcb.microcode = bytes[layout.microcode];
  return tcb;
}

// Reserved bytes are zero.
std::array<uint8_t, kTcbSize> EncodeTcb(const TcbVersion& tcb, const TcbLayout& layout) {
  std::array<uint8_t, kTcbSize> bytes{};
  if (layout.fmc >= 0) {
    bytes.at(static_cast<size_t>(layout.fmc)) = tcb.fmc.value_or(0);
  }
  bytes.at(layout.bootloader) = tcb.bootloader;
  bytes.at(layout.tee) = tcb.tee;
  bytes.at(layout.snp) = tcb.snp;
  bytes.at(layout.microcode) = tcb.microcode;
  return bytes;
}

// The visitor that reads bytes.
class Decoder {
 public:
  // At least kReportSize bytes, so that no read can fail.
  Decoder(base::ByteView bytes, const TcbLayout& layout) : rest_(bytes), layout_(layout) {}

  template <typename T>
  void Field(std::string_view /*name*/, T& value) {
    const base::ByteView bytes = Take(sizeof(T));
    value = 0;
    for (size_t i = sizeof(T); i > 0; --i) {
      value = static_cast<T>((static_cast<uint64_t>(value) << 8) | bytes[i - 1]);
    }
  }
  template <size_t size>
  void Field(std::string_view /*name*/, std::array<uint8_t, size>& value) {
    const base::ByteView bytes = Take(size);
    std::copy(bytes.begin(), bytes.end(), value.begin());
  }
  void Field(std::string_view name, TcbVersion& value) {
    const base::ByteView bytes = Take(kTcbSize);
    value = DecodeTcb(bytes, layout_);
    const std::array<uint8_t, kTcbSize> again = EncodeTcb(value, layout_);
    if (!std::equal(again.begin(), again.end(), bytes.begin(), bytes.end())) {
      Fail(Bad(name, "a reserved byte is not zero"));
    }
  }
  void Field(std::string_view name, FirmwareVersion& value) {
    const base::ByteView bytes = Take(4);
    value = {.major = bytes[2], .minor = bytes[1], .build = bytes[0]};
    if (bytes[3] != 0) {
      Fail(Bad(name, "a reserved byte is not zero"));
    }
  }
  template <typename T>
  void Optional(std::string_view name, std::optional<T>& value, bool there) {
    T found{};
    Field(name, found);
    if (there) {
      value = found;
    } else if (found != 0) {
      Fail(Bad(name, "is not zero, though this version of the report has no such field"));
    }
  }
  void Signature(std::array<uint8_t, 72>& r, std::array<uint8_t, 72>& s) {
    Field("r", r);
    Field("s", s);
  }
  void Reserved(size_t offset, size_t size) {
    if (!AllZero(Take(size))) {
      Fail(Bad("reserved bytes from " + Hex(static_cast<uint32_t>(offset)), "not zero"));
    }
  }

  const absl::Status& status() const { return error_; }

 private:
  base::ByteView Take(size_t size) {
    const base::ByteView taken = rest_.first(size);
    rest_ = rest_.subspan(size);
    return taken;
  }
  void Fail(absl::Status status) {
    if (error_.ok()) {
      error_ = std::move(status);
    }
  }

  base::ByteView rest_;
  const TcbLayout layout_;
  absl::Status error_;
};

// The visitor that writes bytes.
class Encoder {
 public:
  explicit Encoder(const TcbLayout& layout) : layout_(layout) { bytes_.reserve(kReportSize); }

  template <typename T>
  void Field(std::string_view /*name*/, const T& value) {
    for (size_t i = 0; i < sizeof(T); ++i) {
      bytes_.push_back(static_cast<uint8_t>(static_cast<uint64_t>(value) >> (8 * i)));
    }
  }
  template <size_t size>
  void Field(std::string_view /*name*/, const std::array<uint8_t, size>& value) {
    std::copy(value.begin(), value.end(), std::back_inserter(bytes_));
  }
  void Field(std::string_view name, const TcbVersion& value) {
    if (value.fmc.has_value() != (layout_.fmc >= 0)) {
      Fail(Bad(name, value.fmc.has_value() ? "has an FMC, which this processor has not"
                                           : "has no FMC, which this processor has"));
    }
    Field(name, EncodeTcb(value, layout_));
  }
  void Field(std::string_view name, const FirmwareVersion& value) {
    Field(name, std::array<uint8_t, 4>{value.build, value.minor, value.major, 0});
  }
  template <typename T>
  void Optional(std::string_view name, const std::optional<T>& value, bool there) {
    if (value.has_value() != there) {
      Fail(Bad(name, there ? "is missing" : "is set, though this version has no such field"));
    }
    Field(name, value.value_or(0));
  }
  void Signature(const std::array<uint8_t, 72>& r, const std::array<uint8_t, 72>& s) {
    Field("r", r);
    Field("s", s);
  }
  void Reserved(size_t /*offset*/, size_t size) { bytes_.resize(bytes_.size() + size); }

  absl::StatusOr<base::Bytes> Finish() && {
    RETURN_IF_ERROR(error_);
    return std::move(bytes_);
  }

 private:
  void Fail(absl::Status status) {
    if (error_.ok()) {
      error_ = std::move(status);
    }
  }

  base::Bytes bytes_;
  const TcbLayout layout_;
  absl::Status error_;
};

// AMD, "Revision Guides": family 19h is Zen 3 and 4, family 1Ah is Zen 5.
absl::StatusOr<Generation> FromCpuid(uint8_t family, uint8_t model) {
  if (family == 0x19 && model <= 0x0f) {
    return Generation::kMilan;
  }
  if (family == 0x19 && ((model >= 0x10 && model <= 0x1f) || (model >= 0xa0 && model <= 0xaf))) {
    return Generation::kGenoa;
  }
  if (family == 0x1a && model <= 0x11) {
    return Generation::kTurin;
  }
  return Bad("processor", "family " + Hex(family) + " model " + Hex(model) + " is not known");
}

absl::Status CheckVersion(uint32_t version) {
  if (version < kFirstVersion || version > kLastVersion) {
    return Bad("version", "expected 2 to 5, found " + std::to_string(version));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Generation> GenerationOf(const Report& report) {
  if (report.version >= kFirstWithCpuid) {
    if (!report.cpuid_fam_id.has_value() || !report.cpuid_mod_id.has_value()) {
      return Bad("cpuid_fam_id", "is missing");
    }
    return FromCpuid(*report.cpuid_fam_id, *report.cpuid_mod_id);
  }
  if (AllZero(report.chip_id)) {
    return Bad("processor", "version 2 without a chip id does not tell it");
  }
  // Milan and Genoa share their layout, so that Milan stands for both.
  return AllZero(base::ByteView(report.chip_id).subspan(kTurinChipIdSize)) ? Generation::kTurin
                                                                           : Generation::kMilan;
}

absl::StatusOr<Generation> GenerationOf(base::ByteView bytes) {
  if (bytes.size() != kReportSize) {
    return Bad("size", "expected 1184 bytes, found " + std::to_string(bytes.size()));
  }
  Report report;
  ASSIGN_OR_RETURN(report.version, base::ByteReader(bytes).ReadU32Le());
  RETURN_IF_ERROR(CheckVersion(report.version));
  if (report.version >= kFirstWithCpuid) {
    report.cpuid_fam_id = bytes[kCpuidOffset];
    report.cpuid_mod_id = bytes[kCpuidOffset + 1];
  }
  const base::ByteView chip_id = bytes.subspan(kChipIdOffset, report.chip_id.size());
  std::copy(chip_id.begin(), chip_id.end(), report.chip_id.begin());
  return GenerationOf(report);
}

absl::StatusOr<Report> ParseReport(base::ByteView bytes) {
  ASSIGN_OR_RETURN(const Generation generation, GenerationOf(bytes));
  Decoder decoder(bytes, LayoutOf(generation));
  Report report;
  VisitReport(decoder, report);
  RETURN_IF_ERROR(decoder.status());
  return report;
}

absl::StatusOr<base::Bytes> EncodeReport(const Report& report) {
  RETURN_IF_ERROR(CheckVersion(report.version));
  ASSIGN_OR_RETURN(const Generation generation, GenerationOf(report));
  Encoder encoder(LayoutOf(generation));
  VisitReport(encoder, report);
  return std::move(encoder).Finish();
}

}  // namespace attestd::tee::snp
