# SPDX-License-Identifier: Apache-2.0
"""A confidential VM of stand-in devices, a broker that trusts them, and attestd between them."""
import base64
import json
import os
import subprocess
import sys

from support.agent import Agent, broker_table
from support.broker import Broker
from support.certificates import issue_server
from support.fake_tee import TEES, FakeTee
from support.processes import PATIENCE_SECONDS
from support.site import SECRET, work_folder

_LOAD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "evidence_load.py")
# Of the report data in a TD quote of version 4: header, and offset in the body.
_TD_REPORT_DATA = 48 + 520


def report_data(evidence):
    """The 64 bytes that snp or tdx evidence is bound to, read from its JSON text."""
    parsed = json.loads(evidence)
    if "quote" in parsed:
        quote = base64.b64decode(parsed["quote"])
        return quote[_TD_REPORT_DATA:_TD_REPORT_DATA + 64]
    return bytes(parsed["attestation_report"]["report_data"])


class TeeSite:
    """Everything in one temporary folder; ends with the stack that it was entered on."""

    def __init__(self, stack, provider, *options):
        self._stack = stack
        self.folder = work_folder(stack)
        self.tee = FakeTee(self.folder, provider, *options)
        stack.callback(self.tee.stop)
        self.broker = Broker(self.folder, issue_server(self.folder))
        stack.callback(self.broker.stop)
        self.broker.put("app/key/main", SECRET)
        self.broker.write_policy(f"allowed_tees = [\"{TEES[provider]}\"]\n"
                                 f"[roots]\nfiles = [\"{self.tee.root_certificate}\"]\n")
        self.broker.start()

    def agent(self, tables=None, name="attestd", start=True):
        """attestd with these tables; on the stand-in devices unless told otherwise."""
        agent = Agent(self.folder, (tables or self.tee.tables()) +
                      broker_table(self.broker.url, self.broker.ca_file), name=name)
        self._stack.callback(agent.kill)
        if start:
            agent.start()
        return agent


def load(agents, requests, processes=4):
    """Asks for evidence from several processes at once, each with nonces of its own.

    Returns (requests answered, wrong nonces). The processes take turns in the list of agents.
    """
    workers = [subprocess.Popen(
        [sys.executable, "-B", _LOAD, agents[i % len(agents)].socket, str(requests // processes)],
        stdout=subprocess.PIPE, text=True) for i in range(processes)]
    answered = wrong = 0
    for worker in workers:
        out, _ = worker.communicate(timeout=PATIENCE_SECONDS * 2)
        if worker.returncode != 0:
            raise AssertionError(f"evidence_load: exit {worker.returncode}: {out}")
        counts = json.loads(out)
        answered += counts["answered"]
        wrong += counts["wrong"]
    return answered, wrong
