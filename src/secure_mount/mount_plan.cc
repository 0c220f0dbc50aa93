// SPDX-License-Identifier: Apache-2.0
#include "secure_mount/mount_plan.h"

#include <sys/mount.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

#include "secure_mount/mkfs_options.h"

namespace attestd::secure_mount {
namespace {

// linux/limits.h: PATH_MAX, with the terminating zero.
constexpr size_t kMaxPath = 4095;
// dm-ioctl.h: DM_NAME_LEN is 128, with the terminating zero; udev and people like less.
constexpr size_t kMaxMapperName = 64;
// linux/kdev_t.h: 12 bits of major number, 20 of minor.
constexpr uint32_t kMaxMajor = (1U << 12) - 1;
constexpr uint32_t kMaxMinor = (1U << 20) - 1;

absl::Status Unsupported(std::string_view what) {
  return base::MakeStatus(absl::StatusCode::kUnimplemented, base::Reason::kMountUnsupported,
                          "secure mount: " + std::string(what));
}

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7f;
}

// Gives each option once, and then tells which were not asked for.
class Options {
 public:
  explicit Options(const std::map<std::string, std::string>& options) : options_(options) {}

  const std::string* Find(const std::string& name) {
    asked_.insert(name);
    const auto found = options_.find(name);
    return found != options_.end() ? &found->second : nullptr;
  }
  std::string Get(const std::string& name, const std::string& otherwise) {
    const std::string* value = Find(name);
    return value != nullptr ? *value : otherwise;
  }
  absl::Status Finish() const {
    for (const auto& [name, value] : options_) {
      if (asked_.count(name) == 0) {
        return BadMount("options",
                        "there is one that is not known here; known are deviceId, devicePath, "
                        "sourceType, targetType, filesystemType, mkfsOpts, encryptionType, "
                        "dataIntegrity, mapperName and key");
      }
    }
    return absl::OkStatus();
  }

 private:
  const std::map<std::string, std::string>& options_;
  std::set<std::string> asked_;
};

// The whole text as a number of at most `max`.
std::optional<uint32_t> ParseNumber(std::string_view text, uint32_t max) {
  uint32_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() ||
      value > max) {
    return std::nullopt;
  }
  return value;
}

absl::StatusOr<DeviceNumber> ParseDeviceNumber(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    const auto major = ParseNumber(text.substr(0, colon), kMaxMajor);
    const auto minor = ParseNumber(text.substr(colon + 1), kMaxMinor);
    if (major.has_value() && minor.has_value()) {
      return DeviceNumber{.major = *major, .minor = *minor};
    }
  }
  return BadMount("deviceId", "expected MAJOR:MINOR in decimal");
}

// deviceId counts when both are there, as in guest-components.
absl::StatusOr<std::variant<std::string, DeviceNumber>> ParseDevice(Options& options) {
  const std::string* id = options.Find("deviceId");
  const std::string* path = options.Find("devicePath");
  if (id != nullptr) {
    return ParseDeviceNumber(*id);
  }
  if (path == nullptr) {
    return BadMount("options", "expected deviceId or devicePath");
  }
  return ParseCleanPath(*path, "devicePath");
}

// Whether `value` is the second of two words.
absl::StatusOr<bool> ParseChoice(std::string_view option, std::string_view value,
                                 std::array<std::string_view, 2> words) {
  if (value != words[0] && value != words[1]) {
    return BadMount(
        option, "expected \"" + std::string(words[0]) + "\" or \"" + std::string(words[1]) + "\"");
  }
  return value == words[1];
}

absl::StatusOr<std::string> ParseMapperName(const std::string* name) {
  if (name == nullptr) {
    return std::string();
  }
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
  if (name->empty() || name->size() > kMaxMapperName || name->front() == '.' ||
      name->front() == '-' || *name == "control" ||
      name->find_first_not_of(kAllowed) != std::string::npos) {
    return BadMount("mapperName",
                    "expected 1 to 64 of A-Z a-z 0-9 _ . -, the first no . or -, and not "
                    "\"control\"");
  }
  return *name;
}

absl::StatusOr<unsigned long> ParseFlags(const std::vector<std::string>& flags) {
  static const std::map<std::string, unsigned long> kFlags = {
      {"defaults", 0},           {"rw", 0},
      {"ro", MS_RDONLY},         {"nosuid", MS_NOSUID},
      {"nodev", MS_NODEV},       {"noexec", MS_NOEXEC},
      {"noatime", MS_NOATIME},   {"nodiratime", MS_NODIRATIME},
      {"relatime", MS_RELATIME}, {"sync", MS_SYNCHRONOUS},
      {"dirsync", MS_DIRSYNC}};
  unsigned long all = 0;
  for (const std::string& flag : flags) {
    const auto known = kFlags.find(flag);
    if (known == kFlags.end()) {
      return BadMount("flags",
                      "expected some of ro, rw, nosuid, nodev, noexec, noatime, nodiratime, "
                      "relatime, sync, dirsync and defaults");
    }
    all |= known->second;
  }
  return all;
}

absl::StatusOr<std::optional<Filesystem>> ParseFilesystem(Options& options,
                                                          const std::vector<std::string>& flags) {
  ASSIGN_OR_RETURN(const bool wanted, ParseChoice("targetType", options.Get("targetType", ""),
                                                  {"device", "fileSystem"}));
  const std::string type = options.Get("filesystemType", "ext4");
  const std::string words = options.Get("mkfsOpts", "");
  if (!wanted) {
    if (!words.empty() || !flags.empty()) {
      return BadMount("mkfsOpts and flags", R"(they belong to targetType "fileSystem")");
    }
    return std::optional<Filesystem>();
  }
  Filesystem filesystem{.type = type, .mkfs_options = {}, .mount_flags = 0};
  ASSIGN_OR_RETURN(filesystem.mkfs_options, ParseMkfsOptions(type, words));
  ASSIGN_OR_RETURN(filesystem.mount_flags, ParseFlags(flags));
  return std::optional<Filesystem>(std::move(filesystem));
}

absl::Status CheckKind(const MountRequest& request, Options& options) {
  if (request.volume_type == "alibaba-cloud-oss") {
    return Unsupported("volume type \"alibaba-cloud-oss\" is not served; use \"block-device\"");
  }
  if (request.volume_type != "block-device") {
    return BadMount("volume_type", R"(expected "block-device")");
  }
  const std::string encryption = options.Get("encryptionType", "");
  if (encryption == "zfs") {
    return Unsupported("encryptionType \"zfs\" is not served; use \"luks2\"");
  }
  return encryption == "luks2" ? absl::OkStatus()
                               : BadMount("encryptionType", R"(expected "luks2")");
}

}  // namespace

absl::Status BadMount(std::string_view what, std::string_view problem) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, base::Reason::kBadMount,
                          "secure mount: " + std::string(what) + ": " + std::string(problem));
}

absl::StatusOr<std::string> ParseCleanPath(std::string_view path, std::string_view what) {
  const absl::Status bad =
      BadMount(what, "expected an absolute path without empty, \".\" and \"..\" components");
  if (path.size() > 1 && path.back() == '/') {
    path.remove_suffix(1);
  }
  if (path.size() < 2 || path.size() > kMaxPath || path.front() != '/' ||
      std::any_of(path.begin(), path.end(), IsControl)) {
    return bad;
  }
  for (size_t begin = 1; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view component = path.substr(begin, end - begin);
    if (component.empty() || component == "." || component == "..") {
      return bad;
    }
    begin = end + 1;
  }
  return std::string(path);
}

absl::StatusOr<MountPlan> ParseMountPlan(const MountRequest& request) {
  Options options(request.options);
  RETURN_IF_ERROR(CheckKind(request, options));
  MountPlan plan;
  ASSIGN_OR_RETURN(plan.device, ParseDevice(options));
  ASSIGN_OR_RETURN(plan.format, ParseChoice("sourceType", options.Get("sourceType", ""),
                                            {"encrypted", "empty"}));
  ASSIGN_OR_RETURN(
      plan.integrity,
      ParseChoice("dataIntegrity", options.Get("dataIntegrity", "false"), {"false", "true"}));
  ASSIGN_OR_RETURN(plan.mapper_name, ParseMapperName(options.Find("mapperName")));
  ASSIGN_OR_RETURN(plan.filesystem, ParseFilesystem(options, request.flags));
  ASSIGN_OR_RETURN(plan.mount_point, ParseCleanPath(request.mount_point, "mount_point"));
  options.Find("key");
  RETURN_IF_ERROR(options.Finish());
  return plan;
}

absl::StatusOr<KeySource> ParseKeySource(const MountRequest& request) {
  Options options(request.options);
  const std::string* key = options.Find("key");
  if (key == nullptr) {
    if (options.Get("sourceType", "") != "empty") {
      return BadMount("key", "a volume that is encrypted already needs one");
    }
    return KeySource{};
  }
  if (key->starts_with("sealed.")) {
    return KeySource{.kind = KeySource::Kind::kSealed, .name = *key};
  }
  if (key->starts_with("kbs://") || key->starts_with("kbs+")) {
    return KeySource{.kind = KeySource::Kind::kResource, .name = *key};
  }
  constexpr std::string_view kFile = "file://";
  if (key->starts_with(kFile)) {
    ASSIGN_OR_RETURN(std::string path, ParseCleanPath(key->substr(kFile.size()), "key"));
    return KeySource{.kind = KeySource::Kind::kFile, .name = std::move(path)};
  }
  return BadMount("key", "expected a sealed secret, kbs://, kbs+plugin:// or file://");
}

}  // namespace attestd::secure_mount
