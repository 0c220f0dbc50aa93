// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_BASE_ADDRESS_FILTER_H_
#define ATTESTD_BASE_ADDRESS_FILTER_H_

#include <string_view>

#include "base/bytes.h"

namespace attestd::base {

enum class AddressClass { kOrdinary, kUnspecified, kLoopback, kLinkLocal, kMulticast, kUnknown };

// The class of an address of 4 (IPv4) or 16 (IPv6) bytes in network order; kUnknown for any other
// length. An IPv6 address that carries an IPv4 one (mapped, compatible, NAT64) is of that one's
// class. Registries: RFC 6890, RFC 4291, RFC 6052.
AddressClass ClassifyAddress(ByteView address);

// "link-local", "loopback", ... for messages.
std::string_view AddressClassName(AddressClass address_class);

// Whether a connection may go to an address that DNS gave: an ordinary one, or loopback where that
// was allowed.
bool IsAllowedAddress(ByteView address, bool allow_loopback);

// Whether a host, as a URL holds it, needs no DNS: an IPv4 address, an IPv6 address in brackets,
// or "localhost". Such a one is the operator's own word and passes the filter.
bool IsLiteralHost(std::string_view host);

}  // namespace attestd::base

#endif  // ATTESTD_BASE_ADDRESS_FILTER_H_
