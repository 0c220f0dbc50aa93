# SPDX-License-Identifier: Apache-2.0
"""An Azure confidential VM: its vTPM over swtpm, the paravisor before it, and IMDS."""
import base64
import http.server
import json
import os
import threading

from support.fake_tee import FakeTee
from support.processes import run
from support.tpm import Swtpm

AK_HANDLE = "0x81000003"


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def provision_ak(tpm, folder):
    """The attestation key where Azure keeps it; its modulus."""
    context = os.path.join(folder, "azure-ak.ctx")
    pem = os.path.join(folder, "azure-ak.pem")
    tpm.tool("tpm2_createprimary", "-C", "e", "-G", "rsa2048:rsassa-sha256:null", "-a",
             "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|noda|restricted|sign",
             "-c", context)
    tpm.tool("tpm2_evictcontrol", "-C", "o", "-c", context, AK_HANDLE)
    tpm.tool("tpm2_flushcontext", "-t")
    tpm.tool("tpm2_readpublic", "-c", AK_HANDLE, "-f", "pem", "-o", pem)
    text = run(["openssl", "rsa", "-pubin", "-in", pem, "-noout", "-modulus"]).decode()
    return bytes.fromhex(text.strip().split("=", 1)[1])


def runtime_data(modulus):
    """The JSON text that the paravisor binds to the hardware's report."""
    return json.dumps({
        "keys": [{"kid": "HCLAkPub", "key_ops": ["sign"], "kty": "RSA", "e": "AQAB",
                  "n": base64url(modulus)},
                 {"kid": "HCLEkPub", "key_ops": ["encrypt"], "kty": "RSA", "e": "AQAB",
                  "n": base64url(bytes(reversed(modulus)))}],
        "vm-configuration": {"console-enabled": True, "secure-boot": True, "tpm-enabled": True,
                             "vmUniqueId": "00000000-0000-0000-0000-000000000000"},
        "user-data": "0" * 128}, separators=(",", ":"))


class AzureVm:
    """provider "sev_guest" or "tdx_guest": the hardware below the paravisor."""

    def __init__(self, stack, folder, provider):
        self.swtpm = Swtpm(folder)
        stack.callback(self.swtpm.kill)
        text = os.path.join(folder, "runtime-data.json")
        with open(text, "w", encoding="ascii") as file:
            file.write(runtime_data(provision_ak(self.swtpm, folder)))
        self.tee = FakeTee(folder, provider, "--tpm-port", str(self.swtpm.port), "--hcl-runtime",
                           text, name="azure")
        stack.callback(self.tee.stop)

    @property
    def tcti(self):
        return "device:" + self.tee.path("tpmrm0")

    def tables(self, imds, backend="azure_vtpm", **settings):
        text = f'[tee]\nbackend = "{backend}"\n[azure_vtpm]\ntcti = "{self.tcti}"\n'
        text += f'imds = "{imds.url}"\n'
        for key, value in settings.items():
            text += f"{key} = {json.dumps(value)}\n"
        return text


class Imds:
    """IMDS on loopback. `answer` may be set to a function of the handler that answers instead."""

    def __init__(self, vm):
        self.requests = []  # (method, path, headers)
        self.answer = None
        imds = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_request(self):
                length = int(self.headers.get("Content-Length", 0))
                self.content = self.rfile.read(length)
                imds.requests.append((self.command, self.path, dict(self.headers)))
                if imds.answer is not None:
                    imds.answer(self)
                elif self.headers.get("Metadata") != "true":
                    self.reply(400, b"{}")
                elif self.path == "/metadata/THIM/amd/certification":
                    self.reply(200, amd_certification(vm.tee.keys))
                elif (self.path == "/acc/tdquote" and
                      self.headers.get("Content-Type") == "application/json"):
                    self.reply(200, td_quote(vm.tee, self.content))
                else:
                    self.reply(404, b"{}")

            do_GET = do_POST = handle_request

            def reply(self, status, content, **headers):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # clients hang up on long answers
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def amd_certification(keys, vcek="vcek.pem"):
    """The answer with the certificates in a folder of keys."""
    def read(name):
        with open(os.path.join(keys, name), encoding="ascii") as file:
            return file.read()
    return json.dumps({"vcekCert": read(vcek), "tcbm": "0", "cacheControl": "86400",
                       "certificateChain": read("ask.pem") + read("ark.pem")}).encode()


def td_quote(tee, content):
    """A quote over the TDREPORT in the request, made by the same hardware."""
    encoded = json.loads(content)["report"]
    td_report = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    return json.dumps({"quote": base64url(tee.report(td_report[128:192]))}).encode()
