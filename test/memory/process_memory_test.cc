// SPDX-License-Identifier: Apache-2.0
#include "test/memory/process_memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>

namespace attestd::memory_scan {
namespace {

TEST_CASE("Lines of maps are read, and others left out") {
  const auto mappings = ParseMaps(
      "55d0c0a00000-55d0c0a21000 rw-p 00000000 00:00 0                          [heap]\n"
      "7f0000000000-7f0000001000 r--s 00001000 fe:00 1234 /a file (deleted)\n"
      "7f0000002000-7f0000003000 rw-p 00000000 00:00 0 \n"
      "nonsense\n");
  REQUIRE(mappings.size() == 3);
  CHECK((mappings[0].begin == 0x55d0c0a00000 && mappings[0].end == 0x55d0c0a21000));
  CHECK((mappings[0].name == "[heap]" && mappings[0].writable()));
  CHECK((mappings[1].name == "/a file (deleted)" && !mappings[1].writable()));
  CHECK((mappings[2].name.empty() && mappings[2].readable()));
}

TEST_CASE("A process's memory is read page by page, holes left out") {
  constexpr size_t kPage = 4096;
  // What cannot be read lies in the middle of one mapping: behind the end of its file.
  const int file = ::memfd_create("short", MFD_CLOEXEC);
  REQUIRE(file >= 0);
  REQUIRE(::ftruncate(file, 3 * kPage) == 0);
  auto* pages = static_cast<uint8_t*>(
      ::mmap(nullptr, 3 * kPage, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
  REQUIRE(pages != MAP_FAILED);
  std::memset(pages, 0x5a, 3 * kPage);
  REQUIRE(::ftruncate(file, kPage) == 0);
  ::close(file);
  size_t seen = 0;
  const auto all = ReadMemory(::getpid(), [&](const Mapping& mapping, uint64_t at, auto bytes) {
    if (mapping.begin == reinterpret_cast<uint64_t>(pages) && !bytes.empty()) {
      CHECK(at == mapping.begin);
      seen += bytes.size();
      CHECK((bytes.front() == 0x5a && bytes.back() == 0x5a));
    }
  });
  ::munmap(pages, 3 * kPage);
  REQUIRE(all.ok());
  CHECK(seen == kPage);
  CHECK(std::any_of(all->begin(), all->end(), [](const ReadMapping& read) {
    return read.mapping.name == "[stack]" && read.bytes > 0;
  }));
}

}  // namespace
}  // namespace attestd::memory_scan
