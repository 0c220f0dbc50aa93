// SPDX-License-Identifier: Apache-2.0
#include "agent/audit.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "base/file.h"
#include "test/support/temp_dir.h"

namespace attestd::agent {
namespace {

base::Caller App() {
  base::Caller caller;
  caller.principal = "app 1";
  caller.peer = base::Peer{.uid = 1000, .gid = 100, .pid = 42};
  caller.method = "/api.GetResourceService/GetResource";
  caller.request = "5f3a9c01-17";
  return caller;
}

std::string ReadAll(const std::string& path) { return *base::ReadFile(path, size_t{1} << 20); }

size_t Lines(const std::string& text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST_CASE("A release is one line with who, what, from where and for which evidence") {
  const test::TempDir folder;
  const std::string path = folder.path() + "/audit.log";
  const auto audit = Audit::Open({.enabled = true, .file = path});
  REQUIRE(audit.ok());
  const base::Caller app = App();
  (*audit)->Write({.caller = app,
                   .status = absl::OkStatus(),
                   .resource = "kbs:///a/b/c",
                   .broker = "main",
                   .evidence = "sha256:00"});
  CHECK_THAT(ReadAll(path),
             Catch::Contains(
                 "audit outcome=allowed principal=\"app 1\" uid=1000 gid=100 pid=42 container=- "
                 "method=GetResource resource=kbs:///a/b/c broker=main evidence=sha256:00 code=OK "
                 "request=5f3a9c01-17 left_out=0\n"));
  CHECK(std::filesystem::status(path).permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}

TEST_CASE("Denials are thinned out by principal, releases are not") {
  const test::TempDir folder;
  const std::string path = folder.path() + "/audit.log";
  const auto audit = Audit::Open({.enabled = true, .file = path});
  REQUIRE(audit.ok());
  const base::Caller app = App();
  for (int i = 0; i < 1000; ++i) {
    (*audit)->Write({.caller = app, .status = absl::PermissionDeniedError("no")});
  }
  const size_t denials = Lines(ReadAll(path));
  CHECK(denials >= 100);
  CHECK(denials < 300);
  base::Caller other = App();
  other.principal = "other";
  (*audit)->Write({.caller = other, .status = absl::PermissionDeniedError("no")});
  CHECK_THAT(ReadAll(path), Catch::Contains("outcome=denied principal=other"));
  for (int i = 0; i < 1000; ++i) {
    (*audit)->Write({.caller = app, .status = absl::OkStatus()});
  }
  CHECK(Lines(ReadAll(path)) == denials + 1001);
}

TEST_CASE("An audit log that is none is refused with its path") {
  const std::string path = GENERATE("/dev/null", "/nonexistent/audit.log");
  const auto audit = Audit::Open({.enabled = true, .file = path});
  REQUIRE_FALSE(audit.ok());
  CHECK_THAT(std::string(audit.status().message()), Catch::Contains(path));
  CHECK(Audit::Open({.enabled = false, .file = path}).ok());
}

}  // namespace
}  // namespace attestd::agent
