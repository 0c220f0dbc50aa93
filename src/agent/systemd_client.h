// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_AGENT_SYSTEMD_CLIENT_H_
#define ATTESTD_AGENT_SYSTEMD_CLIENT_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "agent/systemd_credential.h"
#include "base/handle.h"
#include "base/mailbox.h"
#include "base/method.h"
#include "base/status.h"
#include "kbs_client/backoff.h"

namespace attestd::agent {

struct SystemdLimits {
  uid_t peer = 0;                                    // whose connections are served
  size_t clients = 128;                              // at the same time; others wait
  absl::Duration write = absl::Seconds(30);          // for a client to read
  absl::Duration finish = absl::Milliseconds(2500);  // for calls under way at the end
  absl::Duration drain = absl::Seconds(5);           // ... and to read what came of them
  kbs::Backoff::Limits pause = {.first = absl::Milliseconds(500), .cap = absl::Seconds(5)};
};

// One connection of systemd: learns what is asked, asks for it, writes it, hangs up. systemd takes
// an end without bytes for an empty credential and starts the unit with it, so that a refusal is
// more than systemd takes of anything. It does no waiting itself.
class SystemdClient {
 public:
  // What all clients share; it outlives them.
  struct House {
    const base::Method& get_resource;
    const std::vector<SystemdCredential>& credentials;
    std::shared_ptr<base::Mailbox> mailbox;
    const SystemdLimits& limits;
  };
  SystemdClient(const House& house, uint64_t id, base::Arrival client);
  SystemdClient(const SystemdClient&) = delete;
  SystemdClient& operator=(const SystemdClient&) = delete;
  // Stops its call.
  ~SystemdClient();

  // Each returns whether the connection goes on.
  bool Begin();
  bool End(const absl::StatusOr<base::Reply>& reply);  // of the call under way
  bool Write();                                        // there is room
  bool Tick();                                         // next_tick() has come
  bool Drain();                                        // no more tries

  int socket() const { return socket_.get(); }
  bool wants_to_write() const { return state_ == State::kWriting; }
  base::Deadline next_tick() const { return tick_; }

 private:
  enum class State { kAsking, kPausing, kWriting };
  absl::Status Learn();
  bool Ask();
  bool Give(std::shared_ptr<const base::Secret> secret);
  bool Refuse(std::string_view why, std::string_view what_to_do);
  bool StartWriting(size_t size);
  // For the log.
  std::string Asked() const;

  const House& house_;
  const uint64_t id_;
  base::UniqueFd socket_;
  const base::CallerRef caller_;
  SystemdName asked_;
  const SystemdCredential* credential_ = nullptr;
  State state_ = State::kPausing;
  base::Deadline tick_ = base::Deadline::Infinite();
  base::Deadline give_up_ = base::Deadline::Infinite();
  kbs::Backoff backoff_;
  std::stop_source stop_;  // of the call under way
  bool draining_ = false;
  // What is written; where there is no secret, zeros.
  std::shared_ptr<const base::Secret> secret_;
  size_t size_ = 0;
  size_t sent_ = 0;
};

}  // namespace attestd::agent

#endif  // ATTESTD_AGENT_SYSTEMD_CLIENT_H_
