// SPDX-License-Identifier: Apache-2.0
#include "tee/azure_vtpm/imds_client.h"

#include <absl/time/clock.h>

#include <algorithm>

namespace attestd::tee::azure_vtpm {
namespace {

constexpr int kOk = 200;
constexpr int kBadRequest = 400;
constexpr int kTooManyRequests = 429;
constexpr int kFirstServerError = 500;
// One try may take this long: the service is one hop away.
constexpr absl::Duration kTryTime = absl::Seconds(10);
constexpr absl::Duration kFirstPause = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Seconds(2);

absl::Status Failed(absl::StatusCode code, const std::string& url, std::string_view what) {
  const auto reason = code == absl::StatusCode::kDeadlineExceeded ? base::Reason::kDeadline
                                                                  : base::Reason::kDeviceFailed;
  return base::MakeStatus(code, reason, url + ": " + std::string(what));
}

absl::Status RefusedBy(const std::string& url, int http_status) {
  const bool later = http_status == kTooManyRequests || http_status >= kFirstServerError;
  return Failed(later ? absl::StatusCode::kUnavailable : absl::StatusCode::kFailedPrecondition, url,
                "HTTP status " + std::to_string(http_status));
}

bool WorthAnotherTry(const absl::StatusOr<base::HttpResponse>& response) {
  if (!response.ok()) {
    return absl::IsUnavailable(response.status()) || absl::IsDeadlineExceeded(response.status());
  }
  return response->status == kTooManyRequests || response->status >= kFirstServerError;
}

template <typename T>
absl::StatusOr<T> Named(absl::StatusOr<T> parsed, const std::string& url) {
  if (!parsed.ok()) {
    return Failed(absl::StatusCode::kFailedPrecondition, url,
                  "bad answer: " + std::string(parsed.status().message()));
  }
  return parsed;
}

}  // namespace

// Any answer but 429 and 5xx, unless the deadline ends the tries.
absl::StatusOr<base::HttpResponse> ImdsClient::Send(base::HttpRequest request,
                                                    base::Deadline deadline) {
  request.headers.push_back({"Metadata", "true"});
  request.max_reply = kMaxImdsReply;
  for (absl::Duration pause = kFirstPause;; pause = std::min(2 * pause, kLongestPause)) {
    request.deadline = base::Deadline::Earlier(deadline, base::Deadline::After(kTryTime));
    absl::StatusOr<base::HttpResponse> response = http_->Send(request);
    if (!WorthAnotherTry(response) || deadline.Remaining() <= pause) {
      if (response.ok()) {
        return response;
      }
      // The transport's reason speaks of the broker, and a caller does not mend a long answer.
      const absl::StatusCode code = absl::IsResourceExhausted(response.status())
                                        ? absl::StatusCode::kFailedPrecondition
                                        : response.status().code();
      return Failed(code, request.url, std::string(response.status().message()));
    }
    absl::SleepFor(pause);
  }
}

absl::StatusOr<AmdCertification> ImdsClient::GetAmdCertification(base::Deadline deadline) {
  base::HttpRequest request;
  request.url = base_url_ + "/metadata/THIM/amd/certification";
  ASSIGN_OR_RETURN(const base::HttpResponse response, Send(request, deadline));
  if (response.status != kOk) {
    return RefusedBy(request.url, response.status);
  }
  return Named(ParseAmdCertification(response.body), request.url);
}

absl::StatusOr<base::Bytes> ImdsClient::GetTdQuote(base::ByteView td_report,
                                                   base::Deadline deadline) {
  base::HttpRequest request;
  request.method = base::HttpRequest::Method::kPost;
  request.url = base_url_ + "/acc/tdquote";
  // Exactly this type: with a charset the service answers 415.
  request.headers = {{"Accept", "application/json"}, {"Content-Type", "application/json"}};
  request.body = TdQuoteRequest(td_report, Base64Alphabet::kUrlSafe);
  ASSIGN_OR_RETURN(base::HttpResponse response, Send(request, deadline));
  if (response.status == kBadRequest) {
    request.body = TdQuoteRequest(td_report, Base64Alphabet::kStandard);
    ASSIGN_OR_RETURN(response, Send(request, deadline));
  }
  if (response.status != kOk) {
    return RefusedBy(request.url, response.status);
  }
  return Named(ParseTdQuoteReply(response.body), request.url);
}

}  // namespace attestd::tee::azure_vtpm
