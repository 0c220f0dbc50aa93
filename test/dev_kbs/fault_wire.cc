// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/fault_wire.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "base/encoding.h"
#include "base/file.h"

namespace attestd::dev_kbs {
namespace {

using Patch = absl::Status (*)(const Fault& fault, WireAnswer& answer);

constexpr size_t kMaxBodyFile = size_t{64} << 20;
constexpr size_t kBombSize = size_t{64} << 20;  // unpacked; many times any limit on a body
constexpr size_t kHugeCookie = size_t{100} << 10;
constexpr size_t kChunk = size_t{4} << 10;

std::string Chunk(const std::string& data) {
  std::array<char, 2 * sizeof(size_t) + 1> size{};
  static_cast<void>(std::snprintf(size.data(), size.size(), "%zx", data.size()));
  return std::string(size.data()) + "\r\n" + data + "\r\n";
}

absl::Status Cut(WireAnswer& answer, std::optional<size_t> head, size_t body, Ending ending) {
  answer.head_bytes = head;
  answer.body_bytes = body;
  answer.ending = ending;
  return absl::OkStatus();
}

absl::Status ResetBefore(const Fault& /*fault*/, WireAnswer& answer) {
  return Cut(answer, 0, 0, Ending::kReset);
}
absl::Status HalfClose(const Fault& /*fault*/, WireAnswer& answer) {
  return Cut(answer, 0, 0, Ending::kHalfClose);
}
absl::Status StallBefore(const Fault& /*fault*/, WireAnswer& answer) {
  return Cut(answer, 0, 0, Ending::kSilence);
}
absl::Status ResetHeaders(const Fault& /*fault*/, WireAnswer& answer) {
  return Cut(answer, std::nullopt, 0, Ending::kReset);
}
absl::Status StallHeaders(const Fault& /*fault*/, WireAnswer& answer) {
  return Cut(answer, std::nullopt, 0, Ending::kSilence);
}
absl::Status ResetBody(const Fault& /*fault*/, WireAnswer& answer) {
  return Cut(answer, std::nullopt, answer.body.size() / 2, Ending::kReset);
}
absl::Status Truncate(const Fault& fault, WireAnswer& answer) {
  return Cut(answer, std::nullopt, static_cast<size_t>(std::max(fault.Number(0), int64_t{0})),
             Ending::kClose);
}

absl::Status Delay(const Fault& fault, WireAnswer& answer) {
  answer.delay += absl::Milliseconds(fault.Number(0));
  return absl::OkStatus();
}

absl::Status Drip(const Fault& fault, WireAnswer& answer) {
  answer.bytes_per_second = static_cast<size_t>(std::max(fault.Number(0), int64_t{1}));
  return absl::OkStatus();
}

void SetHeader(WireAnswer& answer, const std::string& name, const std::string& value) {
  answer.headers.push_back({name, value});
}

void RemoveHeader(WireAnswer& answer, std::string_view name) {
  std::erase_if(answer.headers, [&](const HttpHeader& header) { return header.name == name; });
}

// A status of the way there, not of the broker: no body, no cookie.
absl::Status Status(const Fault& fault, WireAnswer& answer) {
  answer.status = static_cast<int>(fault.Number(0));
  answer.headers.clear();
  answer.body.clear();
  if (const std::string& header = fault.args[1]; !header.empty()) {
    const size_t colon = header.find(": ");
    SetHeader(answer, header.substr(0, colon), header.substr(colon + 2));
  }
  return absl::OkStatus();
}

absl::Status Redirect(const Fault& fault, WireAnswer& answer) {
  answer.status = static_cast<int>(fault.Number(0));
  answer.headers = {{"Location", fault.args[1]}};
  answer.body.clear();
  return absl::OkStatus();
}

absl::Status Frame(WireAnswer& answer, std::vector<HttpHeader> headers) {
  answer.framing = std::move(headers);
  answer.ending = Ending::kClose;
  return absl::OkStatus();
}

absl::Status LengthLie(const Fault& fault, WireAnswer& answer) {
  const int64_t length = static_cast<int64_t>(answer.body.size()) + fault.Number(0);
  return Frame(answer, {{"Content-Length", std::to_string(std::max(length, int64_t{0}))}});
}
absl::Status LengthDuplicate(const Fault& /*fault*/, WireAnswer& answer) {
  return Frame(answer, {{"Content-Length", std::to_string(answer.body.size())},
                        {"Content-Length", std::to_string(answer.body.size() + 1)}});
}
absl::Status LengthNegative(const Fault& /*fault*/, WireAnswer& answer) {
  return Frame(answer, {{"Content-Length", "-1"}});
}
absl::Status TransferEncodingDuplicate(const Fault& /*fault*/, WireAnswer& answer) {
  answer.body = Chunk(answer.body) + "0\r\n\r\n";
  return Frame(answer, {{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}});
}
absl::Status ChunkedEndless(const Fault& /*fault*/, WireAnswer& answer) {
  answer.body = answer.body.empty() ? "" : Chunk(answer.body);
  answer.endless = Chunk(std::string(kChunk, ' '));
  return Frame(answer, {{"Transfer-Encoding", "chunked"}});
}

absl::Status Http09(const Fault& /*fault*/, WireAnswer& answer) {
  answer.bare = true;
  answer.ending = Ending::kClose;
  return absl::OkStatus();
}

// The body and spaces behind it, packed as gzip.
absl::Status GzipBomb(const Fault& /*fault*/, WireAnswer& answer) {
  std::string plain = answer.body;
  plain.resize(kBombSize, ' ');
  constexpr int kGzipWindow = 15 + 16;  // zlib's way to ask for gzip's frame
  constexpr int kMemory = 8;            // zlib's default
  z_stream stream{};
  if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemory,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    return base::MakeStatus(absl::StatusCode::kInternal, "zlib");
  }
  answer.body.resize(deflateBound(&stream, kBombSize));
  stream.next_in = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(answer.body.data());
  stream.avail_out = static_cast<uInt>(answer.body.size());
  const int result = deflate(&stream, Z_FINISH);
  answer.body.resize(stream.total_out);
  deflateEnd(&stream);
  SetHeader(answer, "Content-Encoding", "gzip");
  return result == Z_STREAM_END ? absl::OkStatus()
                                : base::MakeStatus(absl::StatusCode::kInternal, "zlib");
}

absl::Status Headers(const Fault& fault, WireAnswer& answer) {
  for (int64_t i = 0; i < fault.Number(0); ++i) {
    SetHeader(answer, "X-Filler-" + std::to_string(i), "x");
  }
  return absl::OkStatus();
}
absl::Status BigHeader(const Fault& fault, WireAnswer& answer) {
  SetHeader(answer, "X-Filler", std::string(static_cast<size_t>(fault.Number(0)), 'x'));
  return absl::OkStatus();
}

absl::Status Body(const Fault& fault, WireAnswer& answer) {
  if (fault.args[0].starts_with('/')) {
    ASSIGN_OR_RETURN(answer.body, base::ReadFile(fault.args[0], kMaxBodyFile));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const base::Bytes bytes, base::HexDecode(fault.args[0]));
  answer.body = base::AsText(bytes);
  return absl::OkStatus();
}

absl::Status Cookie(const Fault& fault, WireAnswer& answer) {
  constexpr const char* kName = "Set-Cookie";
  const auto found = std::find_if(answer.headers.begin(), answer.headers.end(),
                                  [](const HttpHeader& header) { return header.name == kName; });
  if (found == answer.headers.end()) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, "the answer sets no cookie");
  }
  const std::string honest = found->value;
  const std::string name = std::string(kSessionCookie) + "=";
  const std::string& word = fault.args[0];
  RemoveHeader(answer, kName);
  if (word == "none") {
    return absl::OkStatus();
  }
  if (word == "two") {
    SetHeader(answer, kName, honest);
    SetHeader(answer, kName, name + std::string(32, 'f'));
  } else if (word == "huge") {
    SetHeader(answer, kName, name + std::string(kHugeCookie, 'a'));
  } else if (word == "crlf") {
    // Both line ends in the value, as a broker leaves them that does not look: the first stays in
    // the line, the second ends it.
    SetHeader(answer, kName, name + "a\rb\nX-Injected: 1");
  } else if (word == "other-domain") {
    SetHeader(answer, kName, honest + "; Domain=example.com; Path=/");
  } else {
    SetHeader(answer, kName, name + word);
  }
  return absl::OkStatus();
}

constexpr std::array<std::pair<std::string_view, Patch>, 22> kPatches = {{
    {"reset-before", ResetBefore},
    {"half-close", HalfClose},
    {"stall-before", StallBefore},
    {"delay", Delay},
    {"reset-headers", ResetHeaders},
    {"reset-body", ResetBody},
    {"stall-headers", StallHeaders},
    {"drip", Drip},
    {"status", Status},
    {"redirect", Redirect},
    {"truncate", Truncate},
    {"length-lie", LengthLie},
    {"length-duplicate", LengthDuplicate},
    {"length-negative", LengthNegative},
    {"chunked-endless", ChunkedEndless},
    {"te-duplicate", TransferEncodingDuplicate},
    {"gzip-bomb", GzipBomb},
    {"http09", Http09},
    {"headers", Headers},
    {"big-header", BigHeader},
    {"body", Body},
    {"cookie", Cookie},
}};

}  // namespace

absl::StatusOr<WireAnswer> WithWireFault(const Fault& fault, WireAnswer answer) {
  for (const auto& [word, patch] : kPatches) {
    if (word == fault.word) {
      RETURN_IF_ERROR(patch(fault, answer));
      return answer;
    }
  }
  return base::MakeStatus(absl::StatusCode::kInternal, "no fault of the wire");
}

}  // namespace attestd::dev_kbs
