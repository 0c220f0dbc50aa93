// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_REST_HEAD_H_
#define ATTESTD_REST_HEAD_H_

#include <absl/status/status.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace attestd::rest {

// The head of a request as it came; the texts lie where the HTTP library has them.
struct Head {
  struct Field {
    std::string_view name;
    std::string_view value;
  };
  std::string_view method;
  std::string_view target;
  std::vector<Field> fields;
};

// Target, names and values together, with what separates them.
inline constexpr size_t kMaxHeadBytes = size_t{16} << 10;
// Of a body.
inline constexpr size_t kMaxBodyBytes = size_t{64} << 10;

// Why a request is not even passed on. All texts are constants.
struct Refusal {
  unsigned http = 400;
  absl::StatusCode code = absl::StatusCode::kInvalidArgument;
  std::string_view reason;  // for programs: "HOST_REFUSED"
  std::string_view message;
  std::string_view allow = {};  // the methods that the path has, when the method is the fault
};

inline constexpr Refusal kBodyTooLong = {.http = 413,
                                         .code = absl::StatusCode::kResourceExhausted,
                                         .reason = "REQUEST_TOO_LARGE",
                                         .message = "request: its body is longer than 64 KiB"};

// How the body comes (RFC 9112, 6).
struct Framing {
  bool chunked = false;
  uint64_t length = 0;  // in bytes, when not chunked
  bool has_body() const { return chunked || length > 0; }
};

// Nothing for what is no framing, or none that is unambiguous: both, twice, another coding.
std::optional<Framing> ParseFraming(const Head& head);

// Why nobody's request with this head is served, or nothing: it is too long or malformed, does not
// name exactly one host, names another than this machine's loopback (a page whose name was bound to
// 127.0.0.1 asks so), or was sent for a web page.
std::optional<Refusal> RefuseHead(const Head& head);

// "localhost", an address in 127.0.0.0/8 or "[::1]", with a port or without.
bool IsLoopbackHost(std::string_view host);

}  // namespace attestd::rest

#endif  // ATTESTD_REST_HEAD_H_
