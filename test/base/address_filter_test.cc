// SPDX-License-Identifier: Apache-2.0
#include "base/address_filter.h"

#include <arpa/inet.h>

#include <catch2/catch.hpp>
#include <string>
#include <utility>

namespace attestd::base {
namespace {

Bytes Address(const std::string& text) {
  Bytes v4(4);
  Bytes v6(16);
  if (::inet_pton(AF_INET, text.c_str(), v4.data()) == 1) {
    return v4;
  }
  REQUIRE(::inet_pton(AF_INET6, text.c_str(), v6.data()) == 1);
  return v6;
}

TEST_CASE("Case 44: each class of address at its edges, IPv4 inside IPv6 too") {
  using enum AddressClass;
  const auto [text, expected] = GENERATE(table<std::string, AddressClass>({
      {"1.0.0.0", kOrdinary},
      {"0.255.255.255", kUnspecified},
      {"126.255.255.255", kOrdinary},
      {"127.0.0.0", kLoopback},
      {"128.0.0.0", kOrdinary},
      {"169.253.255.255", kOrdinary},
      {"169.254.0.0", kLinkLocal},
      {"169.255.0.0", kOrdinary},
      {"10.0.0.1", kOrdinary},
      {"192.168.1.1", kOrdinary},
      {"223.255.255.255", kOrdinary},
      {"224.0.0.0", kMulticast},
      {"239.255.255.255", kMulticast},
      {"240.0.0.0", kOrdinary},
      {"255.255.255.255", kMulticast},
      {"::", kUnspecified},
      {"::1", kLoopback},
      {"::2", kUnspecified},
      {"::127.0.0.1", kLoopback},
      {"::169.254.1.1", kLinkLocal},
      {"::8.8.8.8", kOrdinary},
      {"::ffff:8.8.8.8", kOrdinary},
      {"::ffff:127.0.0.1", kLoopback},
      {"::ffff:0.0.0.0", kUnspecified},
      {"::ffff:169.254.1.1", kLinkLocal},
      {"::ffff:224.0.0.1", kMulticast},
      {"64:ff9b::127.0.0.1", kLoopback},
      {"64:ff9b::8.8.8.8", kOrdinary},
      {"fe7f::1", kOrdinary},
      {"fe80::1", kLinkLocal},
      {"febf:ffff::1", kLinkLocal},
      {"fec0::1", kOrdinary},
      {"ff00::", kMulticast},
      {"fd00::1", kOrdinary},
      {"2001:db8::1", kOrdinary},
  }));
  INFO(text);
  CHECK(ClassifyAddress(Address(text)) == expected);
  CHECK(IsAllowedAddress(Address(text), false) == (expected == kOrdinary));
  CHECK(IsAllowedAddress(Address(text), true) == (expected == kOrdinary || expected == kLoopback));
}

TEST_CASE("What is neither IPv4 nor IPv6 is not allowed") {
  const size_t size = GENERATE(as<size_t>{}, 0, 1, 3, 5, 15, 17);
  CHECK(ClassifyAddress(Bytes(size, 8)) == AddressClass::kUnknown);
  CHECK_FALSE(IsAllowedAddress(Bytes(size, 8), true));
}

TEST_CASE("A host that needs no DNS is told from a name") {
  CHECK(IsLiteralHost("10.0.0.1"));
  CHECK(IsLiteralHost("[::1]"));
  CHECK(IsLiteralHost("localhost"));
  CHECK(IsLiteralHost("LocalHost"));
  const std::string name = GENERATE("", "kbs.example", "a.localhost", "localhost.example",
                                    "10.0.0.1.nip.example", "10.0.0", "[::1", "::1]");
  CHECK_FALSE(IsLiteralHost(name));
}

}  // namespace
}  // namespace attestd::base
