// SPDX-License-Identifier: Apache-2.0
#include "secure_mount/luks.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"
#include "secure_mount/command.h"
#include "secure_mount/luks_header.h"

namespace attestd::secure_mount {
namespace {

// Both metadata areas and the keyslots, as cryptsetup lays them out by itself
// (LUKS2_DEFAULT_HDR_SIZE).
constexpr off_t kHeaderBytes = off_t{16} << 20;
// Descriptor 3 of a command.
constexpr char kHeaderPath[] = "/proc/self/fd/3";
// cryptsetup(8), RETURN CODES.
constexpr int kNoPermission = 2;
constexpr absl::Duration kCloseTime = absl::Seconds(20);

using Words = std::vector<std::string>;

void Append(Words& words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
}

// Nobody guesses 4096 random bytes: a key derivation that costs time would protect nothing. A key
// of a broker may be a passphrase; 64 MiB is what a small VM can spare.
Words KeyDerivation(bool random_key) {
  return random_key ? Words{"--pbkdf", "pbkdf2", "--pbkdf-force-iterations", "1000"}
                    : Words{"--pbkdf",          "argon2id", "--pbkdf-memory",           "65536",
                            "--pbkdf-parallel", "1",        "--pbkdf-force-iterations", "4"};
}

Words KeyOnInput(const base::Secret& key) {
  return {"--key-file=-", "--keyfile-size=" + std::to_string(key.size())};
}

absl::Status CopyStart(const std::string& device, int to) {
  const base::UniqueFd from(::open(device.c_str(), O_RDONLY | O_CLOEXEC));
  base::Bytes block(size_t{1} << 20);
  for (off_t at = 0; from.valid() && at < kHeaderBytes;) {
    const ssize_t size = ::pread(from.get(), block.data(), block.size(), at);
    if (size < 0 && errno == EINTR) {
      continue;
    }
    if (size == 0) {
      return absl::OkStatus();  // a small device
    }
    if (size < 0 || ::pwrite(to, block.data(), static_cast<size_t>(size), at) != size) {
      return StepFailed("read the header of " + device, "errno " + std::to_string(errno));
    }
    at += size;
  }
  return from.valid() ? absl::OkStatus() : StepFailed("open " + device, "it cannot be read");
}

}  // namespace

absl::Status LuksVolume::MakeHeader() {
  header_.reset(::memfd_create("luks-header", MFD_CLOEXEC));
  return header_.valid() && ::ftruncate(header_.get(), kHeaderBytes) == 0
             ? absl::OkStatus()
             : StepFailed("memory for the header", "errno " + std::to_string(errno));
}

absl::Status LuksVolume::Format() {
  Command command{.step = "luksFormat " + options_.device,
                  .program = "cryptsetup",
                  .arguments = {"luksFormat", "--batch-mode", "--type", "luks2", "--cipher",
                                "aes-xts-plain64", "--key-size", "512", "--sector-size", "4096"},
                  .input = key_.view()};
  Append(command.arguments, KeyDerivation(options_.ephemeral));
  Append(command.arguments, KeyOnInput(key_));
  if (options_.integrity) {
    Append(command.arguments, {"--integrity", "hmac-sha256"});
  }
  if (options_.ephemeral) {
    RETURN_IF_ERROR(MakeHeader());
    Append(command.arguments, {"--header", kHeaderPath});
    command.descriptor = header_.get();
  }
  command.arguments.push_back(options_.device);
  return RunToSuccess(command, interruption_).status();
}

absl::Status LuksVolume::Load() {
  RETURN_IF_ERROR(MakeHeader());
  RETURN_IF_ERROR(CopyStart(options_.device, header_.get()));
  const Command dump{
      .step = "luksDump " + options_.device,
      .program = "cryptsetup",
      .arguments = {"luksDump", "--type", "luks2", "--dump-json-metadata", kHeaderPath},
      .descriptor = header_.get()};
  ASSIGN_OR_RETURN(const Ended ended, Run(dump, interruption_));
  if (ended.code != 0) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kVolumeRefused,
                            "secure mount: " + options_.device + " has no LUKS2 header");
  }
  return base::Annotate(CheckLuksMetadata(ended.output, options_.integrity),
                        "secure mount: " + options_.device);
}

absl::Status LuksVolume::Open(const std::string& name) {
  Command command{.step = "open " + options_.device,
                  .program = "cryptsetup",
                  .arguments = {"open", "--type", "luks2", "--batch-mode", "--tries", "1",
                                "--disable-external-tokens", "--header", kHeaderPath},
                  .input = key_.view(),
                  .descriptor = header_.get()};
  Append(command.arguments, KeyOnInput(key_));
  // A torn write costs what is lost with the boot anyway.
  if (options_.integrity && options_.ephemeral) {
    Append(command.arguments, {"--integrity-no-journal"});
  }
  Append(command.arguments, {options_.device, name});
  ASSIGN_OR_RETURN(const Ended ended, Run(command, interruption_));
  header_.reset();
  if (ended.code == kNoPermission) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kKeyUnfit,
                            "secure mount: open " + options_.device +
                                ": the key does not open this volume; it was made with another");
  }
  return ended.code == 0
             ? absl::OkStatus()
             : StepFailed(command.step, "cryptsetup ended with " + std::to_string(ended.code) +
                                            "; the log has what it said");
}

absl::Status LuksVolume::Close(const std::string& name) {
  Interruption time(-1, 0, base::Deadline::After(kCloseTime));
  return RunToSuccess(
             {.step = "close " + name, .program = "cryptsetup", .arguments = {"close", name}}, time)
      .status();
}

}  // namespace attestd::secure_mount
