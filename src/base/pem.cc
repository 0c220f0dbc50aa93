// SPDX-License-Identifier: Apache-2.0
#include "base/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <limits>
#include <optional>
#include <utility>

#include "base/handle.h"
#include "base/openssl_error.h"

namespace attestd::base {
namespace {

void FreeText(char* text) { OPENSSL_free(text); }
void FreeBytes(uint8_t* bytes) { OPENSSL_free(bytes); }

// Nothing at the end of the text.
absl::StatusOr<std::optional<PemBlock>> ReadBlock(BIO* bio) {
  char* label = nullptr;
  char* header = nullptr;
  uint8_t* content = nullptr;
  long size = 0;
  if (PEM_read_bio(bio, &label, &header, &content, &size) != 1) {
    const unsigned long code = ERR_peek_last_error();
    if (ERR_GET_LIB(code) == ERR_LIB_PEM && ERR_GET_REASON(code) == PEM_R_NO_START_LINE) {
      ERR_clear_error();
      return std::nullopt;
    }
    const absl::Status cause = OpensslError("malformed PEM");
    return absl::Status(absl::StatusCode::kInvalidArgument, cause.message());
  }
  const Handle<char, FreeText> owned_label(label);
  const Handle<char, FreeText> owned_header(header);
  const Handle<uint8_t, FreeBytes> owned_content(content);
  return PemBlock{.label = label, .content = Bytes(content, content + size)};
}

}  // namespace

absl::StatusOr<std::vector<PemBlock>> ReadPem(std::string_view text, size_t limit) {
  if (text.size() > static_cast<size_t>(std::numeric_limits<int>::max())) {
    return MakeStatus(absl::StatusCode::kInvalidArgument, "PEM text is too long");
  }
  ERR_clear_error();
  const Handle<BIO, BIO_free_all> bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (bio == nullptr) {
    return OpensslError("PEM reader");
  }
  std::vector<PemBlock> blocks;
  while (true) {
    ASSIGN_OR_RETURN(std::optional<PemBlock> block, ReadBlock(bio.get()));
    if (!block.has_value()) {
      return blocks;
    }
    if (blocks.size() == limit) {
      return MakeStatus(absl::StatusCode::kInvalidArgument,
                        "more than " + std::to_string(limit) + " PEM blocks");
    }
    blocks.push_back(*std::move(block));
  }
}

}  // namespace attestd::base
