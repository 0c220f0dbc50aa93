// SPDX-License-Identifier: Apache-2.0
#include "secure_mount/mount_point.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "secure_mount/device.h"
#include "test/support/temp_dir.h"

namespace attestd::secure_mount {
namespace {

using base::Reason;

TEST_CASE("A mount point below a root is made, and only there") {
  const test::TempDir folder;
  const std::string root = folder.path() + "/root";
  const std::vector<std::string> roots = {"/nonexistent/root", root};
  CHECK(MountPoint::Open(root + "/a/b", roots, true).ok());
  struct stat info {};
  REQUIRE(::stat((root + "/a/b").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0755);
  CHECK(MountPoint::Open(root, roots, true).ok());
  for (const std::string& path : {folder.path(), root + "x", std::string("/etc/x")}) {
    CHECK(base::GetReason(MountPoint::Open(path, roots, true).status()) == Reason::kBadMount);
  }
}

TEST_CASE("A mount point over a link or a file is refused") {
  const test::TempDir folder;
  const std::string& root = folder.path();
  std::filesystem::create_directory(root + "/real");
  std::filesystem::create_directory_symlink(root + "/real", root + "/link");
  std::ofstream(root + "/file") << "x";
  for (const std::string& path : {root + "/link", root + "/link/x", root + "/file"}) {
    CAPTURE(path);
    CHECK(base::GetReason(MountPoint::Open(path, {root}, true).status()) == Reason::kMountFailed);
  }
  CHECK(MountPoint::Open(root + "/real/x", {root}, true).ok());  // the control
}

TEST_CASE("A link to a device takes the place of nothing") {
  const test::TempDir folder;
  const std::string& root = folder.path();
  const auto point = MountPoint::Open(root + "/a/device", {root}, false);
  REQUIRE(point.ok());
  CHECK(point->Link("/dev/mapper/x").ok());
  CHECK(std::filesystem::read_symlink(root + "/a/device") == "/dev/mapper/x");
  CHECK_FALSE(point->Link("/dev/mapper/y").ok());
  CHECK_FALSE(MountPoint::Open(root + "/a/device", {root}, false).ok());
  CHECK_FALSE(MountPoint::Open(root, {root}, false).ok());
}

TEST_CASE("What is no block device is refused") {
  for (const char* path : {"/dev/null", "/etc/passwd", "/nonexistent", "/dev"}) {
    CHECK(base::GetReason(FindDevice(std::string(path)).status()) == Reason::kMountFailed);
  }
  CHECK_FALSE(FindDevice(DeviceNumber{.major = 4095, .minor = 1}).ok());
}

}  // namespace
}  // namespace attestd::secure_mount
