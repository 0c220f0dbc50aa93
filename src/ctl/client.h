// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_CTL_CLIENT_H_
#define ATTESTD_CTL_CLIENT_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/secret.h"
#include "base/status.h"

namespace attestd::ctl {

struct BrokerState {
  std::string name;
  std::string url;
  bool allow_http = false;
  bool session = false;
  bool failing = false;
};

// What the daemon says of itself (attestd.v1.GetStatusResponse).
struct DaemonStatus {
  std::string version;
  std::string tee;
  bool ready = false;
  std::string not_ready_reason;
  bool sample = false;
  std::vector<BrokerState> brokers;
  double uptime_seconds = 0;
};

// What the daemon says of one platform or device (attestd.v1.Probe).
struct ProbeState {
  std::string name;
  bool present = false;
  std::string seen;
  bool chosen = false;
  std::string why;
};

// Whether a principal may do what (attestd.v1.TestPolicyRequest).
struct PolicyQuestion {
  std::string principal;
  std::string right = "resource";
  std::string resource;
};

// One connection to the daemon. Each method is one call and returns the daemon's code and text as
// they are; the deadline given to Connect covers all of them.
class Client {
 public:
  // Unavailable at once when nobody listens at `path`; PermissionDenied when the socket's mode
  // says no; InvalidArgument for a path longer than a socket address holds.
  static absl::StatusOr<Client> Connect(const std::string& path, base::Deadline deadline);

  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  absl::StatusOr<base::Secret> GetResource(const std::string& uri);
  // JSON text of the evidence.
  absl::StatusOr<std::string> GetEvidence(base::ByteView runtime_data);
  // JSON text {"token": "<JWT>"}, perhaps with the private key "tee_keypair".
  absl::StatusOr<base::Secret> GetToken();
  absl::StatusOr<std::string> GetTeeType();
  absl::StatusOr<DaemonStatus> GetStatus();
  // In the order in which "auto" probes.
  absl::StatusOr<std::vector<ProbeState>> GetDetection();
  absl::Status Reload();
  // One line that says why, behind whether.
  absl::StatusOr<std::pair<bool, std::string>> TestPolicy(const PolicyQuestion& question);

 private:
  class Connection;
  explicit Client(std::unique_ptr<Connection> connection);

  std::unique_ptr<Connection> connection_;
};

// Connects as soon as the daemon is there and says that it is ready. DeadlineExceeded with the
// last reason when that does not happen in time.
absl::StatusOr<Client> ConnectWhenReady(const std::string& path, base::Deadline deadline);

}  // namespace attestd::ctl

#endif  // ATTESTD_CTL_CLIENT_H_
