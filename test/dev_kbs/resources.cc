// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/resources.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <filesystem>
#include <system_error>

#include "base/file.h"

namespace attestd::dev_kbs {
namespace {

constexpr size_t kMaxResource = size_t{4} << 20;
constexpr std::ptrdiff_t kSegments = 3;

bool IsSegmentCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
}

bool IsSegment(std::string_view text) {
  return !text.empty() && text.front() != '.' &&
         std::all_of(text.begin(), text.end(), IsSegmentCharacter);
}

bool IsResource(std::string_view text) {
  if (std::count(text.begin(), text.end(), '/') != kSegments - 1) {
    return false;
  }
  for (std::ptrdiff_t i = 0; i < kSegments; ++i) {
    const size_t end = std::min(text.find('/'), text.size());
    if (!IsSegment(text.substr(0, end))) {
      return false;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

absl::StatusOr<std::string> RealPath(const std::string& path) {
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  if (error) {
    return base::ErrnoStatus(error.value(), path);
  }
  return real.string();
}

}  // namespace

absl::StatusOr<Resources> Resources::Open(const std::string& folder) {
  ASSIGN_OR_RETURN(std::string real, RealPath(folder));
  if (!std::filesystem::is_directory(real)) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, folder + ": not a folder");
  }
  return Resources(std::move(real));
}

absl::StatusOr<base::Secret> Resources::Read(std::string_view resource) const {
  if (!IsResource(resource)) {
    return base::MakeStatus(absl::StatusCode::kInvalidArgument, "not repository/type/tag");
  }
  // Whoever may write the folder is trusted, so that nobody moves links between these two steps.
  absl::StatusOr<std::string> real = RealPath(folder_ + "/" + std::string(resource));
  RETURN_IF_ERROR(real.status());
  if (!real->starts_with(folder_ + "/")) {
    return base::MakeStatus(absl::StatusCode::kPermissionDenied,
                            "a link leads out of the folder of resources");
  }
  return base::ReadSecretFile(*real, kMaxResource);
}

}  // namespace attestd::dev_kbs
