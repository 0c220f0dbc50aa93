// SPDX-License-Identifier: Apache-2.0
#include "ctl/environment_block.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

namespace attestd::ctl {
namespace {

// 32 pages of 4 KiB, the NUL at the end included.
constexpr size_t kMaxVariable = size_t{128} << 10;

absl::Status CheckValue(const std::string& name, base::ByteView value) {
  if (std::find(value.begin(), value.end(), 0) != value.end()) {
    return base::MakeStatus(
        absl::StatusCode::kInvalidArgument,
        "--env " + name + ": the secret has a NUL byte, which no variable can hold; use --fd");
  }
  if (name.size() + value.size() + 2 > kMaxVariable) {
    return base::MakeStatus(
        absl::StatusCode::kInvalidArgument,
        "--env " + name + ": the secret is longer than the 128 KiB of a variable; use --fd");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<EnvironmentBlock> EnvironmentBlock::Create(
    char* const* inherited, const std::map<std::string, base::ByteView>& secrets) {
  size_t size = 0;
  for (const auto& [name, value] : secrets) {
    RETURN_IF_ERROR(CheckValue(name, value));
    size += name.size() + value.size() + 2;
  }
  ASSIGN_OR_RETURN(base::Secret memory, base::Secret::Allocate(size));
  EnvironmentBlock block(std::move(memory));
  for (; *inherited != nullptr; ++inherited) {
    const std::string_view variable(*inherited);
    if (!secrets.contains(std::string(variable.substr(0, variable.find('='))))) {
      block.pointers_.push_back(*inherited);
    }
  }
  std::span<uint8_t> rest = block.block_.writable();
  for (const auto& [name, value] : secrets) {
    block.pointers_.push_back(reinterpret_cast<char*>(rest.data()));
    auto end = std::copy(name.begin(), name.end(), rest.begin());
    *end = '=';
    std::copy(value.begin(), value.end(), end + 1);
    // The byte behind it is zero already.
    rest = rest.subspan(name.size() + value.size() + 2);
  }
  block.pointers_.push_back(nullptr);
  return block;
}

}  // namespace attestd::ctl
