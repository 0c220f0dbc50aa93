// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEE_AZURE_VTPM_IMDS_CLIENT_H_
#define ATTESTD_TEE_AZURE_VTPM_IMDS_CLIENT_H_

#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/deadline.h"
#include "base/http.h"
#include "base/status.h"
#include "tee/azure_vtpm/format/imds.h"

namespace attestd::tee::azure_vtpm {

// Azure's instance metadata service, which the host answers. No connection, 429 and 5xx are tried
// again until the deadline. Errors name the URL, and the HTTP status or what was wrong with the
// answer: Unavailable (no connection, 429, 5xx), DeadlineExceeded, FailedPrecondition (any other).
class ImdsClient {
 public:
  // The base URL has no path: "http://169.254.169.254".
  ImdsClient(std::unique_ptr<base::HttpTransport> http, std::string base_url)
      : http_(std::move(http)), base_url_(std::move(base_url)) {}

  absl::StatusOr<AmdCertification> GetAmdCertification(base::Deadline deadline);
  // A TD quote over a TDREPORT of 1024 bytes.
  absl::StatusOr<base::Bytes> GetTdQuote(base::ByteView td_report, base::Deadline deadline);

 private:
  absl::StatusOr<base::HttpResponse> Send(base::HttpRequest request, base::Deadline deadline);

  const std::unique_ptr<base::HttpTransport> http_;
  const std::string base_url_;
};

}  // namespace attestd::tee::azure_vtpm

#endif  // ATTESTD_TEE_AZURE_VTPM_IMDS_CLIENT_H_
