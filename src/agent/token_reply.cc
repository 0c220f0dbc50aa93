// SPDX-License-Identifier: Apache-2.0
#include "agent/token_reply.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "agent/secret_reply.h"
#include "base/bytes.h"

namespace attestd::agent {
namespace {

// Writes parts one after the other; without a place for them it only counts.
class Sink {
 public:
  explicit Sink(std::span<uint8_t> out) : out_(out) {}

  void Put(base::ByteView bytes) {
    if (!out_.empty()) {
      std::copy(bytes.begin(), bytes.end(), out_.subspan(size_).begin());
    }
    size_ += bytes.size();
  }
  void Put(std::string_view text) { Put(base::AsBytes(text)); }
  size_t size() const { return size_; }

 private:
  const std::span<uint8_t> out_;
  size_t size_ = 0;
};

// A JWT has nothing that JSON escapes; PEM the line ends only.
void PutJson(const kbs::Token& token, Sink& sink) {
  sink.Put(R"({"token":")");
  sink.Put(token.jwt.view());
  base::ByteView pem = token.key.view();
  if (!pem.empty()) {
    sink.Put(R"(","tee_keypair":")");
  }
  while (!pem.empty()) {
    const auto end = static_cast<size_t>(std::find(pem.begin(), pem.end(), '\n') - pem.begin());
    sink.Put(pem.first(end));
    if (end < pem.size()) {
      sink.Put(R"(\n)");
    }
    pem = pem.subspan(std::min(end + 1, pem.size()));
  }
  sink.Put(R"("})");
}

}  // namespace

absl::StatusOr<base::Reply> TokenReply(const kbs::Token& token) {
  Sink counter({});
  PutJson(token, counter);
  ASSIGN_OR_RETURN(base::Secret text, base::Secret::Allocate(counter.size()));
  Sink sink(text.writable());
  PutJson(token, sink);
  return SecretReply(std::make_shared<const base::Secret>(std::move(text)));
}

}  // namespace attestd::agent
