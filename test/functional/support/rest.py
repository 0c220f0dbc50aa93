# SPDX-License-Identifier: Apache-2.0
"""curl, as a client of a REST listener."""
import collections
import json
import subprocess

from support.processes import PATIENCE_SECONDS

Reply = collections.namedtuple("Reply", "http headers body")


class RestClient:
    """A connection for each request, unless several targets are asked at once."""

    def __init__(self, address):
        self.base = f"http://{address}"

    def curl(self, target, *argv):
        """What curl says of one request, the path sent as it is."""
        done = subprocess.run(
            ["curl", "--silent", "--show-error", "--path-as-is", "--globoff", "--noproxy", "*",
             "--include", *argv, self.base + target],
            capture_output=True, timeout=PATIENCE_SECONDS, check=False)
        if done.returncode != 0:
            raise OSError(f"curl: exit {done.returncode}: {done.stderr.decode()}")
        return self._parse(done.stdout)

    @staticmethod
    def _parse(answer):
        head, _, body = answer.partition(b"\r\n\r\n")
        lines = head.decode("ascii").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines[1:])
        return Reply(int(lines[0].split(" ")[1]), headers, body)

    def get(self, target, *argv):
        return self.curl(target, *argv)

    def post(self, target, body, *argv):
        return self.curl(target, "--data-binary", body, *argv)

    def error(self, target, *argv):
        """(HTTP code, gRPC code, reason) of a refusal."""
        reply = self.curl(target, *argv)
        error = json.loads(reply.body)["error"]
        return reply.http, error["code"], error["reason"]
