// SPDX-License-Identifier: Apache-2.0
#include "agent/mount_service.h"

#include <filesystem>
#include <memory>
#include <utility>

#include "agent/typed_method.h"
#include "base/file.h"
#include "base/guarded.h"
#include "proto/confidential_data_hub.pb.h"
#include "secure_mount/mount_plan.h"
#include "secure_mount/packet.h"

namespace attestd::agent {
namespace {

using secure_mount::KeySource;
using secure_mount::MountRequest;

// With integrity a volume is written twice when it is formatted. The caller's deadline counts when
// it is earlier.
constexpr absl::Duration kLongest = absl::Hours(4);
// What a request may name: the options are a dozen, and only a sealed key is long.
constexpr int kMaxOptions = 64;

absl::StatusOr<MountRequest> Decode(base::ByteView bytes) {
  api::SecureMountRequest message;
  RETURN_IF_ERROR(ParseMessage(bytes, message));
  if (message.options_size() > kMaxOptions || message.flags_size() > kMaxOptions) {
    return secure_mount::BadMount("options and flags", "expected at most 64");
  }
  return MountRequest{.volume_type = message.volume_type(),
                      .options = {message.options().begin(), message.options().end()},
                      .flags = {message.flags().begin(), message.flags().end()},
                      .mount_point = message.mount_point()};
}

// Beside this program, as in a folder of binaries, or where the package has it.
absl::StatusOr<std::string> HelperProgram() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) {
    return absl::InternalError("secure mount: /proc/self/exe cannot be read");
  }
  const auto beside = self.parent_path() / "attestd-mount";
  return std::filesystem::exists(beside, error) ? beside : ATTESTD_LIBEXEC_DIR "/attestd-mount";
}

}  // namespace

absl::StatusOr<std::unique_ptr<secure_mount::MountHelper>> MakeMountHelper(
    const SecureMountConfig& config) {
  if (!config.enabled) {
    return nullptr;
  }
  if (!config.socket.empty()) {
    return secure_mount::MountHelper::At(config.socket);
  }
  ASSIGN_OR_RETURN(const std::string program, HelperProgram());
  return secure_mount::MountHelper::Start(program, config.mount_roots);
}

void MountService::AddTo(base::MethodTable& methods) {
  methods["/api.SecureMountService/SecureMount"] =
      [this](base::ByteView request, const base::CallContext& asked, base::Done asker) {
        calls_.Start(
            {.name = "SecureMount", .caller = asked, .done = std::move(asker), .longest = kLongest},
            [&](const base::CallContext& caller, const base::Done& done) {
              SecureMount(request, caller, done);
            });
      };
  methods["/api.ImagePullService/PullImage"] =
      InstantMethod<api::ImagePullRequest, api::ImagePullResponse>(
          calls_, "PullImage",
          [](const api::ImagePullRequest&) -> absl::StatusOr<api::ImagePullResponse> {
            return base::MakeStatus(absl::StatusCode::kUnimplemented,
                                    base::Reason::kPulledElsewhere, "images are pulled by others");
          });
}

void MountService::SecureMount(base::ByteView request, const base::CallContext& caller,
                               const base::Done& done) {
  if (helper_ == nullptr) {
    done(base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kMountOff,
                          "[secure_mount] enabled is false"));
    return;
  }
  absl::StatusOr<MountRequest> decoded = Decode(request);
  const absl::Status fits =
      decoded.ok() ? secure_mount::ParseMountPlan(*decoded).status() : decoded.status();
  const auto source = fits.ok() ? secure_mount::ParseKeySource(*decoded) : fits;
  if (!source.ok()) {
    done(source.status());
    return;
  }
  auto shared = std::make_shared<const MountRequest>(*std::move(decoded));
  const auto mount = [helper = helper_, shared,
                      caller](const base::Secret* key) -> absl::StatusOr<base::Reply> {
    RETURN_IF_ERROR(helper->Mount(*shared, key, caller));
    return SerializeMessage(api::SecureMountResponse());
  };
  FetchKey(*source, caller, [this, mount, done](const unseal::Secrets::Result& key) {
    if (!key.ok()) {
      done(base::Annotate(key.status(), "secure mount: key"));
      return;
    }
    const bool accepted = workers_.Submit(kMountLane, [mount, done, key = *key] {
      done(base::Guarded([&] { return mount(key.get()); }));
    });
    if (!accepted) {
      done(base::MakeStatus(absl::StatusCode::kResourceExhausted, base::Reason::kBusy,
                            "too many requests"));
    }
  });
}

// Null for a key that the helper makes up.
void MountService::FetchKey(const KeySource& source, const base::CallContext& caller,
                            const unseal::Secrets::Done& done) const {
  if (source.kind == KeySource::Kind::kRandom) {
    done(std::shared_ptr<const base::Secret>());
    return;
  }
  if (source.kind == KeySource::Kind::kSealed) {
    keys_.unsealer.UnsealSecret(base::AsBytes(source.name), caller, done);
    return;
  }
  if (source.kind == KeySource::Kind::kResource) {
    const auto uri = kbs::ResourceUri::Parse(source.name);
    if (uri.ok()) {
      keys_.secrets.Get(*uri, caller, done);
    } else {
      done(uri.status());
    }
    return;
  }
  if (keys_.folder.empty()) {
    done(secure_mount::BadMount("key", "file:// needs [secure_mount] key_folder"));
    return;
  }
  auto key = base::ReadSecretFileBelow(keys_.folder, source.name, secure_mount::kMaxKeyBytes);
  if (key.ok()) {
    done(std::make_shared<const base::Secret>(*std::move(key)));
  } else {
    const auto cause = key.status().message();
    done(base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kKeyUnfit,
                          {cause.data(), cause.size()}));
  }
}

}  // namespace attestd::agent
