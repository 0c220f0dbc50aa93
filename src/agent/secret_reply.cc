// SPDX-License-Identifier: Apache-2.0
#include "agent/secret_reply.h"

#include <utility>

namespace attestd::agent {
namespace {

// Field 1, wire type 2 (length-delimited).
constexpr char kFieldOneBytes = 0x0a;

}  // namespace

base::Reply SecretReply(std::shared_ptr<const base::Secret> secret) {
  size_t size = secret->size();
  if (size == 0) {
    return {};  // proto3 leaves out a field that holds its default
  }
  std::string header(1, kFieldOneBytes);
  for (; size >= 0x80; size >>= 7) {
    header.push_back(static_cast<char>(size | 0x80));
  }
  header.push_back(static_cast<char>(size));
  return {.bytes = std::move(header), .secret = std::move(secret)};
}

}  // namespace attestd::agent
