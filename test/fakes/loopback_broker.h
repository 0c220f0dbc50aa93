// SPDX-License-Identifier: Apache-2.0
#ifndef ATTESTD_TEST_FAKES_LOOPBACK_BROKER_H_
#define ATTESTD_TEST_FAKES_LOOPBACK_BROKER_H_

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/http.h"
#include "test/dev_kbs/kbs_service.h"

namespace attestd::fakes {

// A broker without a network: the development broker's own protocol logic behind the HTTP seam,
// with a queue of faults. Each request takes one fault, if there is; an empty one lets it through.
class LoopbackBroker : public base::HttpTransport {
 public:
  using Fault = std::function<absl::StatusOr<base::HttpResponse>(base::HttpResponse)>;

  explicit LoopbackBroker(dev_kbs::KbsService& service) : service_(service) {}

  // At once, on this thread.
  void Start(base::HttpRequest request, Done done) override { done(Answer(request)); }

  void Push(Fault fault) {
    const absl::MutexLock lock(&mutex_);
    faults_.push_back(std::move(fault));
  }

  // How many requests there were whose path begins so.
  int Count(std::string_view prefix) const {
    const absl::MutexLock lock(&mutex_);
    int count = 0;
    for (const std::string& path : paths_) {
      count += path.starts_with(prefix) ? 1 : 0;
    }
    return count;
  }

 private:
  absl::StatusOr<base::HttpResponse> Answer(const base::HttpRequest& request) {
    const std::string path = request.url.substr(request.url.find("/kbs/"));
    Fault fault;
    {
      const absl::MutexLock lock(&mutex_);
      paths_.push_back(path);
      if (!faults_.empty()) {
        fault = std::move(faults_.front());
        faults_.pop_front();
      }
    }
    base::HttpResponse response = Forward(request, path);
    return fault == nullptr ? absl::StatusOr<base::HttpResponse>(std::move(response))
                            : fault(std::move(response));
  }

  base::HttpResponse Forward(const base::HttpRequest& request, const std::string& path) {
    dev_kbs::KbsRequest forwarded;
    forwarded.method = request.method == base::HttpRequest::Method::kPost ? "POST" : "GET";
    forwarded.path = path.substr(0, path.find('?'));
    forwarded.query = path.substr(std::min(path.size(), forwarded.path.size() + 1));
    forwarded.body = request.body;
    for (const base::HttpHeader& header : request.headers) {
      if (header.name == "Cookie") {
        forwarded.cookie = header.value;
      } else if (header.name == "Authorization") {
        forwarded.authorization = header.value;
      }
    }
    const dev_kbs::KbsAnswer answer = service_.Handle(forwarded);
    base::HttpResponse response{.status = answer.status, .headers = {}, .body = answer.body};
    if (!answer.set_cookie.empty()) {
      response.headers.push_back({"set-cookie", answer.set_cookie});
    }
    if (!answer.content_type.empty()) {
      response.headers.push_back({"content-type", answer.content_type});
    }
    return response;
  }

  dev_kbs::KbsService& service_;
  mutable absl::Mutex mutex_;
  std::deque<Fault> faults_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> paths_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace attestd::fakes

#endif  // ATTESTD_TEST_FAKES_LOOPBACK_BROKER_H_
