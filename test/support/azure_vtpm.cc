// SPDX-License-Identifier: Apache-2.0
#include "test/support/azure_vtpm.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/byte_reader.h"
#include "base/deadline.h"
#include "base/file.h"
#include "base/public_key.h"

namespace attestd::test {
namespace {

constexpr uint32_t kHclReportIndex = 0x01400001;
constexpr uint32_t kUserDataIndex = 0x01400002;
constexpr size_t kHclReportSize = 2048;
// TPM 2.0 library, part 2: TPM_ST_SESSIONS, TPM_CC_NV_Write, TPM_RH_OWNER, TPM_RS_PW.
constexpr uint16_t kSessions = 0x8002;
constexpr uint32_t kNvWrite = 0x137;
constexpr uint32_t kOwner = 0x40000001;
constexpr uint32_t kPasswordSession = 0x40000009;
// This emulator's NV_BUFFER_MAX.
constexpr size_t kPiece = 1024;

void Append(base::Bytes& out, uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<uint8_t>(value >> shift));
  }
}

// TPM2_NV_Write by the owner with an empty password (part 3, 31.7).
base::Bytes NvWrite(uint32_t index, base::ByteView data, size_t offset) {
  base::Bytes body;
  Append(body, kOwner, 4);
  Append(body, index, 4);
  Append(body, 9, 4);  // authorization size: session, nonce, attributes, password
  Append(body, kPasswordSession, 4);
  Append(body, 0, 5);
  Append(body, data.size(), 2);
  body.insert(body.end(), data.begin(), data.end());
  Append(body, offset, 2);
  base::Bytes command;
  Append(command, kSessions, 2);
  Append(command, body.size() + 10, 4);
  Append(command, kNvWrite, 4);
  command.insert(command.end(), body.begin(), body.end());
  return command;
}

// What a successful TPM2_NV_Write put into user-data; nothing for any other command.
absl::StatusOr<base::Bytes> WrittenUserData(base::ByteView command, base::ByteView answer) {
  base::ByteReader reader(command);
  RETURN_IF_ERROR(reader.ReadBytes(6).status());
  ASSIGN_OR_RETURN(const uint32_t code, reader.ReadU32Be());
  RETURN_IF_ERROR(reader.ReadU32Be().status());
  ASSIGN_OR_RETURN(const uint32_t index, reader.ReadU32Be());
  base::ByteReader result(answer.subspan(6));
  ASSIGN_OR_RETURN(const uint32_t rc, result.ReadU32Be());
  if (code != kNvWrite || index != kUserDataIndex || rc != 0) {
    return base::MakeStatus(absl::StatusCode::kNotFound, "no write of user-data");
  }
  ASSIGN_OR_RETURN(const uint32_t authorization, reader.ReadU32Be());
  RETURN_IF_ERROR(reader.ReadBytes(authorization).status());
  ASSIGN_OR_RETURN(const base::ByteView data, reader.ReadSized16Be());
  return base::ToBytes(data);
}

class Paravisor : public TpmProxy::Watcher {
 public:
  Paravisor(fakes::ParavisorSpec spec, absl::Duration delay)
      : spec_(std::move(spec)), delay_(delay) {}

  void OnCommand(base::ByteView command, base::ByteView answer,
                 const TpmProxy::Send& /*send*/) override {
    absl::StatusOr<base::Bytes> data = WrittenUserData(command, answer);
    if (data.ok()) {
      wanted_ = *std::move(data);
      due_ = base::Deadline::After(delay_);
    }
  }

  void OnTick(const TpmProxy::Send& send) override {
    if (!wanted_.has_value() || !due_.Expired()) {
      return;
    }
    const base::Bytes image = fakes::HclImage(spec_, *wanted_);
    for (size_t offset = 0; offset < image.size(); offset += kPiece) {
      const size_t size = std::min(kPiece, image.size() - offset);
      send(NvWrite(kHclReportIndex, base::ByteView(image).subspan(offset, size), offset));
    }
    wanted_.reset();
  }

 private:
  const fakes::ParavisorSpec spec_;
  const absl::Duration delay_;
  // What boots with the VM: a report without user-data.
  std::optional<base::Bytes> wanted_ = base::Bytes();
  base::Deadline due_ = base::Deadline::After(absl::ZeroDuration());
};

// The attestation key, as Azure makes it before the VM starts.
absl::StatusOr<base::Bytes> Provision(const Swtpm& swtpm) {
  const std::string ek = swtpm.dir() + "/ek.ctx";
  const std::string ak = swtpm.dir() + "/ak.ctx";
  const std::string pem = swtpm.dir() + "/ak.pem";
  const std::vector<std::vector<std::string>> commands = {
      {"tpm2_createek", "-c", ek, "-G", "rsa"},
      {"tpm2_flushcontext", "-t"},
      {"tpm2_createak", "-C", ek, "-c", ak, "-G", "rsa", "-g", "sha256", "-s", "rsassa", "-u", pem,
       "-f", "pem"},
      {"tpm2_flushcontext", "-t"},
      {"tpm2_evictcontrol", "-c", ak, "0x81000003"},
      {"tpm2_flushcontext", "-t"},
      {"tpm2_nvdefine", "0x01400001", "-C", "o", "-s", std::to_string(kHclReportSize), "-a",
       "ownerread|ownerwrite"},
  };
  for (const std::vector<std::string>& command : commands) {
    RETURN_IF_ERROR(swtpm.Tool(command).status());
  }
  ASSIGN_OR_RETURN(const std::string text, base::ReadFile(pem, size_t{4096}));
  ASSIGN_OR_RETURN(const base::PublicKey key, base::PublicKey::FromPem(text));
  return key.ToSpkiDer();
}

}  // namespace

absl::StatusOr<AzureVtpm> AzureVtpm::Start(const Options& options) {
  ASSIGN_OR_RETURN(Swtpm swtpm, Swtpm::Start());
  AzureVtpm vtpm(std::move(swtpm));
  ASSIGN_OR_RETURN(base::Bytes ak_spki, Provision(vtpm.swtpm_));
  vtpm.spec_ = {.kind = options.kind,
                .ak_spki = std::move(ak_spki),
                .hardware = options.hardware,
                .image_size = kHclReportSize};
  ASSIGN_OR_RETURN(
      vtpm.proxy_,
      TpmProxy::Start(vtpm.swtpm_.port(), std::make_unique<Paravisor>(vtpm.spec_, options.delay)));
  return vtpm;
}

absl::StatusOr<std::string> AzureVtpm::Tool(std::vector<std::string> argv) const {
  return Swtpm::Tool(std::move(argv), tcti());
}

}  // namespace attestd::test
