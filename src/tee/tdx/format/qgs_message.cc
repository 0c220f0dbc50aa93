// SPDX-License-Identifier: Apache-2.0
#include "tee/tdx/format/qgs_message.h"

#include <absl/strings/str_cat.h>

#include <algorithm>
#include <iterator>
#include <string>

#include "base/byte_reader.h"
#include "base/encoding.h"
#include "tee/tdx/format/quote.h"

namespace attestd::tee::tdx {
namespace {

// qgs_msg_header_t and qgs_msg_type_t of qgs_msg_lib.h. The minor version says nothing of the
// layout: version 1.0 is what every service answers.
constexpr uint16_t kMajorVersion = 1;
constexpr uint16_t kMinorVersion = 0;
constexpr uint32_t kGetQuoteRequest = 0;
constexpr uint32_t kGetQuoteResponse = 1;
constexpr size_t kHeaderSize = 16;

absl::Status Malformed(const std::string& what) {
  return base::MakeStatus(absl::StatusCode::kInvalidArgument, what);
}

void AppendLe(base::Bytes& out, uint64_t value, size_t size) {
  std::ranges::copy(base::LittleEndian(value, size), std::back_inserter(out));
}

// qgs_msg_error_t.
std::string_view ErrorText(uint32_t code) {
  switch (code) {
    case 0x12001:
      return "unexpected error: the host cannot make quotes; see the service's log there";
    case 0x12002:
      return "out of memory";
    case 0x12003:
      return "invalid parameter";
    case 0x12004:
      return "invalid version";
    case 0x12005:
      return "invalid type";
    case 0x12006:
      return "invalid size";
    case 0x12007:
      return "invalid code";
    default:
      return "unknown error";
  }
}

// The header; leaves the reader behind it.
absl::Status CheckHeader(base::ByteReader& reader, size_t message_size) {
  ASSIGN_OR_RETURN(const uint16_t major, reader.ReadU16Le());
  RETURN_IF_ERROR(reader.ReadU16Le().status());  // minor: changes are compatible
  ASSIGN_OR_RETURN(const uint32_t type, reader.ReadU32Le());
  ASSIGN_OR_RETURN(const uint32_t size, reader.ReadU32Le());
  ASSIGN_OR_RETURN(const uint32_t error, reader.ReadU32Le());
  if (major != kMajorVersion) {
    return Malformed(absl::StrCat("major version: expected 1, found ", major));
  }
  if (type != kGetQuoteResponse) {
    return Malformed(absl::StrCat("type: expected 1 (get_quote response), found ", type));
  }
  if (size != message_size) {
    return Malformed(absl::StrCat("size: expected ", message_size, ", found ", size));
  }
  if (error != 0) {
    return base::MakeStatus(absl::StatusCode::kFailedPrecondition, base::Reason::kDeviceFailed,
                            absl::StrCat("error code 0x", absl::Hex(error), " (") +
                                std::string(ErrorText(error)) + ")");
  }
  return absl::OkStatus();
}

}  // namespace

base::Bytes FormatQgsQuoteRequest(base::ByteView td_report) {
  // qgs_msg_get_quote_req_t: header, report size, size of the id list (none), report.
  const size_t size = kHeaderSize + 8 + td_report.size();
  base::Bytes message;
  for (size_t shift = 32; shift > 0; shift -= 8) {
    message.push_back(static_cast<uint8_t>(size >> (shift - 8)));
  }
  AppendLe(message, kMajorVersion, 2);
  AppendLe(message, kMinorVersion, 2);
  AppendLe(message, kGetQuoteRequest, 4);
  AppendLe(message, size, 4);
  AppendLe(message, 0, 4);  // error code
  AppendLe(message, td_report.size(), 4);
  AppendLe(message, 0, 4);
  message.insert(message.end(), td_report.begin(), td_report.end());
  return message;
}

absl::StatusOr<size_t> ParseQgsLength(base::ByteView bytes) {
  base::ByteReader reader(bytes);
  ASSIGN_OR_RETURN(const uint32_t length, reader.ReadU32Be());
  RETURN_IF_ERROR(reader.ExpectEnd());
  if (length < kHeaderSize || length > kMaxQgsMessage) {
    return Malformed(absl::StrCat("message length: expected ", kHeaderSize, " to ", kMaxQgsMessage,
                                  ", found ", length));
  }
  return size_t{length};
}

absl::StatusOr<base::Bytes> ParseQgsQuoteResponse(base::ByteView message) {
  base::ByteReader reader(message);
  RETURN_IF_ERROR(CheckHeader(reader, message.size()));
  ASSIGN_OR_RETURN(const uint32_t id_size, reader.ReadU32Le());
  ASSIGN_OR_RETURN(const uint32_t quote_size, reader.ReadU32Le());
  RETURN_IF_ERROR(reader.ReadBytes(id_size).status());
  ASSIGN_OR_RETURN(const base::ByteView quote, reader.ReadBytes(quote_size));
  RETURN_IF_ERROR(reader.ExpectEnd());
  return base::ToBytes(quote);
}

}  // namespace attestd::tee::tdx
