// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_DEV_KBS_WIRE_SERVER_H_
#define ATTESTD_TEST_DEV_KBS_WIRE_SERVER_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>
#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "base/handle.h"
#include "base/status.h"
#include "test/dev_kbs/listener.h"
#include "test/dev_kbs/wire_answer.h"
#include "test/dev_kbs/wire_stream.h"

namespace attestd::dev_kbs {

// An HTTP/1.1 server that sends what it is told byte by byte, right or wrong, with TLS or without.
// A thread for each connection; heads of up to 128 KiB and bodies of up to 2 MiB.
class WireServer final : public Listener {
 public:
  using Handler = std::function<WireAnswer(const KbsRequest& request)>;
  // What to do with a connection that was just accepted, before TLS: nothing, or an answer of
  // which delay and ending count.
  using AcceptHook = std::function<std::optional<WireAnswer>()>;

  // Listens when it returns. InvalidArgument: bad certificate or key. Unavailable: cannot listen.
  static absl::StatusOr<std::unique_ptr<WireServer>> Start(const ServerOptions& options,
                                                           Handler handler, AcceptHook hook);
  ~WireServer() override;

  int port() const override { return port_; }
  // Faults that are being played end too.
  void Stop() override;

 private:
  using TlsContext = base::Handle<SSL_CTX, SSL_CTX_free>;

  WireServer(Handler handler, AcceptHook hook);
  absl::Status Listen(const ServerOptions& options);
  absl::Status UseTls(const ServerOptions& options);
  void AcceptAll(const std::function<void()>& on_failure);
  void Serve(base::UniqueFd socket);
  // False when the connection is over.
  bool ServeRequest(WireStream& stream, std::string& buffer);
  bool Send(WireStream& stream, const WireAnswer& answer, bool keep_alive);

  const Handler handler_;
  const AcceptHook hook_;
  TlsContext tls_;  // null: plain HTTP
  base::UniqueFd listener_;
  base::UniqueFd stop_;  // readable from Stop on
  int port_ = 0;
  std::thread thread_;
  absl::Mutex mutex_;
  int connections_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace attestd::dev_kbs

#endif  // ATTESTD_TEST_DEV_KBS_WIRE_SERVER_H_
