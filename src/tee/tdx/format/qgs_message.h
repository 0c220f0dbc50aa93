// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_TDX_FORMAT_QGS_MESSAGE_H_
#define ATTESTD_TEE_TDX_FORMAT_QGS_MESSAGE_H_

#include <cstddef>

#include "base/bytes.h"
#include "base/status.h"

// Messages of Intel's quote generation service (qgs_msg_lib of Intel's "SGX and TDX Data Center
// Attestation Primitives", QuoteGeneration/quote_wrapper/qgs_msg_lib). On a socket each is
// preceded by its length in 4 bytes, big-endian.
namespace attestd::tee::tdx {

constexpr size_t kQgsLengthSize = 4;
// The longest answer that is read: a quote and what stands around it.
constexpr size_t kMaxQgsMessage = (size_t{128} << 10) + 4096;

// A get_quote request for one TDREPORT, with its length in front.
base::Bytes FormatQgsQuoteRequest(base::ByteView td_report);

// The length in front of a message. InvalidArgument for one that no quote has.
absl::StatusOr<size_t> ParseQgsLength(base::ByteView bytes);

// The quote in a get_quote response without the length in front. FailedPrecondition when the
// service answers with an error code; InvalidArgument when it is not such a response.
absl::StatusOr<base::Bytes> ParseQgsQuoteResponse(base::ByteView message);

}  // namespace attestd::tee::tdx

#endif  // ATTESTD_TEE_TDX_FORMAT_QGS_MESSAGE_H_
