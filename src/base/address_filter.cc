// SPDX-License-Identifier: Apache-2.0
#include "base/address_filter.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <string>

namespace attestd::base {
namespace {

constexpr size_t kV4Size = 4;
constexpr size_t kV6Size = 16;
constexpr size_t kV4Offset = kV6Size - kV4Size;

bool StartsWith(ByteView bytes, ByteView prefix) {
  return bytes.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

AddressClass ClassifyV4(ByteView address) {
  constexpr uint8_t kMulticastFirst = 224;  // 224.0.0.0/4, RFC 5771
  if (address[0] == 0) {                    // 0.0.0.0/8, "this network"
    return AddressClass::kUnspecified;
  }
  if (address[0] == 127) {
    return AddressClass::kLoopback;
  }
  if (address[0] == 169 && address[1] == 254) {
    return AddressClass::kLinkLocal;
  }
  const bool broadcast = std::ranges::all_of(address, [](uint8_t b) { return b == 0xff; });
  if ((address[0] & 0xf0) == kMulticastFirst || broadcast) {
    return AddressClass::kMulticast;
  }
  return AddressClass::kOrdinary;
}

AddressClass ClassifyV6(ByteView address) {
  constexpr std::array<uint8_t, kV4Offset> kZero{};
  constexpr std::array<uint8_t, kV4Offset> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  constexpr std::array<uint8_t, kV4Offset> kNat64 = {0, 0x64, 0xff, 0x9b};  // 64:ff9b::/96
  const ByteView last = address.subspan(kV4Offset);
  if (StartsWith(address, kZero)) {
    const bool zero = last[0] == 0 && last[1] == 0 && last[2] == 0;
    if (zero && last[3] <= 1) {
      return last[3] == 0 ? AddressClass::kUnspecified : AddressClass::kLoopback;
    }
    return ClassifyV4(last);
  }
  if (StartsWith(address, kMapped) || StartsWith(address, kNat64)) {
    return ClassifyV4(last);
  }
  if (address[0] == 0xff) {
    return AddressClass::kMulticast;
  }
  return address[0] == 0xfe && (address[1] & 0xc0) == 0x80 ? AddressClass::kLinkLocal
                                                           : AddressClass::kOrdinary;
}

}  // namespace

AddressClass ClassifyAddress(ByteView address) {
  switch (address.size()) {
    case kV4Size:
      return ClassifyV4(address);
    case kV6Size:
      return ClassifyV6(address);
    default:
      return AddressClass::kUnknown;
  }
}

std::string_view AddressClassName(AddressClass address_class) {
  switch (address_class) {
    case AddressClass::kOrdinary:
      return "ordinary";
    case AddressClass::kUnspecified:
      return "unspecified";
    case AddressClass::kLoopback:
      return "loopback";
    case AddressClass::kLinkLocal:
      return "link-local";
    case AddressClass::kMulticast:
      return "multicast";
    case AddressClass::kUnknown:
      break;
  }
  return "unknown";
}

bool IsAllowedAddress(ByteView address, bool allow_loopback) {
  const AddressClass found = ClassifyAddress(address);
  return found == AddressClass::kOrdinary || (found == AddressClass::kLoopback && allow_loopback);
}

bool IsLiteralHost(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) {
    return true;
  }
  in_addr v4{};
  const std::string text(host);
  return ::inet_pton(AF_INET, text.c_str(), &v4) == 1 ||
         ::strcasecmp(text.c_str(), "localhost") == 0;
}

}  // namespace attestd::base
