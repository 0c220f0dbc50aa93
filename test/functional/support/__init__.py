# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the functional tests: processes, certificates, TPM, broker, daemon, gRPC client."""
