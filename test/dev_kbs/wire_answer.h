// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_WIRE_ANSWER_H_
#define ATTESTD_TEST_DEV_KBS_WIRE_ANSWER_H_

#include <absl/time/time.h>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "test/dev_kbs/kbs_message.h"

namespace attestd::dev_kbs {

struct HttpHeader {
  std::string name;
  std::string value;
};

// What becomes of the connection after the bytes.
enum class Ending {
  kKeep,       // serves the next request, unless the client asked for the end
  kClose,      // both ways, in order
  kReset,      // RST
  kHalfClose,  // our way; the client's stays open until it ends
  kSilence,    // nothing more is sent, until the client ends
};

// An HTTP/1.1 answer as it goes over the wire, byte by byte and moment by moment.
struct WireAnswer {
  int status = 200;
  std::vector<HttpHeader> headers;                 // all but those that tell the body's length
  std::optional<std::vector<HttpHeader>> framing;  // those; nothing: the true Content-Length
  std::string body;
  bool bare = false;                 // the body alone, as HTTP/0.9 had it
  std::optional<size_t> head_bytes;  // so much of what stands before the body; nothing: all
  std::optional<size_t> body_bytes;  // so much of the body; nothing: all
  std::string endless;               // sent again and again behind the body, if not empty
  absl::Duration delay;              // before the first byte
  size_t bytes_per_second = 0;       // 0: at once
  Ending ending = Ending::kKeep;
};

// The answer as an honest server sends it.
WireAnswer HonestAnswer(const KbsAnswer& answer);

// The bytes before `endless`.
std::string WireBytes(const WireAnswer& answer);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_WIRE_ANSWER_H_
