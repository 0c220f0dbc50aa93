// SPDX-License-Identifier: Apache-2.0
#include "secure_mount/mount_plan.h"

#include <sys/mount.h>

#include <catch2/catch.hpp>

namespace attestd::secure_mount {
namespace {

using base::GetReason;
using base::Reason;

// What kata-agent asks for, for /dev/trusted_store.
MountRequest KataRequest() {
  return {.volume_type = "block-device",
          .options = {{"deviceId", "253:16"},
                      {"sourceType", "empty"},
                      {"targetType", "fileSystem"},
                      {"filesystemType", "ext4"},
                      {"mkfsOpts", "-E lazy_journal_init"},
                      {"encryptionType", "luks2"},
                      {"dataIntegrity", "true"}},
          .flags = {},
          .mount_point = "/run/kata-containers/image/"};
}

MountRequest With(const std::string& name, const std::string& value) {
  MountRequest request = KataRequest();
  request.options[name] = value;
  return request;
}

TEST_CASE("A plan has what kata-agent asks for") {
  const auto plan = ParseMountPlan(KataRequest());
  REQUIRE(plan.ok());
  const auto& number = std::get<DeviceNumber>(plan->device);
  CHECK((number.major == 253 && number.minor == 16));
  CHECK((plan->format && plan->integrity));
  CHECK(plan->mapper_name.empty());
  CHECK(plan->mount_point == "/run/kata-containers/image");
  REQUIRE(plan->filesystem.has_value());
  CHECK(plan->filesystem->type == "ext4");
  CHECK(plan->filesystem->mkfs_options == std::vector<std::string>{"-E", "lazy_journal_init"});
  CHECK(plan->filesystem->mount_flags == 0);
  CHECK(ParseKeySource(KataRequest())->kind == KeySource::Kind::kRandom);
}

TEST_CASE("A plan has what is not kata-agent's, too") {
  MountRequest request = KataRequest();
  request.options = {
      {"devicePath", "/dev/disk/by-id/x"}, {"sourceType", "encrypted"},  {"targetType", "device"},
      {"encryptionType", "luks2"},         {"mapperName", "data_1.x-y"}, {"key", "kbs:///a/b/c"}};
  const auto plan = ParseMountPlan(request);
  REQUIRE(plan.ok());
  CHECK(std::get<std::string>(plan->device) == "/dev/disk/by-id/x");
  CHECK_FALSE((plan->format || plan->integrity || plan->filesystem.has_value()));
  CHECK(plan->mapper_name == "data_1.x-y");
  request = KataRequest();
  request.flags = {"ro", "nodev"};
  CHECK(ParseMountPlan(request)->filesystem->mount_flags == (MS_RDONLY | MS_NODEV));
}

TEST_CASE("An option that is wrong is refused and named") {
  struct Row {
    std::string option;
    std::string value;
    std::string named;
  };
  const auto row = GENERATE(
      Row{"deviceId", "253", "deviceId"}, Row{"deviceId", "4096:0", "deviceId"},
      Row{"deviceId", "1:1048576", "deviceId"}, Row{"deviceId", "1:-1", "deviceId"},
      Row{"deviceId", "1:1 ", "deviceId"}, Row{"sourceType", "full", "sourceType"},
      Row{"targetType", "", "targetType"}, Row{"targetType", "file", "targetType"},
      Row{"filesystemType", "btrfs", "filesystemType"},
      Row{"filesystemType", "ext4 -d", "filesystemType"}, Row{"dataIntegrity", "yes", "dataInteg"},
      Row{"encryptionType", "luks1", "encryptionType"}, Row{"mapperName", "", "mapperName"},
      Row{"mapperName", "a/b", "mapperName"}, Row{"mapperName", "..", "mapperName"},
      Row{"mapperName", "-x", "mapperName"}, Row{"mapperName", "control", "mapperName"},
      Row{"mapperName", std::string(65, 'x'), "mapperName"}, Row{"dataIntegrty", "true", "options"},
      Row{"pool", "x", "options"}, Row{"mkfsOpts", "-d /etc", "mkfsOpts"},
      Row{"mkfsOpts", "-E", "mkfsOpts"}, Row{"mkfsOpts", "/dev/sda", "mkfsOpts"},
      Row{"mkfsOpts", "-J device=x", "mkfsOpts"}, Row{"mkfsOpts", "-L a;b", "mkfsOpts"},
      Row{"mkfsOpts", "-L$(x)", "mkfsOpts"}, Row{"mkfsOpts", "-E a\nb", "mkfsOpts"},
      Row{"mkfsOpts", "-L -n", "mkfsOpts"}, Row{"mkfsOpts", "--", "mkfsOpts"});
  const auto plan = ParseMountPlan(With(row.option, row.value));
  CAPTURE(row.option, row.value);
  REQUIRE_FALSE(plan.ok());
  CHECK(absl::IsInvalidArgument(plan.status()));
  CHECK(GetReason(plan.status()) == Reason::kBadMount);
  CHECK(std::string(plan.status().message()).find(row.named) != std::string::npos);
}

TEST_CASE("Paths that lead elsewhere are refused") {
  const std::string path =
      GENERATE(as<std::string>(), "", "/", "run/x", "/run/../etc", "/run/..", "/run//x", "/run/./x",
               "/run/x\n", std::string("/run/\0x", 7), "/" + std::string(4095, 'x'));
  MountRequest request = KataRequest();
  request.mount_point = path;
  CHECK(GetReason(ParseMountPlan(request).status()) == Reason::kBadMount);
  request = KataRequest();
  request.options.erase("deviceId");
  CHECK_FALSE(ParseMountPlan(request).ok());
  request.options["devicePath"] = path;
  CHECK_FALSE(ParseMountPlan(request).ok());
  request.options["devicePath"] = "/dev/vdb";
  CHECK(ParseMountPlan(request).ok());
}

TEST_CASE("Flags and options for mkfs are those that are known") {
  MountRequest request = KataRequest();
  request.flags = {"suid"};
  CHECK_FALSE(ParseMountPlan(request).ok());
  request.flags = {};
  request.options["targetType"] = "device";
  CHECK_FALSE(ParseMountPlan(request).ok());
  const std::string good = GENERATE("", " ", "-O ^has_journal -m 0 -i 163840 -I 128", "-Lname",
                                    "-E lazy_itable_init=0,lazy_journal_init=1 -v");
  CHECK(ParseMountPlan(With("mkfsOpts", good)).ok());
  request = With("mkfsOpts", "-K -m crc=1");
  CHECK_FALSE(ParseMountPlan(request).ok());
  request.options["filesystemType"] = "xfs";
  CHECK(ParseMountPlan(request).ok());
}

TEST_CASE("Volumes of another kind are not served") {
  MountRequest request = With("encryptionType", "zfs");
  request.options["pool"] = "p";
  CHECK(absl::IsUnimplemented(ParseMountPlan(request).status()));
  CHECK(GetReason(ParseMountPlan(request).status()) == Reason::kMountUnsupported);
  request = KataRequest();
  request.volume_type = "alibaba-cloud-oss";
  CHECK(absl::IsUnimplemented(ParseMountPlan(request).status()));
  request.volume_type = "block";
  CHECK(absl::IsInvalidArgument(ParseMountPlan(request).status()));
}

TEST_CASE("A key is sealed, a resource, a file, or made up for an empty device") {
  using Kind = KeySource::Kind;
  CHECK(ParseKeySource(With("key", "sealed.a.b.c"))->kind == Kind::kSealed);
  CHECK(ParseKeySource(With("key", "kbs:///a/b/c"))->kind == Kind::kResource);
  CHECK(ParseKeySource(With("key", "kbs+x://h/a"))->name == "kbs+x://h/a");
  const auto file = ParseKeySource(With("key", "file:///etc/keys/1"));
  REQUIRE(file.ok());
  CHECK((file->kind == Kind::kFile && file->name == "/etc/keys/1"));
  const std::string bad = GENERATE("", "secret", "http://x", "file://etc/x", "file:///a/../b");
  const auto refused = ParseKeySource(With("key", bad));
  CHECK(GetReason(refused.status()) == Reason::kBadMount);
  CHECK(GetReason(ParseKeySource(With("sourceType", "encrypted")).status()) == Reason::kBadMount);
}

}  // namespace
}  // namespace attestd::secure_mount
