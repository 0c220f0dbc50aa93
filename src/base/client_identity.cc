// SPDX-License-Identifier: Apache-2.0
#include "base/client_identity.h"

#include <absl/strings/str_format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "base/file.h"
#include "base/handle.h"

namespace attestd::base {
namespace {

constexpr size_t kMaxBytes = size_t{1} << 18;

using Bio = Handle<BIO, BIO_free_all>;
using Key = Handle<EVP_PKEY, EVP_PKEY_free>;
using X509Handle = Handle<X509, X509_free>;

absl::Status Invalid(const std::string& message) {
  ERR_clear_error();
  return MakeStatus(absl::StatusCode::kInvalidArgument, message);
}

// OpenSSL would ask on the terminal; says instead that the key is encrypted.
int RefusePassword(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

absl::StatusOr<Key> ParseKey(ByteView pem, const std::string& path) {
  // BIO_s_secmem: what the reader keeps of the key lies in the secret memory too.
  const Bio bio(BIO_new(BIO_s_secmem()));
  bool encrypted = false;
  if (bio == nullptr || BIO_write(bio.get(), pem.data(), static_cast<int>(pem.size())) !=
                            static_cast<int>(pem.size())) {
    return MakeStatus(absl::StatusCode::kResourceExhausted, path + ": no memory for the key");
  }
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, RefusePassword, &encrypted));
  if (encrypted) {
    return Invalid(path + ": the key is encrypted; write it without a passphrase, mode 0600");
  }
  if (key == nullptr) {
    return Invalid(path + ": holds no private key in PEM");
  }
  return key;
}

}  // namespace

absl::StatusOr<Secret> ReadPrivateFile(const std::string& path, size_t limit) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) {
    return ErrnoStatus(errno, path);
  }
  if ((info.st_mode & S_IRWXO) != 0) {
    return Invalid(absl::StrFormat("%s: mode %04o lets others at a secret; chmod 0600", path,
                                   info.st_mode & ALLPERMS));
  }
  return ReadSecretFile(path, limit);
}

absl::StatusOr<ClientIdentity> ReadClientIdentity(const std::string& cert_file,
                                                  const std::string& key_file) {
  ASSIGN_OR_RETURN(Secret key_pem, ReadPrivateFile(key_file, kMaxBytes));
  ASSIGN_OR_RETURN(std::string certificates, ReadFile(cert_file, kMaxBytes));
  ASSIGN_OR_RETURN(const Key key, ParseKey(key_pem.view(), key_file));
  const Bio bio(BIO_new_mem_buf(certificates.data(), static_cast<int>(certificates.size())));
  const X509Handle certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  if (certificate == nullptr) {
    return Invalid(cert_file + ": holds no certificate in PEM");
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return Invalid(key_file + ": is not the key of the first certificate in " + cert_file);
  }
  return ClientIdentity{.certificates = std::move(certificates), .key = std::move(key_pem)};
}

}  // namespace attestd::base
