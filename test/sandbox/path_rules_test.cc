// SPDX-License-Identifier: Apache-2.0
#include "sandbox/path_rules.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "test/support/temp_dir.h"

namespace attestd::sandbox {
namespace {

TEST_CASE("FolderOf is what stands before the last slash") {
  CHECK(FolderOf("/etc/attestd/config.toml") == "/etc/attestd");
  CHECK(FolderOf("/config.toml") == "/");
  CHECK(FolderOf("config.toml") == ".");
}

TEST_CASE("NearestExisting is the path, or the nearest folder above that is there") {
  const test::TempDir dir;
  const std::string root = dir.path();
  std::ofstream(root + "/file") << "x";
  CHECK(NearestExisting(root) == root);
  CHECK(NearestExisting(root + "/file") == root + "/file");
  CHECK(NearestExisting(root + "/a/b/c") == root);
  // A file is no folder of anything.
  CHECK(NearestExisting(root + "/file/below") == root);
}

TEST_CASE("NearestExisting gives nothing away that was not asked for") {
  CHECK(NearestExisting("/no-such-folder/of/anything") == std::nullopt);
  CHECK(NearestExisting("/") == "/");
}

TEST_CASE("LiesBelow takes whole names") {
  CHECK(LiesBelow("/etc/attestd/ca.pem", "/etc/attestd"));
  CHECK(LiesBelow("/etc/attestd", "/etc/attestd"));
  CHECK(LiesBelow("/etc/attestd", "/"));
  CHECK_FALSE(LiesBelow("/etc/attestd2/ca.pem", "/etc/attestd"));
  CHECK_FALSE(LiesBelow("/etc", "/etc/attestd"));
}

TEST_CASE("Target follows links, be their end there or not") {
  const test::TempDir dir;
  const std::string root = std::filesystem::canonical(dir.path());
  std::filesystem::create_directory(root + "/real");
  std::filesystem::create_directory_symlink(root + "/real", root + "/link");
  CHECK(Target(root + "/link/file") == root + "/real/file");
  CHECK(Target(root + "/none/file") == root + "/none/file");
}

}  // namespace
}  // namespace attestd::sandbox
