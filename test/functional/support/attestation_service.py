# SPDX-License-Identifier: Apache-2.0
"""A RESTful attestation service in Trustee's form that takes sample evidence bound as it asks."""
import base64
import hashlib
import http.server
import json
import secrets
import ssl
import threading


def _decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _encode(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


class AttestationService:
    """`challenges` tells whether it has any; `forgets` whether it knows them afterwards."""

    def __init__(self, tls, challenges=True):
        self.challenges, self.forgets = challenges, False
        self.requests = []  # those of /attestation, decoded
        self._given = set()
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                try:
                    status, text = 200, service.answer(self.path, body)
                except ValueError as error:  # as Trustee does with whatever it does not like
                    status, text = 500, f"An internal error occured: {error}"
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    @property
    def url(self):
        return f"https://127.0.0.1:{self._server.server_port}"

    def answer(self, path, body):
        if path == "/challenge":
            if body != {"tee": "sample", "tee_params": ""}:
                raise ValueError("tee")
            if not self.challenges:
                return ""
            challenge = secrets.token_hex(16)
            self._given.add(challenge)
            return challenge
        if path != "/attestation":
            raise ValueError(path)
        return self._judge(body)

    def _judge(self, body):
        self.requests.append(body)
        request, = body["verification_requests"]
        data = request["runtime_data"]["structured"]
        if self.challenges and (self.forgets or data["nonce"] not in self._given):
            raise ValueError("nonce")
        if request["runtime_data_hash_algorithm"] != "sha256" or request["tee"] != "sample":
            raise ValueError("request")
        canonical = json.dumps(data, sort_keys=True, separators=(",", ":")).encode()
        evidence = json.loads(_decode(request["evidence"]))
        if base64.b64decode(evidence["report_data"]) != hashlib.sha256(canonical).digest():
            raise ValueError("report data")
        return ".".join([_encode({"alg": "ES384"}),
                         _encode({"runtime_data": data, "policies": body["policy_ids"]}),
                         _encode("signature")])

    def close(self):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
