// SPDX-License-Identifier: Apache-2.0
#include "test/dev_kbs/http_server.h"

#include <absl/strings/numbers.h>
#include <httplib.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/text.h"

namespace attestd::dev_kbs {
namespace {

constexpr size_t kThreads = 320;  // 256 requests at a time, and kept connections beside them
constexpr size_t kMaxBody = size_t{2} << 20;  // Trustee's payload_request_size
constexpr int kBacklog = 512;                 // the library asks for 5
constexpr time_t kIdleSeconds = 120;

std::string JoinHeaders(const httplib::Request& request, const char* name, const char* between) {
  std::string joined;
  const size_t count = request.get_header_value_count(name);
  for (size_t i = 0; i < count; ++i) {
    joined += (i == 0 ? "" : between) + request.get_header_value(name, i);
  }
  return joined;
}

void Answer(const KbsAnswer& answer, httplib::Response& response) {
  response.status = answer.status;
  response.body = answer.body;
  if (!answer.content_type.empty()) {
    response.set_header("Content-Type", answer.content_type);
  }
  if (!answer.set_cookie.empty()) {
    response.set_header("Set-Cookie", answer.set_cookie);
  }
}

absl::StatusOr<std::unique_ptr<httplib::Server>> MakeServer(const ServerOptions& options) {
  if (options.cert.empty() && options.key.empty()) {
    return std::make_unique<httplib::Server>();
  }
  auto server = std::make_unique<httplib::SSLServer>(options.cert.c_str(), options.key.c_str());
  if (!server->is_valid()) {
    return base::MakeStatus(
        absl::StatusCode::kInvalidArgument,
        "cannot use the certificate " + options.cert + " with the key " + options.key);
  }
  SSL_CTX_set_min_proto_version(server->ssl_context(), TLS1_2_VERSION);
  return std::unique_ptr<httplib::Server>(std::move(server));
}

// The library would have ports shared between processes.
void ReuseAddress(int socket) {
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
}

int LocalPort(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return 0;
  }
  if (address.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&address)->sin6_port);
  }
  return address.ss_family == AF_INET
             ? ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port)
             : 0;
}

// Ends the reading side of every connection that this process accepted on the port, so that
// threads that wait for a next request end; answers on their way still leave. The library knows
// no such call and would wait for the idle time.
void EndKeptConnections(int port) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    int fd = -1;
    if (absl::SimpleAtoi(entry.path().filename().c_str(), &fd) && LocalPort(fd) == port) {
      ::shutdown(fd, SHUT_RD);
    }
  }
}

}  // namespace

HttpServer::HttpServer(std::unique_ptr<httplib::Server> server) : server_(std::move(server)) {}

HttpServer::~HttpServer() { Stop(); }

void HttpServer::Route(Handler handler, const LineSink& sink) {
  const auto answer = [handler = std::move(handler), sink](const httplib::Request& request,
                                                           httplib::Response& response) {
    const size_t mark = request.target.find('?');
    const std::string query = mark == std::string::npos ? "" : request.target.substr(mark + 1);
    const KbsAnswer result = handler({.method = request.method,
                                      .path = request.path,
                                      .query = query,
                                      .cookie = JoinHeaders(request, "Cookie", "; "),
                                      .authorization = request.get_header_value("Authorization"),
                                      .body = request.body});
    if (!result.refusal.empty()) {
      sink(base::Escaped(result.refusal));
    }
    Answer(result, response);
  };
  // Line breaks too, which "." would leave out.
  const char* const everything = "[\\s\\S]*";
  server_->Get(everything, answer);
  server_->Post(everything, answer);
  server_->Put(everything, answer);
  server_->Patch(everything, answer);
  server_->Delete(everything, answer);
  server_->set_error_handler([](const httplib::Request& /*request*/, httplib::Response& response) {
    constexpr int kPayloadTooLarge = 413;
    if (response.status == kPayloadTooLarge) {
      response.set_content("payload reached size limit", "text/plain");  // actix's words
    }
  });
  server_->set_logger([sink](const httplib::Request& request, const httplib::Response& response) {
    sink(base::Escaped(request.method + " " + request.path) + " " +
         std::to_string(response.status));
  });
}

absl::Status HttpServer::Bind(const ServerOptions& options) {
  server_->set_tcp_nodelay(true);
  server_->set_keep_alive_max_count(std::numeric_limits<int>::max());
  server_->set_keep_alive_timeout(kIdleSeconds);
  server_->set_payload_max_length(kMaxBody);
  server_->new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server_->set_socket_options([this](int socket) {
    ReuseAddress(socket);
    listener_ = socket;
  });
  const bool bound = options.port == 0 ? server_->bind_to_any_port(options.host) > 0
                                       : server_->bind_to_port(options.host, options.port);
  if (!bound) {
    return base::MakeStatus(absl::StatusCode::kUnavailable, "cannot listen on " + options.host +
                                                                ":" + std::to_string(options.port));
  }
  ::listen(listener_, kBacklog);
  port_ = LocalPort(listener_);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const ServerOptions& options,
                                                              Handler handler,
                                                              const LineSink& sink) {
  ASSIGN_OR_RETURN(std::unique_ptr<httplib::Server> library, MakeServer(options));
  std::unique_ptr<HttpServer> server(new HttpServer(std::move(library)));
  server->Route(std::move(handler), sink);
  RETURN_IF_ERROR(server->Bind(options));
  server->thread_ =
      std::thread([raw = server.get(), on_failure = options.on_failure] { raw->Run(on_failure); });
  // Stop would have no effect before the library says that it runs.
  while (!server->server_->is_running() && !server->ended_) {
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  return server;
}

void HttpServer::Run(const std::function<void()>& on_failure) {
  server_->listen_after_bind();
  ended_ = true;
  if (!stopping_ && on_failure) {
    on_failure();
  }
}

void HttpServer::Stop() {
  if (!thread_.joinable()) {
    return;
  }
  stopping_ = true;
  server_->stop();
  EndKeptConnections(port_);
  thread_.join();
}

}  // namespace attestd::dev_kbs
