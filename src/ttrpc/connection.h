// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TTRPC_CONNECTION_H_
#define ATTESTD_TTRPC_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>

#include "base/deadline.h"
#include "base/handle.h"
#include "base/mailbox.h"
#include "base/method.h"
#include "ttrpc/frame.h"
#include "ttrpc/request.h"
#include "ttrpc/send_queue.h"

namespace attestd::ttrpc {

// What one client may have of us.
struct Limits {
  size_t calls = 256;                           // under way at a time
  size_t unsent_bytes = size_t{16} << 20;       // replies that it has not read
  absl::Duration frame = absl::Seconds(5);      // for the rest of one that it sends
  absl::Duration patience = absl::Seconds(60);  // for it to read
};

// One client. Requests come in any number; each is answered when its method is done. The client's
// leaving stops its calls. Used by one thread.
class Connection {
 public:
  // The methods and the mailbox outlive it; answers come by the mailbox under `id`.
  struct House {
    const base::MethodTable& methods;
    std::shared_ptr<base::Mailbox> mailbox;
    Limits limits;
  };
  Connection(const House& house, uint64_t id, base::Arrival client);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // Each of these is false when the connection is over: the client has left, does not read, or
  // sends what is no ttRPC. `scratch` is for bytes as they come.
  bool Read(std::span<uint8_t> scratch);
  bool Write();
  bool End(const base::Answer& answer);
  // Stops the calls whose time is up.
  bool Tick();

  // From here on requests are refused.
  void Drain() { draining_ = true; }

  int socket() const { return socket_.get(); }
  bool wants_to_write() const { return !unsent_.empty(); }
  // No call is under way and everything was sent.
  bool idle() const { return calls_.empty() && unsent_.empty(); }
  // When Tick is wanted; it may be early.
  base::Deadline next_tick() const { return next_tick_; }

 private:
  struct RunningCall {
    std::stop_source stop;
    base::Deadline deadline;
  };

  bool Dispatch(const Frame& frame);
  // Why the frame begins no call, or OK.
  absl::Status CheckFrame(const Frame& frame) const;
  void Begin(const Frame& frame);
  void Send(uint32_t stream, const absl::StatusOr<base::Reply>& reply);
  void TickAt(base::Deadline when);

  const House& house_;
  const uint64_t id_;
  const base::UniqueFd socket_;
  const base::CallerRef caller_;
  FrameReader reader_;
  SendQueue unsent_;
  std::map<uint32_t, RunningCall> calls_;  // by stream
  base::Deadline next_tick_ = base::Deadline::Infinite();
  std::optional<base::Deadline> frame_by_;  // when the frame that comes in must be whole
  std::optional<base::Deadline> taken_by_;  // when the client must have read more
  bool draining_ = false;
};

}  // namespace attestd::ttrpc

#endif  // ATTESTD_TTRPC_CONNECTION_H_
