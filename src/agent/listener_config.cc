// SPDX-License-Identifier: Apache-2.0
#include "agent/listener_config.h"

#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "base/socket_address.h"
#include "base/text.h"
#include "base/toml_table.h"

namespace attestd::agent {
namespace {

// Root's own socket.
constexpr char kDefaultPath[] = "/run/attestd/attestd.sock";
constexpr mode_t kMaxMode = 0777;
constexpr mode_t kOthers = 0077;
// sizeof(sockaddr_un::sun_path), with the terminating zero.
constexpr size_t kMaxSocketPath = 107;

// "0600" or 0o600.
absl::StatusOr<std::optional<mode_t>> ReadMode(base::TomlTable& table) {
  const toml::node* node = table.Node("mode");
  if (node == nullptr) {
    return std::nullopt;
  }
  int64_t value = -1;
  if (node->is_integer()) {
    value = node->as_integer()->get();
  } else if (node->is_string()) {
    const std::string& text = node->as_string()->get();
    const auto end = text.data() + text.size();
    if (const auto parsed = std::from_chars(text.data(), end, value, 8);
        parsed.ec != std::errc() || parsed.ptr != end) {
      value = -1;
    }
  }
  if (value < 0 || value > int64_t{kMaxMode}) {
    return table.Error("mode", "expected octal permissions, for example \"0660\"");
  }
  return static_cast<mode_t>(value);
}

absl::StatusOr<Protocol> ReadProtocol(base::TomlTable& table) {
  static const std::map<std::string, Protocol> kProtocols = {{"auto", Protocol::kAuto},
                                                             {"grpc", Protocol::kGrpc},
                                                             {"ttrpc", Protocol::kTtrpc},
                                                             {"rest", Protocol::kRest},
                                                             {"systemd", Protocol::kSystemd}};
  ASSIGN_OR_RETURN(const auto word, table.Text("protocol"));
  const auto protocol = kProtocols.find(word.value_or("auto"));
  if (protocol == kProtocols.end()) {
    return table.Error("protocol", R"(expected "auto", "grpc", "ttrpc", "rest" or "systemd")");
  }
  return protocol->second;
}

absl::StatusOr<Service> ReadService(base::TomlTable& table) {
  Service service;
  ASSIGN_OR_RETURN(service.protocol, ReadProtocol(table));
  ASSIGN_OR_RETURN(const auto features, table.Text("features"));
  if (service.protocol != Protocol::kRest) {
    return features.has_value() ? table.Error("features", "only of protocol = \"rest\"")
                                : absl::StatusOr<Service>(service);
  }
  service.features = features.value_or("resource");
  if (service.features != "resource" && service.features != "attestation" &&
      service.features != "all") {
    return table.Error("features", R"(expected "resource", "attestation" or "all")");
  }
  return service;
}

absl::Status CheckPlace(const ListenerConfig& listener, bool has_mode,
                        const base::TomlTable& table) {
  const int places = static_cast<int>(!listener.path.empty()) +
                     static_cast<int>(!listener.address.empty()) +
                     static_cast<int>(!listener.systemd_socket.empty());
  if (places > 1) {
    return table.Error("path", "path, address and systemd_socket exclude each other");
  }
  if (!listener.path.empty() &&
      (!listener.path.starts_with('/') || listener.path.size() > kMaxSocketPath)) {
    return table.Error("path", "expected an absolute path of at most 107 bytes");
  }
  if (!listener.address.empty() && !base::ParseLoopback(listener.address).ok()) {
    return table.Error("address",
                       R"(expected an address of loopback and a port, like "127.0.0.1:50000")");
  }
  if (!listener.address.empty() && listener.service.protocol == Protocol::kSystemd) {
    return table.Error("protocol", "systemd asks unix sockets only; give a path");
  }
  if (has_mode && listener.path.empty()) {
    return table.Error("mode", "only a listener with a path has one");
  }
  if (!listener.owner.empty() && listener.path.empty()) {
    return table.Error("owner", "only a listener with a path has one");
  }
  return absl::OkStatus();
}

absl::Status ReadClients(ListenerConfig& listener, base::TomlTable& table) {
  ASSIGN_OR_RETURN(const auto silent, table.Boolean("allow_silent"));
  listener.allow_silent = silent.value_or(listener.service.protocol == Protocol::kTtrpc);
  const bool root_only = !listener.path.empty() && (listener.mode & kOthers) == 0 &&
                         listener.owner.empty() && table.Node("allow_uids") == nullptr;
  ASSIGN_OR_RETURN(listener.access, ReadAccess(table, listener.name(), root_only));
  if (!listener.address.empty() &&
      !(listener.access.uids.empty() && listener.access.cgroups.empty())) {
    return table.Error("allow_uids", "who asks at an address is not known; give a path");
  }
  // What systemd may ask for is said by [[systemd_credential]].
  const bool systemd = listener.service.protocol == Protocol::kSystemd;
  if (systemd && (listener.access.named || table.Node("allow_uids") != nullptr ||
                  table.Node("allow_cgroups") != nullptr || table.Node("rights") != nullptr ||
                  table.Node("allow") != nullptr)) {
    return table.Error("protocol",
                       "\"systemd\" goes without principal, allow_uids, allow_cgroups, rights and "
                       "allow: [[systemd_credential]] says it all");
  }
  listener.access.never_refuse = systemd;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ListenerConfig> DefaultListener() {
  const toml::table empty;
  return ReadListener(base::TomlTable(empty, "", "[[listener]]"));
}

absl::StatusOr<ListenerConfig> ReadListener(base::TomlTable table) {
  ListenerConfig listener;
  ASSIGN_OR_RETURN(const auto path, table.Text("path"));
  ASSIGN_OR_RETURN(const auto address, table.Text("address"));
  ASSIGN_OR_RETURN(const auto systemd_socket, table.Text("systemd_socket"));
  ASSIGN_OR_RETURN(const auto mode, ReadMode(table));
  ASSIGN_OR_RETURN(listener.service, ReadService(table));
  ASSIGN_OR_RETURN(const auto owner, table.Text("owner"));
  listener.owner = owner.value_or("");
  const bool placed = path.has_value() || address.has_value() || systemd_socket.has_value();
  listener.path = placed ? path.value_or("") : kDefaultPath;
  listener.address = address.value_or("");
  listener.systemd_socket = systemd_socket.value_or("");
  listener.mode = mode.value_or(listener.mode);
  if (listener.name().empty()) {
    return table.Error("path", "expected an absolute path of at most 107 bytes");
  }
  RETURN_IF_ERROR(CheckPlace(listener, mode.has_value(), table));
  RETURN_IF_ERROR(ReadClients(listener, table));
  RETURN_IF_ERROR(table.Finish());
  return listener;
}

absl::Status CheckListeners(const std::vector<ListenerConfig>& listeners) {
  for (size_t i = 0; i < listeners.size(); ++i) {
    for (size_t k = 0; k < i; ++k) {
      if (listeners[i].name() == listeners[k].name()) {
        return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                                "[[listener]] \"" + listeners[i].name() + "\" is given twice");
      }
      const bool both = listeners[i].access.principal == listeners[k].access.principal &&
                        !listeners[i].access.rights.empty() && !listeners[k].access.rights.empty();
      if (both) {
        return base::MakeStatus(absl::StatusCode::kInvalidArgument,
                                "[[listener]] principal " +
                                    base::Escaped(listeners[i].access.principal) +
                                    ": two listeners say what it may do; leave it to one, and "
                                    "write more as [[rule]]");
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace attestd::agent
