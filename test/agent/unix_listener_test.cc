// SPDX-License-Identifier: Apache-2.0
#include "agent/unix_listener.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "test/support/temp_dir.h"

namespace attestd::agent {
namespace {

bool Connects(const std::string& path) {
  const base::UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return ::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

mode_t Mode(const std::string& path) {
  struct stat info {};
  REQUIRE(::lstat(path.c_str(), &info) == 0);
  return info.st_mode & 07777;
}

TEST_CASE("A listener makes its socket with the mode asked for and frees the path") {
  const test::TempDir folder;
  const std::string path = folder.File("a.sock");
  const mode_t mode = GENERATE(mode_t{0600}, mode_t{0660}, mode_t{0666});
  {
    const auto listener = UnixListener::Create(path, mode);
    REQUIRE(listener.ok());
    CHECK(Mode(path) == mode);
    CHECK(Connects(path));
  }
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("Case 38: a second listener on the path is refused and the first keeps it") {
  const test::TempDir folder;
  const std::string path = folder.File("a.sock");
  const auto first = UnixListener::Create(path, 0600);
  REQUIRE(first.ok());
  CHECK(absl::IsAlreadyExists(UnixListener::Create(path, 0600).status()));
  CHECK(Connects(path));
}

TEST_CASE("A socket left behind by a dead process is replaced") {
  const test::TempDir folder;
  const std::string path = folder.File("a.sock");
  {
    const base::UniqueFd dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    REQUIRE(::bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  }
  REQUIRE(std::filesystem::exists(path));
  CHECK(UnixListener::Create(path, 0600).ok());
}

TEST_CASE("A socket on which another program listens is left alone") {
  const test::TempDir folder;
  const std::string path = folder.File("a.sock");
  const base::UniqueFd other(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  REQUIRE(::bind(other.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(other.get(), 1) == 0);
  CHECK(absl::IsAlreadyExists(UnixListener::Create(path, 0600).status()));
  CHECK(std::filesystem::exists(path));
}

TEST_CASE("Case 37: a foreign file, directory or symlink in the way is left alone") {
  const test::TempDir folder;
  const std::string path = folder.File("a.sock");
  const std::string kind = GENERATE("file", "directory", "symlink");
  if (kind == "file") {
    std::ofstream(path) << "precious";
  } else if (kind == "directory") {
    std::filesystem::create_directory(path);
  } else {
    std::filesystem::create_symlink("/dev/null", path);
  }
  const auto listener = UnixListener::Create(path, 0600);
  CHECK(absl::IsFailedPrecondition(listener.status()));
  CHECK(std::string(listener.status().message()).find(path) != std::string::npos);
  CHECK(std::filesystem::symlink_status(path).type() != std::filesystem::file_type::not_found);
}

TEST_CASE("A folder that is not there is named") {
  const auto listener = UnixListener::Create("/nonexistent/a.sock", 0600);
  CHECK(absl::IsNotFound(listener.status()));
  CHECK(std::string(listener.status().message()).find("/nonexistent/a.sock") != std::string::npos);
}

}  // namespace
}  // namespace attestd::agent
