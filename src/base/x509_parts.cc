// SPDX-License-Identifier: Apache-2.0
#include "base/x509_parts.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <ctime>

#include "base/handle.h"

namespace attestd::base {

absl::StatusOr<absl::Time> ToTime(const ASN1_TIME* date, std::string_view field) {
  std::tm parts{};
  if (date == nullptr || ASN1_TIME_to_tm(date, &parts) != 1) {
    ERR_clear_error();
    return MakeStatus(absl::StatusCode::kInvalidArgument,
                      std::string(field) + " is absent or no date");
  }
  return absl::FromTM(parts, absl::UTCTimeZone());
}

std::string NameText(const X509_NAME* name) {
  const Handle<BIO, BIO_free_all> bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253) < 0) {
    ERR_clear_error();
    return "";
  }
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return size > 0 ? std::string(text, static_cast<size_t>(size)) : std::string();
}

}  // namespace attestd::base
