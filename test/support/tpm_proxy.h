// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_SUPPORT_TPM_PROXY_H_
#define ATTESTD_TEST_SUPPORT_TPM_PROXY_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/handle.h"
#include "base/status.h"

namespace attestd::test {

// Stands between users of an emulated TPM and the emulator, which takes one connection at a time:
// takes many, hands one command after the other through, and lets a test see each.
class TpmProxy {
 public:
  // Sends a command of the test's own to the TPM and returns the answer.
  using Send = std::function<base::Bytes(base::ByteView command)>;
  class Watcher {
   public:
    virtual ~Watcher() = default;
    // Called on the proxy's thread after each command; may send commands.
    virtual void OnCommand(base::ByteView command, base::ByteView answer, const Send& send) = 0;
    // Called on the proxy's thread every few milliseconds.
    virtual void OnTick(const Send& send) = 0;
  };

  // To the emulator on loopback: commands at the port, control at the next one.
  static absl::StatusOr<std::unique_ptr<TpmProxy>> Start(uint16_t upstream,
                                                         std::unique_ptr<Watcher> watcher);
  TpmProxy(const TpmProxy&) = delete;
  TpmProxy& operator=(const TpmProxy&) = delete;
  ~TpmProxy();

  // "swtpm:host=127.0.0.1,port=N".
  std::string tcti() const { return "swtpm:host=127.0.0.1,port=" + std::to_string(port_); }

 private:
  TpmProxy(uint16_t upstream, std::unique_ptr<Watcher> watcher)
      : upstream_(upstream), watcher_(std::move(watcher)) {}

  absl::Status Listen();
  void Run();
  bool ServeCommand(int client);
  bool ServeControl(int client);
  base::Bytes Forward(base::ByteView command);

  const uint16_t upstream_;
  const std::unique_ptr<Watcher> watcher_;
  uint16_t port_ = 0;
  base::UniqueFd commands_;
  base::UniqueFd control_;
  base::UniqueFd tpm_;
  std::atomic<bool> ends_{false};
  std::thread thread_;
};

}  // namespace attestd::test

#endif  // ATTESTD_TEST_SUPPORT_TPM_PROXY_H_
