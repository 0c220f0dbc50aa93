// SPDX-License-Identifier: Apache-2.0
#include "rest/http_library.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/handle.h"
#include "base/secret.h"

namespace attestd::rest {
namespace {

// What the library holds while it sends.
struct Held {
  explicit Held(HttpReply sent) : reply(std::move(sent)) {}
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;
  ~Held() {
    // Tokens are no Secret.
    std::string& bytes = reply.body.bytes;
    base::WipeBytes({reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()});
  }

  HttpReply reply;
};

void Release(void* held) { std::default_delete<Held>()(static_cast<Held*>(held)); }

MHD_Result AddField(void* fields, MHD_ValueKind /*kind*/, const char* name, size_t name_size,
                    const char* value, size_t value_size) {
  static_cast<std::vector<Head::Field>*>(fields)->push_back(
      {.name = {name, name_size},
       .value = value == nullptr ? std::string_view() : std::string_view(value, value_size)});
  return MHD_YES;
}

using Response = base::Handle<MHD_Response, MHD_destroy_response>;

Response MakeResponse(std::unique_ptr<Held> held) {
  const base::ByteView bytes = held->reply.view();
  // The library only reads them, though its type does not say so.
  Response response(MHD_create_response_from_buffer_with_free_callback_cls(
      bytes.size(), const_cast<uint8_t*>(bytes.data()), &Release, held.get()));
  if (response != nullptr) {
    [[maybe_unused]] const Held* const owned_by_response = held.release();
  }
  return response;
}

}  // namespace

int SocketOf(MHD_Connection* connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

Head ReadHead(MHD_Connection* connection, const char* method, const std::string& target) {
  Head head{.method = method, .target = target, .fields = {}};
  MHD_get_connection_values_n(connection, MHD_HEADER_KIND, &AddField, &head.fields);
  return head;
}

MHD_Result QueueReply(MHD_Connection* connection, HttpReply reply, bool close) {
  const unsigned http = reply.http;
  std::vector<std::pair<const char*, std::string>> fields = {
      {MHD_HTTP_HEADER_CONTENT_TYPE, std::string(reply.content_type)},
      {MHD_HTTP_HEADER_CACHE_CONTROL, "no-store"},
      {MHD_HTTP_HEADER_X_CONTENT_TYPE_OPTIONS, "nosniff"}};
  if (!reply.allow.empty()) {
    fields.emplace_back(MHD_HTTP_HEADER_ALLOW, reply.allow);
  }
  if (close) {
    fields.emplace_back(MHD_HTTP_HEADER_CONNECTION, "close");
  }
  const Response response = MakeResponse(std::make_unique<Held>(std::move(reply)));
  if (response == nullptr) {
    return MHD_NO;
  }
  for (const auto& [name, value] : fields) {
    if (MHD_add_response_header(response.get(), name, value.c_str()) != MHD_YES) {
      return MHD_NO;
    }
  }
  return MHD_queue_response(connection, http, response.get());
}

}  // namespace attestd::rest
