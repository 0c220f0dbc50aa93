// SPDX-License-Identifier: Apache-2.0
#include "test/memory/process_memory.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <utility>

#include "base/file.h"
#include "base/handle.h"

namespace attestd::memory_scan {
namespace {

constexpr size_t kPage = 4096;
// More is address space that a sanitizer has reserved.
constexpr size_t kLargest = size_t{1} << 30;

// Reads [address, end) as far as it goes into `buffer`; the number of bytes.
size_t ReadRun(int memory, uint64_t address, uint64_t end, base::Bytes& buffer) {
  size_t got = 0;
  while (address + got < end) {
    const ssize_t n = ::pread(memory, buffer.data() + got, end - address - got,
                              static_cast<off_t>(address + got));
    if (n <= 0) {
      break;
    }
    got += static_cast<size_t>(n);
  }
  return got;
}

}  // namespace

std::vector<Mapping> ParseMaps(std::string_view text) {
  std::vector<Mapping> mappings;
  std::istringstream lines{std::string(text)};
  std::string line;
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    Mapping mapping;
    char dash = 0;
    std::string offset;
    std::string device;
    std::string inode;
    fields >> std::hex >> mapping.begin >> dash >> mapping.end >> mapping.access >> offset >>
        device >> inode;
    if (!fields.fail() && dash == '-' && mapping.begin < mapping.end) {
      std::getline(fields >> std::ws, mapping.name);
      mappings.push_back(std::move(mapping));
    }
  }
  return mappings;
}

absl::StatusOr<std::vector<ReadMapping>> ReadMemory(
    pid_t pid, const std::function<void(const Mapping&, uint64_t address, base::ByteView)>& see) {
  const std::string folder = "/proc/" + std::to_string(pid);
  std::ifstream maps(folder + "/maps");
  std::stringstream text;
  text << maps.rdbuf();
  const base::UniqueFd memory(::open((folder + "/mem").c_str(), O_RDONLY | O_CLOEXEC));
  if (!memory.valid()) {
    return base::ErrnoStatus(errno, folder + "/mem");
  }
  std::vector<ReadMapping> all;
  base::Bytes buffer;
  for (Mapping& mapping : ParseMaps(text.str())) {
    if (!mapping.readable()) {
      continue;
    }
    const size_t size = mapping.end - mapping.begin;
    if (size > kLargest) {
      all.push_back({.mapping = std::move(mapping)});
      continue;
    }
    buffer.resize(std::max(buffer.size(), size));
    size_t bytes = 0;
    // A page that cannot be read is skipped.
    for (uint64_t at = mapping.begin; at < mapping.end; at += kPage) {
      const size_t got = ReadRun(memory.get(), at, mapping.end, buffer);
      see(mapping, at, {buffer.data(), got});
      bytes += got;
      at += got - got % kPage;
    }
    all.push_back({.mapping = std::move(mapping), .bytes = bytes});
  }
  return all;
}

}  // namespace attestd::memory_scan
