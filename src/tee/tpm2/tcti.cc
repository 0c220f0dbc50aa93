// SPDX-License-Identifier: Apache-2.0
#include "tee/tpm2/tcti.h"

#include <utility>

namespace attestd::tee::tpm2 {
namespace {

constexpr std::string_view kDevicePrefix = "device:";
constexpr std::string_view kSwtpmPrefix = "swtpm:";

}  // namespace

absl::Status ValidateTcti(std::string_view tcti) {
  const std::optional<std::string> device = TctiDevice(tcti);
  if (device.has_value() ? !device->empty() : tcti.starts_with(kSwtpmPrefix)) {
    return absl::OkStatus();
  }
  return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                          "tcti: \"" + std::string(tcti) +
                              R"(" is neither "device:/dev/..." nor "swtpm:host=...,port=...")");
}

std::optional<std::string> TctiDevice(std::string_view tcti) {
  if (!tcti.starts_with(kDevicePrefix)) {
    return std::nullopt;
  }
  return std::string(tcti.substr(kDevicePrefix.size()));
}

std::vector<FileUse> TctiFiles(std::string_view tcti) {
  std::vector<FileUse> files;
  if (std::optional<std::string> device = TctiDevice(tcti); device.has_value()) {
    files.push_back({.path = *std::move(device), .how = FileUse::How::kDevice});
  }
  return files;
}

}  // namespace attestd::tee::tpm2
