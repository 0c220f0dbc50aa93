// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "test/support/temp_dir.h"

namespace attestd::base {
namespace {

TEST_CASE("A file is read whole, up to the limit") {
  const test::TempDir folder;
  const size_t size = GENERATE(size_t{0}, size_t{1}, size_t{4095}, size_t{4096}, size_t{100000});
  std::ofstream(folder.File("f")) << std::string(size, 'x');
  CHECK(ReadFile(folder.File("f"), size).value() == std::string(size, 'x'));
  CHECK(ReadFile(folder.File("f"), size + 1)->size() == size);
  if (size > 0) {
    CHECK(absl::IsInvalidArgument(ReadFile(folder.File("f"), size - 1).status()));
  }
}

TEST_CASE("A file that does not tell its size is read whole, and its limit holds") {
  constexpr size_t kLimit = size_t{1} << 20;
  const std::string status = ReadFile("/proc/self/status", kLimit).value();
  CHECK(status.find("Name:") == 0);
  CHECK(absl::IsInvalidArgument(ReadFile("/proc/self/status", 10).status()));
}

TEST_CASE("Case 91: what others may write is not trusted") {
  const test::TempDir folder;
  const std::string path = folder.File("f");
  std::ofstream(path) << "text";
  using std::filesystem::perms;
  const auto [mode, trusted] = GENERATE(table<perms, bool>({{perms(0600), true},
                                                            {perms(0644), true},
                                                            {perms(0664), false},
                                                            {perms(0646), false},
                                                            {perms(0620), false}}));
  std::filesystem::permissions(path, mode);
  const auto text = ReadTrustedFile(path, 100);
  CHECK(text.ok() == trusted);
  if (!trusted) {
    CHECK(absl::IsFailedPrecondition(text.status()));
    CHECK_THAT(std::string(text.status().message()), Catch::Contains(path));
  }
  CHECK(ReadFile(path, 100).value() == "text");
}

TEST_CASE("Case 91: a file of another user is not trusted") {
  const test::TempDir folder;
  const std::string path = folder.File("f");
  std::ofstream(path) << "text";
  constexpr uid_t kNobody = 65534;
  if (::chown(path.c_str(), kNobody, static_cast<gid_t>(-1)) == 0) {  // only root may
    CHECK(absl::IsFailedPrecondition(ReadTrustedFile(path, 100).status()));
  }
  CHECK(absl::IsNotFound(ReadTrustedFile(folder.File("absent"), 100).status()));
  CHECK(absl::IsInvalidArgument(ReadTrustedFile("/proc/self/status", 3).status()));
}

TEST_CASE("A file below a folder is read by its name or its path") {
  const test::TempDir folder;
  std::filesystem::create_directory(folder.File("sub"));
  std::ofstream(folder.File("sub/key")) << "secret";
  std::filesystem::create_symlink("sub/key", folder.File("link"));
  const std::string name = GENERATE("sub/key", "./sub/../sub/key", "link", "/sub/key");
  const std::string path = name.starts_with('/') ? folder.path() + name : name;
  const auto secret = ReadSecretFileBelow(folder.path(), path, 6);
  REQUIRE(secret.ok());
  CHECK(secret->ConstantTimeEquals(AsBytes("secret")));
  CHECK(ReadSecretFileBelow(folder.path() + "/", path, 6).ok());
  CHECK(absl::IsInvalidArgument(ReadSecretFileBelow(folder.path(), path, 5).status()));
}

TEST_CASE("No file outside of the folder is read, whatever it is called") {
  const test::TempDir folder;
  const std::string below = folder.File("below");
  std::filesystem::create_directory(below);
  std::filesystem::create_directory(below + "2");
  std::ofstream(folder.File("key")) << "secret";
  std::ofstream(below + "2/key") << "secret";
  std::filesystem::create_symlink(folder.File("key"), below + "/absolute");
  std::filesystem::create_symlink("../key", below + "/relative");
  std::filesystem::create_symlink(folder.path(), below + "/folder");
  for (const std::string& name :
       {std::string("../key"), folder.File("key"), std::string("absolute"), std::string("relative"),
        std::string("folder/key"), below + "2/key", below + "/../key",
        std::string("/etc/passwd")}) {
    CAPTURE(name);
    CHECK(absl::IsPermissionDenied(ReadSecretFileBelow(below, name, 100).status()));
  }
  CHECK(absl::IsNotFound(ReadSecretFileBelow(below, "none", 100).status()));
  CHECK(absl::IsNotFound(ReadSecretFileBelow(folder.File("none"), "key", 100).status()));
  CHECK(absl::IsFailedPrecondition(ReadSecretFileBelow(folder.path(), "below", 100).status()));
  const std::string with_nul("key\0x", 5);
  for (const std::string& name : {std::string(), with_nul, folder.path() + "/"}) {
    CHECK(absl::IsInvalidArgument(ReadSecretFileBelow(folder.path(), name, 100).status()));
  }
}

TEST_CASE("What is no regular file is not read") {
  CHECK(absl::IsNotFound(ReadFile("/nonexistent/file", 10).status()));
  CHECK(absl::IsFailedPrecondition(ReadFile("/proc", 10).status()));
  CHECK(absl::IsFailedPrecondition(ReadFile("/dev/zero", 10).status()));
}

}  // namespace
}  // namespace attestd::base
