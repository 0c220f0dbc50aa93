// SPDX-License-Identifier: Apache-2.0
// What libmicrohttpd calls, and what becomes of a request there.
#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "rest/http_library.h"
#include "rest/loop.h"

namespace attestd::rest {
namespace {

constexpr unsigned kFlags = MHD_USE_NO_LISTEN_SOCKET | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
// Refuses what no client of HTTP/1.1 should send (microhttpd.h, MHD_OPTION_STRICT_FOR_CLIENT).
constexpr int kStrict = 1;
// The library keeps a record of each parameter, and a connection whose memory they fill neither
// answers nor ends (seen with 0.9.75).
constexpr ptrdiff_t kMaxParameters = 64;

}  // namespace

absl::Status Loop::Start(const Limits& limits) {
  daemon_.reset(
      MHD_start_daemon(kFlags, 0, nullptr, nullptr, &OnRequest, this,                          //
                       MHD_OPTION_CONNECTION_LIMIT, limits.connections,                        //
                       MHD_OPTION_CONNECTION_MEMORY_LIMIT, limits.connection_bytes,            //
                       MHD_OPTION_STRICT_FOR_CLIENT, kStrict,                                  //
                       MHD_OPTION_URI_LOG_CALLBACK, &OnTarget, static_cast<void*>(this),       //
                       MHD_OPTION_NOTIFY_COMPLETED, &OnCompleted, static_cast<void*>(this),    //
                       MHD_OPTION_NOTIFY_CONNECTION, &OnConnection, static_cast<void*>(this),  //
                       MHD_OPTION_END));
  if (daemon_ == nullptr) {
    return base::MakeStatus(absl::StatusCode::kInternal, "REST: libmicrohttpd does not start");
  }
  const int library = MHD_get_daemon_info(daemon_.get(), MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd;
  return WatchBoth(library);
}

void* Loop::OnTarget(void* loop, const char* target, MHD_Connection* connection) {
  auto& self = *static_cast<Loop*>(loop);
  const std::string text = target == nullptr ? "" : target;
  if (std::count(text.begin(), text.end(), '&') >= kMaxParameters) {
    ::shutdown(SocketOf(connection), SHUT_RDWR);
  }
  const uint64_t id = ++self.last_id_;
  Entry& entry = self.entries_[id];
  entry.target_end = target == nullptr ? nullptr : target + text.size();
  entry.exchange =
      std::make_unique<Exchange>(self.house_, id, text, self.clients_.caller(SocketOf(connection)));
  entry.connection = connection;
  return &entry;
}

// The parameters are the library's.
// NOLINTNEXTLINE(readability-function-size)
MHD_Result Loop::OnRequest(void* loop, MHD_Connection* /*connection*/, const char* /*url*/,
                           const char* method, const char* version, const char* body,
                           size_t* body_bytes, void** entry) {
  if (*entry == nullptr) {
    return MHD_NO;
  }
  auto& served = *static_cast<Entry*>(*entry);
  // The library cuts the first line at its spaces, where it lies, and gives C strings: what is
  // between target and version is a NUL and what follows it.
  served.cut_off = served.target_end == nullptr || version != served.target_end + 1;
  const size_t size = std::exchange(*body_bytes, 0);
  return static_cast<Loop*>(loop)->Serve(served, method,
                                         {reinterpret_cast<const uint8_t*>(body), size});
}

// Called when the head is there, for each piece of the body, when the request is whole, and again
// when a suspended connection was resumed.
MHD_Result Loop::Serve(Entry& entry, const char* method, base::ByteView body) {
  Exchange& exchange = *entry.exchange;
  if (!exchange.has_head()) {
    const std::string target = entry.cut_off ? "" : exchange.target();  // "" is refused
    return exchange.TakeHead(ReadHead(entry.connection, method, target)) ? MHD_YES : Reply(entry);
  }
  if (!body.empty()) {
    return exchange.TakeBody(body) ? MHD_YES : MHD_NO;
  }
  if (drain_by_.has_value()) {
    exchange.Refuse(absl::UnavailableError("attestd is stopping"));
  }
  if (!exchange.has_reply() && exchange.Begin()) {
    Suspend(entry);
    return MHD_YES;
  }
  return Reply(entry);
}

MHD_Result Loop::Reply(Entry& entry) {
  clients_.Send(SocketOf(entry.connection));
  return QueueReply(entry.connection, entry.exchange->TakeReply(), drain_by_.has_value());
}

void Loop::OnCompleted(void* loop, MHD_Connection* connection, void** entry,
                       MHD_RequestTerminationCode /*code*/) {
  auto& self = *static_cast<Loop*>(loop);
  if (const auto* ended = static_cast<Entry*>(std::exchange(*entry, nullptr))) {
    self.entries_.erase(ended->exchange->id());
  }
  self.clients_.Listen(SocketOf(connection));
  if (self.drain_by_.has_value()) {
    self.clients_.HangUpOnListeners();
  }
}

void Loop::OnConnection(void* loop, MHD_Connection* connection, void** /*context*/,
                        MHD_ConnectionNotificationCode code) {
  Clients& clients = static_cast<Loop*>(loop)->clients_;
  if (code == MHD_CONNECTION_NOTIFY_STARTED) {
    clients.Listen(SocketOf(connection));
  } else {
    clients.Remove(SocketOf(connection));
  }
}

}  // namespace attestd::rest
