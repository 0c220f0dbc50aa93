// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_SUPPORT_SWTPM_H_
#define ATTESTD_TEST_SUPPORT_SWTPM_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "test/support/process.h"

namespace attestd::test {

// A TPM 2.0 emulator of its own state on loopback ports of its own; both end with this object.
// tpm2-tss talks to it over one connection for each command, so that tpm2-tools and attestd can
// use one emulator side by side.
class Swtpm {
 public:
  // A fresh TPM, started up, on free ports.
  static absl::StatusOr<Swtpm> Start();
  // A fresh TPM where an earlier one was: its command port, and the next port for control.
  static absl::StatusOr<Swtpm> StartAt(uint16_t port);
  // False, with a line on standard error, where swtpm or tpm2-tools are not installed.
  static bool Available();
  Swtpm(Swtpm&&) = default;
  Swtpm& operator=(Swtpm&&) = delete;
  Swtpm(const Swtpm&) = delete;
  Swtpm& operator=(const Swtpm&) = delete;
  ~Swtpm();

  uint16_t port() const { return port_; }
  // "swtpm:host=127.0.0.1,port=N".
  std::string tcti() const;
  // Where its state lies; files of a test may lie there too, and go with it.
  const std::string& dir() const { return state_dir_; }
  // Stops the emulator as a power cut does; the object stays.
  void Kill() { process_.Kill(); }
  // Runs a program of tpm2-tools on this TPM: Tool({"tpm2_getcap", "handles-transient"}). Its
  // standard output; Internal with its standard error when it fails.
  absl::StatusOr<std::string> Tool(std::vector<std::string> argv) const;
  // The same by another way to this TPM.
  static absl::StatusOr<std::string> Tool(std::vector<std::string> argv, const std::string& tcti);

 private:
  Swtpm(std::string state_dir, uint16_t port, Process process)
      : state_dir_(std::move(state_dir)), port_(port), process_(std::move(process)) {}

  std::string state_dir_;
  uint16_t port_;
  Process process_;
};

}  // namespace attestd::test

#endif  // ATTESTD_TEST_SUPPORT_SWTPM_H_
