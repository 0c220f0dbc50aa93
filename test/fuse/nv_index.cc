// SPDX-License-Identifier: Apache-2.0
#include "test/fuse/nv_index.h"

#include <tss2/tss2_tpm2_types.h>

#include <utility>

#include "base/byte_reader.h"
#include "base/hash.h"

namespace attestd::fake_tee {
namespace {

constexpr uint16_t kMaxChunk = 1024;  // TPM2_PT_NV_BUFFER_MAX of swtpm

void PutU16(uint16_t value, base::Bytes& out) {
  out.push_back(static_cast<uint8_t>(value >> 8U));
  out.push_back(static_cast<uint8_t>(value & 0xffU));
}

void PutU32(uint32_t value, base::Bytes& out) {
  PutU16(static_cast<uint16_t>(value >> 16U), out);
  PutU16(static_cast<uint16_t>(value & 0xffffU), out);
}

void PutSized(base::ByteView bytes, base::Bytes& out) {
  PutU16(static_cast<uint16_t>(bytes.size()), out);
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// A command with its code, or a response with its.
base::Bytes Message(uint16_t tag, uint32_t code, base::ByteView body) {
  constexpr size_t kHeader = 10;
  base::Bytes message;
  PutU16(tag, message);
  PutU32(static_cast<uint32_t>(kHeader + body.size()), message);
  PutU32(code, message);
  message.insert(message.end(), body.begin(), body.end());
  return message;
}

// TPMS_NV_PUBLIC (part 2, 13.6): readable by everybody who gives the empty authorization.
base::Bytes NvPublic(const NvIndex& index) {
  base::Bytes area;
  PutU32(index.index, area);
  PutU16(TPM2_ALG_SHA256, area);
  PutU32(
      TPMA_NV_OWNERREAD | TPMA_NV_AUTHREAD | TPMA_NV_OWNERWRITE | TPMA_NV_NO_DA | TPMA_NV_WRITTEN,
      area);
  PutU16(0, area);  // no policy
  PutU16(static_cast<uint16_t>(index.content.size()), area);
  return area;
}

absl::StatusOr<base::Bytes> ReadPublic(const NvIndex& index) {
  const base::Bytes area = NvPublic(index);
  ASSIGN_OR_RETURN(const base::Bytes digest, base::Hash(base::HashAlgorithm::kSha256, area));
  base::Bytes name;
  PutU16(TPM2_ALG_SHA256, name);
  name.insert(name.end(), digest.begin(), digest.end());
  base::Bytes body;
  PutSized(area, body);
  PutSized(name, body);
  return Message(TPM2_ST_NO_SESSIONS, TPM2_RC_SUCCESS, body);
}

absl::Status SkipAuthorization(base::ByteReader& command) {
  ASSIGN_OR_RETURN(const uint32_t size, command.ReadU32Be());
  return command.ReadBytes(size).status();
}

// The rest of the command, behind its handles: authorization, size and offset.
absl::StatusOr<base::Bytes> ReadContent(const NvIndex& index, base::ByteReader& command) {
  RETURN_IF_ERROR(SkipAuthorization(command));
  ASSIGN_OR_RETURN(const uint16_t size, command.ReadU16Be());
  ASSIGN_OR_RETURN(const uint16_t offset, command.ReadU16Be());
  if (size > kMaxChunk) {
    return Message(TPM2_ST_NO_SESSIONS, TPM2_RC_VALUE | TPM2_RC_P | TPM2_RC_1, {});
  }
  if (size_t{offset} + size > index.content.size()) {
    return Message(TPM2_ST_NO_SESSIONS, TPM2_RC_NV_RANGE, {});
  }
  base::Bytes parameters;
  PutSized(base::ByteView(index.content).subspan(offset, size), parameters);
  base::Bytes body;
  PutU32(static_cast<uint32_t>(parameters.size()), body);
  body.insert(body.end(), parameters.begin(), parameters.end());
  // The empty password's acknowledgement: no nonce, continueSession, no HMAC.
  PutU16(0, body);
  body.push_back(TPMA_SESSION_CONTINUESESSION);
  PutU16(0, body);
  return Message(TPM2_ST_SESSIONS, TPM2_RC_SUCCESS, body);
}

absl::Status OtherCommand() {
  return base::MakeStatus(absl::StatusCode::kNotFound, "another command");
}

// The command's code; the reader is then at its handles.
absl::StatusOr<uint32_t> ReadCode(base::ByteReader& command) {
  RETURN_IF_ERROR(command.ReadBytes(6).status());  // tag and size
  return command.ReadU32Be();
}

// NotFound for a command that is for the TPM.
absl::StatusOr<base::Bytes> Answer(const NvIndex& index, base::ByteView bytes) {
  if (IsReadPublicOf(index.index, bytes)) {
    return ReadPublic(index);
  }
  base::ByteReader command(bytes);
  ASSIGN_OR_RETURN(const uint32_t code, ReadCode(command));
  RETURN_IF_ERROR(command.ReadU32Be().status());  // whose authorization
  ASSIGN_OR_RETURN(const uint32_t handle, command.ReadU32Be());
  return code == TPM2_CC_NV_Read && handle == index.index ? ReadContent(index, command)
                                                          : OtherCommand();
}

absl::StatusOr<base::Bytes> Written(uint32_t index, base::ByteView bytes, base::ByteView answer) {
  base::ByteReader command(bytes);
  base::ByteReader reply(answer);
  ASSIGN_OR_RETURN(const uint32_t code, ReadCode(command));
  ASSIGN_OR_RETURN(const uint32_t result, ReadCode(reply));
  RETURN_IF_ERROR(command.ReadU32Be().status());  // whose authorization
  ASSIGN_OR_RETURN(const uint32_t handle, command.ReadU32Be());
  RETURN_IF_ERROR(SkipAuthorization(command));
  ASSIGN_OR_RETURN(const base::ByteView data, command.ReadSized16Be());
  ASSIGN_OR_RETURN(const uint16_t offset, command.ReadU16Be());
  const bool done = code == TPM2_CC_NV_Write && result == TPM2_RC_SUCCESS && handle == index;
  return done && offset == 0 ? absl::StatusOr<base::Bytes>(base::ToBytes(data)) : OtherCommand();
}

std::optional<base::Bytes> Optional(absl::StatusOr<base::Bytes> bytes) {
  return bytes.ok() ? std::optional<base::Bytes>(*std::move(bytes)) : std::nullopt;
}

}  // namespace

bool IsReadPublicOf(uint32_t index, base::ByteView bytes) {
  base::ByteReader command(bytes);
  return ReadCode(command).value_or(0) == TPM2_CC_NV_ReadPublic &&
         command.ReadU32Be().value_or(0) == index;
}

std::optional<base::Bytes> AnswerForIndex(const NvIndex& index, base::ByteView command) {
  return Optional(Answer(index, command));
}

base::Bytes WriteCommand(const NvIndex& index) {
  base::Bytes authorization;
  PutU32(TPM2_RS_PW, authorization);
  PutSized({}, authorization);  // no nonce
  authorization.push_back(0);
  PutSized({}, authorization);  // the password
  base::Bytes body;
  PutU32(TPM2_RH_OWNER, body);
  PutU32(index.index, body);
  PutU32(static_cast<uint32_t>(authorization.size()), body);
  body.insert(body.end(), authorization.begin(), authorization.end());
  PutSized(index.content, body);
  PutU16(0, body);  // offset
  return Message(TPM2_ST_SESSIONS, TPM2_CC_NV_Write, body);
}

std::optional<base::Bytes> WrittenTo(uint32_t index, base::ByteView command,
                                     base::ByteView answer) {
  return Optional(Written(index, command, answer));
}

}  // namespace attestd::fake_tee
