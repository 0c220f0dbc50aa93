# SPDX-License-Identifier: Apache-2.0
"""Units with LoadCredential= from our socket, started by the real systemd in namespaces."""
import os
import tempfile
import unittest

from support.sample_site import SECRET
from support.systemd import Manager
from support.systemd_case import SystemdCase


@unittest.skipIf(Manager.why_not(), f"no systemd of our own: {Manager.why_not()}")
class SystemdManagerTest(SystemdCase):
    def start(self, credential, unit="app.service"):
        """systemd's exit status, the credential that the unit saw, and systemd's messages."""
        folder = tempfile.mkdtemp(dir=self.site.folder)
        manager = Manager(folder)
        out = os.path.join(folder, "seen")
        manager.unit("default.target", f"[Unit]\nWants={unit}\n")
        manager.unit(unit.replace("@1", "@"), f"""[Unit]
DefaultDependencies=no
SuccessAction=exit-force
FailureAction=exit-force
[Service]
Type=oneshot
LoadCredential={credential}:{self.path}
ExecStart=/bin/sh -c "cat %d/{credential} > {out}"
""")
        status, log = manager.run()
        if not os.path.exists(out):
            return status, None, log
        with open(out, "rb") as file:
            return status, file.read(), log

    def test_the_unit_has_its_credential(self):
        self.agent()
        status, seen, log = self.start("key")
        self.assertEqual((status, seen), (0, SECRET), log)

    def test_an_instance_has_its_credential(self):
        self.agent()
        status, seen, log = self.start("key", "many@1.service")
        self.assertEqual((status, seen), (0, SECRET), log)

    def test_a_unit_that_is_refused_does_not_start(self):
        self.agent()
        for credential in ("other", "denied"):
            with self.subTest(credential):
                status, seen, log = self.start(credential)
                # systemd.exec(5): 243, EXIT_CREDENTIALS.
                self.assertEqual((status, seen), (243, None), log)

    def test_the_control_an_empty_credential_starts_the_unit(self):
        # Why a refusal cannot be an end without bytes.
        self.site.broker.put("app/key/main", b"")
        self.agent()
        status, seen, log = self.start("key")
        self.assertEqual((status, seen), (0, b""), log)


if __name__ == "__main__":
    unittest.main()
