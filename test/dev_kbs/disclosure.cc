// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/disclosure.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "base/encoding.h"
#include "base/file.h"
#include "base/handle.h"

namespace attestd::dev_kbs {

absl::StatusOr<Disclosure> DiscloseTo(const std::string& path) {
  constexpr mode_t kOwnerOnly = 0600;
  base::UniqueFd fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly));
  if (!fd.valid()) {
    return base::ErrnoStatus(errno, path);
  }
  // shared_ptr: std::function wants what can be copied.
  auto file = std::make_shared<const base::UniqueFd>(std::move(fd));
  return [file](std::string_view what, base::ByteView bytes) {
    const std::string line = std::string(what) + " " + base::HexEncode(bytes) + "\n";
    // A test whose line is missing fails by that.
    static_cast<void>(!::write(file->get(), line.data(), line.size()));
  };
}

}  // namespace attestd::dev_kbs
