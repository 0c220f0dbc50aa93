// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_OPTIONS_H_
#define ATTESTD_TEST_DEV_KBS_OPTIONS_H_

#include <string>
#include <string_view>
#include <variant>

#include "base/status.h"

namespace attestd::dev_kbs {

struct ListenAddress {
  std::string host;
  int port = 0;  // 0: any free one
};

// "HOST:PORT"; an IPv6 address stands in brackets. InvalidArgument otherwise.
absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text);

// True for localhost, 127.0.0.0/8 and ::1.
bool IsLoopback(std::string_view host);

struct Options {
  ListenAddress listen;
  bool http = false;
  std::string cert;
  std::string key;
  std::string resources;
  std::string policy;
  int session_seconds = 300;
  std::string port_file;  // empty: none
  std::string protocol = "0.4.0";
  std::string token_key;  // PEM file; empty: a key of its own
  std::string faults;     // file; empty: none
  int delay_ms = 0;       // before each answer
  std::string disclose;   // file; empty: none
};

// The options, or the exit code after help or a one-line error was printed.
std::variant<Options, int> ParseCommandLine(int argc, const char* const* argv);

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_OPTIONS_H_
