# SPDX-License-Identifier: Apache-2.0
"""The development key broker behind TLS, and what its log says was asked."""
import http.client
import itertools
import os
import re
import signal
import ssl

from support.processes import Process, binary, free_ports, log_from_here, wait_until

# Behind the status stand the faults that the request met, each in brackets.
_REQUEST_LINE = re.compile(r"^(GET|POST) (\S+) (\d{3})(?: \[.*)?$", re.MULTILINE)
_RULES_READ = re.compile(r"^faults: (\d+ rules in force|refused.*)$", re.MULTILINE)


class Broker:
    """attestd-dev-kbs with a folder of resources; it keeps its port over restarts.

    `protocol`, `token_key` (a file that brokers share who trust each other's tokens) and `delay_ms`
    (before each answer) can be set at any time and take effect at the next start. Without `tls` it
    speaks plain HTTP; with `disclose` it writes there what of its exchanges is secret.
    """

    def __init__(self, folder, tls, session_seconds=300, protocol="0.4.0", token_key=None,
                 delay_ms=0, disclose=None):
        self.protocol = protocol
        self.token_key = token_key
        self.delay_ms = delay_ms
        self._disclose = disclose
        self._folder = folder
        self.ca_file = tls[0] if tls else None
        self.tls = tls[1:] if tls else None  # certificate and key
        self._session_seconds = session_seconds
        self._resources = os.path.join(folder, "resources")
        self._policy = os.path.join(folder, "policy.toml")
        self._log = os.path.join(folder, "kbs.log")
        self._process = None
        self._markers = itertools.count()
        self._faults = None  # path of the script, once there is one
        self._log_of_faults = None
        self.port = free_ports()
        os.makedirs(self._resources, exist_ok=True)
        self.write_policy("")

    @property
    def url(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def pid(self):
        return self._process.pid

    def write_policy(self, text):
        """Takes effect at the next start."""
        with open(self._policy, "w", encoding="ascii") as policy:
            policy.write(text)

    def put(self, resource, content):
        path = os.path.join(self._resources, resource)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)

    def start(self, tls=None):
        """Starts it; `tls` is another (certificate, key) than usual."""
        port_file = os.path.join(self._folder, "kbs.port")
        if os.path.exists(port_file):
            os.remove(port_file)
        tls = tls or self.tls
        self._process = Process(
            [binary("attestd-dev-kbs"), "--listen", f"127.0.0.1:{self.port}",
             "--resources", self._resources, "--policy", self._policy,
             "--session-seconds", str(self._session_seconds), "--port-file", port_file,
             "--protocol", self.protocol, "--delay-ms", str(self.delay_ms)]
            + (["--cert", tls[0], "--key", tls[1]] if tls else ["--http"])
            + (["--disclose", self._disclose] if self._disclose else [])
            + (["--token-key", self.token_key] if self.token_key else [])
            + (["--faults", self._faults] if self._faults else []), self._log)
        wait_until(lambda: os.path.exists(port_file) or not self._process.running(),
                   "the broker listens")
        if not self._process.running():
            raise AssertionError("the broker does not start: " + self._process.log())

    def stop(self):
        if self._process is not None:
            self._process.kill()

    def restart(self, **options):
        """A broker that no longer knows any session."""
        self.stop()
        self.start(**options)

    def faults(self, *rules):
        """Plays these faults from here on, and none when there are none (docs/testing.md).

        The first call restarts the broker, which then knows no session; later ones keep them.
        """
        first = self._faults is None
        self._faults = os.path.join(self._folder, "faults")
        with open(self._faults, "w", encoding="utf-8") as script:
            script.write("".join(rule + "\n" for rule in rules))
        if first:
            self.restart()
            self._log_of_faults = log_from_here(self)
            return
        self._log_of_faults = log_from_here(self)
        os.kill(self._process.pid, signal.SIGHUP)
        read = wait_until(lambda: _RULES_READ.search(self._log_of_faults()), "the rules are read")
        if not read[1].startswith(f"{len(rules)} rules"):
            raise AssertionError(read[0])

    def met(self, rule):
        """How often the rule was played since it was given to faults()."""
        log = self._log_of_faults()
        return log.count(f"[{rule}]") - log.count(f"[{rule}] does not fit")

    def log(self):
        return self._process.log()

    def connect(self):
        """A connection of a client that is not attestd."""
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=30,
            context=ssl.create_default_context(cafile=self.ca_file))

    def requests(self):
        """(method, path, status) of every request so far, those being logged just now included."""
        if self._faults is None:  # else a line is written before its answer is sent
            marker = f"/marker/{next(self._markers)}"
            connection = self.connect()
            connection.request("GET", marker)
            connection.getresponse().read()
            connection.close()
            wait_until(lambda: f"GET {marker} " in self.log(), "the broker logs its requests")
        return [(method, path, int(status))
                for method, path, status in _REQUEST_LINE.findall(self.log())
                if not path.startswith("/marker/")]

    def counted(self):
        """Counts what is asked from here on: call the result for (auths, attests, gets)."""
        before = len(self.requests())

        def count():
            paths = [path for _, path, _ in self.requests()[before:]]
            return (paths.count("/kbs/v0/auth"), paths.count("/kbs/v0/attest"),
                    sum(path.startswith("/kbs/v0/resource/") for path in paths))
        return count
