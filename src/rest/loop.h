// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_REST_LOOP_H_
#define ATTESTD_REST_LOOP_H_

#include <microhttpd.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "base/deadline.h"
#include "base/handle.h"
#include "base/status.h"
#include "rest/clients.h"
#include "rest/exchange.h"

namespace attestd::rest {

// What clients may have of us together, and one of them.
struct Limits {
  unsigned connections = 256;                   // at a time; more are hung up on
  size_t connection_bytes = size_t{32} << 10;   // for a connection's heads
  absl::Duration request = absl::Seconds(10);   // for a whole one
  absl::Duration patience = absl::Seconds(60);  // for taking its reply
};

// Serves all clients, on the thread that runs it. libmicrohttpd has an epoll of its own, which this
// one waits for beside the mailbox, the clock, and the hanging up of clients whose call is under
// way: their connections are suspended, and the library would not notice.
class Loop {
 public:
  static absl::StatusOr<std::unique_ptr<Loop>> Create(const House& house, const Limits& limits);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() = default;

  // Returns after the word to drain, when nothing is under way or 5 s have passed.
  void Run();

 private:
  struct Entry {
    std::unique_ptr<Exchange> exchange;
    MHD_Connection* connection = nullptr;
    const char* target_end = nullptr;  // where the library's copy ends
    bool cut_off = false;              // its copy is shorter than what came
    bool suspended = false;            // a call is under way
    bool watched = false;              // for the client's hanging up
  };
  using Entries = std::map<uint64_t, Entry>;

  Loop(const House& house, const Limits& limits, base::UniqueFd epoll)
      : house_(house), clients_(limits.request, limits.patience), epoll_(std::move(epoll)) {}
  absl::Status Start(const Limits& limits);
  absl::Status WatchBoth(int library);

  // The library's callbacks; `loop` is ours.
  static void* OnTarget(void* loop, const char* target, MHD_Connection* connection);
  static MHD_Result OnRequest(void* loop, MHD_Connection* connection, const char* url,
                              const char* method, const char* version, const char* body,
                              size_t* body_bytes, void** entry);
  static void OnCompleted(void* loop, MHD_Connection* connection, void** entry,
                          MHD_RequestTerminationCode code);
  static void OnConnection(void* loop, MHD_Connection* connection, void** context,
                           MHD_ConnectionNotificationCode code);

  MHD_Result Serve(Entry& entry, const char* method, base::ByteView body);
  MHD_Result Reply(Entry& entry);
  void Suspend(Entry& entry);
  void Resume(Entry& entry);

  void Wait();
  int TimeoutMs();
  void OnHangUp(uint64_t id);
  void Unwatch(Entry& entry);
  void TakeMail();
  void Add(base::Arrival client);
  void Drain();
  bool over() const;
  void End();

  const House& house_;
  Clients clients_;
  const base::UniqueFd epoll_;
  Entries entries_;
  uint64_t last_id_ = 1;  // smaller ones are epoll's words for other things
  std::optional<base::Deadline> drain_by_;
  base::Handle<MHD_Daemon, MHD_stop_daemon> daemon_;  // ends first: it calls back
};

}  // namespace attestd::rest

#endif  // ATTESTD_REST_LOOP_H_
