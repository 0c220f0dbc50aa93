// SPDX-License-Identifier: Apache-2.0
// A REST request: method, target and headers a line each, an empty line, a body.
// Covers: src/rest/head.cc src/rest/request.cc src/rest/target.cc
#include <algorithm>

#include "base/method.h"
#include "fuzz/fuzz_target.h"
#include "rest/request.h"

namespace {

using attestd::rest::Head;
using attestd::rest::Refusal;
using attestd::rest::Request;

// The text up to the separator, which is taken away with it.
std::string_view Take(std::string_view& text, std::string_view separator) {
  const std::string_view part = text.substr(0, text.find(separator));
  text.remove_prefix(std::min(text.size(), part.size() + separator.size()));
  return part;
}

Head TakeHead(std::string_view& text) {
  Head head;
  head.method = Take(text, " ");
  head.target = Take(text, "\n");
  while (!text.empty() && !text.starts_with('\n')) {
    std::string_view line = Take(text, "\n");
    const std::string_view name = Take(line, ": ");
    head.fields.push_back({.name = name, .value = line});
  }
  text.remove_prefix(std::min<size_t>(text.size(), 1));
  return head;
}

void Check(const attestd::rest::Parsed& parsed, size_t input_size) {
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
    FUZZ_CHECK(refusal->http >= 400 && refusal->http < 500);
    FUZZ_CHECK(!refusal->reason.empty() && !refusal->message.empty());
    return;
  }
  for (const Request::Call& call : std::get<Request>(parsed).calls) {
    FUZZ_CHECK(call.method.starts_with('/'));
    // A URI's scheme, and protobuf's tags and lengths.
    FUZZ_CHECK(call.message.size() <= input_size + 32);
    FUZZ_CHECK(call.message.size() <= attestd::base::kMaxRequestBytes + 32);
  }
}

}  // namespace

FUZZ_TARGET(input) {
  std::string_view text = attestd::base::AsText(input);
  const Head head = TakeHead(text);
  const attestd::rest::Parsed parsed = ParseRequest(head, {.resource = true, .attestation = true});
  Check(parsed, input.size());
  if (std::holds_alternative<Request>(parsed)) {
    // Nobody who does not name this machine is served.
    const auto hosts = std::count_if(
        head.fields.begin(), head.fields.end(),
        [](const Head::Field& field) { return attestd::rest::IsLoopbackHost(field.value); });
    FUZZ_CHECK(hosts >= 1);
  }
  Check(attestd::rest::ParseEvent(text.substr(0, attestd::rest::kMaxBodyBytes)), input.size());
}
