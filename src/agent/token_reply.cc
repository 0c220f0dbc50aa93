// SPDX-License-Identifier: Apache-2.0
#include "agent/token_reply.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "agent/secret_reply.h"
#include "agent/typed_method.h"
#include "base/json.h"
#include "proto/attestation_agent.pb.h"

namespace attestd::agent {
namespace {

// The text with the key behind it as one more member. Of PEM, JSON escapes the line ends only.
absl::StatusOr<base::Secret> WithKey(std::string_view object, base::ByteView pem) {
  constexpr std::string_view kMember = R"(,"tee_keypair":")";
  constexpr std::string_view kEnd = R"("})";
  constexpr std::string_view kLineEnd = R"(\n)";
  object.remove_suffix(1);  // "}"
  const auto lines = static_cast<size_t>(std::count(pem.begin(), pem.end(), '\n'));
  ASSIGN_OR_RETURN(base::Secret text, base::Secret::Allocate(object.size() + kMember.size() +
                                                             pem.size() + lines + kEnd.size()));
  auto out = text.writable().begin();
  const auto put = [&out](std::string_view part) {
    out = std::copy(part.begin(), part.end(), out);
  };
  put(object);
  put(kMember);
  for (const uint8_t byte : pem) {
    if (byte == '\n') {
      put(kLineEnd);
    } else {
      *out++ = byte;
    }
  }
  put(kEnd);
  return text;
}

}  // namespace

absl::StatusOr<base::Reply> TokenReply(const kbs::Token& token) {
  ASSIGN_OR_RETURN(std::string json, base::DumpJson({{"token", token.jwt}}));
  if (token.key.size() == 0) {
    attestation_agent::GetTokenResponse response;
    response.set_token(std::move(json));
    return SerializeMessage(response);
  }
  ASSIGN_OR_RETURN(base::Secret text, WithKey(json, token.key.view()));
  return SecretReply(std::make_shared<const base::Secret>(std::move(text)));
}

}  // namespace attestd::agent
