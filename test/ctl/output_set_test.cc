// SPDX-License-Identifier: Apache-2.0
#include "ctl/output_set.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "base/handle.h"
#include "test/support/temp_dir.h"

namespace attestd::ctl {
namespace {

namespace fs = std::filesystem;
using test::TempDir;

constexpr char kLeftover[] = ".attestctl-0123456789abcdef";

bool Never() { return false; }

// Every file and directory below, with its content; links and special files by their kind.
std::map<std::string, std::string> Tree(const std::string& root) {
  std::map<std::string, std::string> tree;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    std::string content = "special";
    if (entry.is_symlink()) {
      content = "-> " + fs::read_symlink(entry).string();
    } else if (entry.is_regular_file()) {
      std::ifstream file(entry.path(), std::ios::binary);
      content.assign(std::istreambuf_iterator<char>(file), {});
    }
    tree[entry.path().string().substr(root.size() + 1)] = content;
  }
  return tree;
}

FileContent File(const std::string& path, std::string_view bytes, bool make_parents = false) {
  return {.spec = {.path = path, .mode = 0400, .owner = {}, .make_parents = make_parents},
          .bytes = base::AsBytes(bytes)};
}

TEST_CASE("WriteFilesTogether writes new files, old ones and links, and leaves nothing else") {
  const TempDir dir;
  std::ofstream(dir.File("old")) << "before";
  fs::create_symlink("nowhere", dir.File("link"));
  REQUIRE(WriteFilesTogether(
              {File(dir.File("new"), "1"), File(dir.File("old"), "2"), File(dir.File("link"), "3"),
               File(dir.File("a/b/c"), "4", true), File(dir.File("a/b/d"), "5", true)},
              Never)
              .ok());
  CHECK(Tree(dir.path()) == std::map<std::string, std::string>{{"new", "1"},
                                                               {"old", "2"},
                                                               {"link", "3"},
                                                               {"a", "special"},
                                                               {"a/b", "special"},
                                                               {"a/b/c", "4"},
                                                               {"a/b/d", "5"}});
}

TEST_CASE("WriteFilesTogether changes nothing when one of the files cannot be") {
  const TempDir dir;
  std::ofstream(dir.File("old")) << "before";
  fs::create_symlink("nowhere", dir.File("link"));
  fs::create_directory(dir.File("directory"));
  REQUIRE(::mkfifo(dir.File("fifo").c_str(), 0600) == 0);
  const auto before = Tree(dir.path());
  const std::string bad =
      GENERATE("directory", "fifo", "absent/f", "old/f", "x/..", "made/../old", "made/x/y");
  const FileContent first = File(dir.File("made/x"), "1", true);
  const FileContent second = File(dir.File("old"), "2");
  const FileContent third = File(dir.File("link"), "3");
  const FileContent broken = File(dir.File(bad), "4", true);
  CAPTURE(bad);
  if (bad == "absent/f") {
    const FileContent without = File(dir.File(bad), "4");
    CHECK_FALSE(WriteFilesTogether({first, second, third, without}, Never).ok());
  } else {
    CHECK_FALSE(WriteFilesTogether({first, second, third, broken}, Never).ok());
    CHECK_FALSE(WriteFilesTogether({broken, first, second, third}, Never).ok());
  }
  CHECK(Tree(dir.path()) == before);
}

TEST_CASE("a file that cannot appear takes back those that have") {
  const TempDir dir;
  fs::create_directory(dir.File("there"));
  std::ofstream(dir.File("old")) << "before";
  fs::create_symlink("nowhere", dir.File("link"));
  const auto before = Tree(dir.path());
  // Between preparing and appearing the last target becomes a directory.
  const auto meddle = [&dir] { return !fs::create_directory(dir.File("there/last")); };
  const absl::Status status = WriteFilesTogether(
      {File(dir.File("old"), "1"), File(dir.File("link"), "2"), File(dir.File("new"), "3"),
       File(dir.File("made/x"), "4", true), File(dir.File("there/last"), "5")},
      meddle);
  CHECK_FALSE(status.ok());
  CHECK_THAT(std::string(status.message()), Catch::Contains("write " + dir.File("there/last")));
  fs::remove(dir.File("there/last"));
  CHECK(Tree(dir.path()) == before);
}

TEST_CASE("WriteFilesTogether changes nothing when it is stopped") {
  const TempDir dir;
  std::ofstream(dir.File("old")) << "before";
  const auto before = Tree(dir.path());
  const absl::Status status = WriteFilesTogether(
      {File(dir.File("old"), "1"), File(dir.File("made/x"), "2", true)}, [] { return true; });
  CHECK(absl::IsAborted(status));
  CHECK(Tree(dir.path()) == before);
}

TEST_CASE("what a killed run left behind is removed, unless another run is at work there") {
  const TempDir dir;
  std::ofstream(dir.File(kLeftover)) << "half a secr";
  for (const char* other : {".attestctl-0123456789abcde", ".attestctl-0123456789abcdeF", "x"}) {
    std::ofstream(dir.File(other)) << "kept";
  }
  {
    const base::UniqueFd other(::open(dir.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(::flock(other.get(), LOCK_SH) == 0);
    REQUIRE(WriteFilesTogether({File(dir.File("f"), "1")}, Never).ok());
    CHECK(fs::exists(dir.File(kLeftover)));
  }
  REQUIRE(WriteFilesTogether({File(dir.File("f"), "2")}, Never).ok());
  CHECK_FALSE(fs::exists(dir.File(kLeftover)));
  CHECK(Tree(dir.path()).size() == 4);
}

}  // namespace
}  // namespace attestd::ctl
