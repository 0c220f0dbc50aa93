# SPDX-License-Identifier: Apache-2.0
"""Private certificate authorities, through the openssl command."""
import base64
import hashlib
import os

from support.processes import run

_NAMES = "IP:127.0.0.1,DNS:localhost"


class Authority:
    """A private CA in a folder of its own."""

    def __init__(self, folder, name="ca"):
        self._folder = folder
        self.cert = os.path.join(folder, f"{name}.pem")
        self._key = os.path.join(folder, f"{name}.key")
        self._make_key(self._key)
        run(["openssl", "req", "-x509", "-new", "-key", self._key, "-out", self.cert, "-days", "2",
             "-subj", f"/CN=attestd test {name}"])

    @staticmethod
    def _make_key(path):
        run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", path])

    def issue(self, name="server", names=_NAMES, expired=False):
        """A server's certificate for `names`: (certificate file, key file)."""
        base = os.path.join(self._folder, name)
        self._make_key(base + ".key")
        run(["openssl", "req", "-new", "-key", base + ".key", "-out", base + ".csr",
             "-subj", f"/CN={name}"])
        with open(base + ".ext", "w", encoding="ascii") as extensions:
            extensions.write(f"subjectAltName={names}\n")
        # A negative number of days ends the validity before it began.
        run(["openssl", "x509", "-req", "-in", base + ".csr", "-CA", self.cert, "-CAkey", self._key,
             "-CAcreateserial", "-extfile", base + ".ext", "-days", "-1" if expired else "2",
             "-out", base + ".pem"])
        return base + ".pem", base + ".key"


def issue_server(folder):
    """A fresh authority with one server certificate: (CA file, certificate file, key file)."""
    authority = Authority(folder)
    return (authority.cert,) + authority.issue()


def public_key_pin(cert):
    """As [[kbs]] pins names the certificate's key (RFC 7469, 2.4)."""
    pem = run(["openssl", "x509", "-in", cert, "-pubkey", "-noout"])
    spki = run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=pem)
    return "sha256//" + base64.b64encode(hashlib.sha256(spki).digest()).decode()
