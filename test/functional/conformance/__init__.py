# SPDX-License-Identifier: Apache-2.0
"""Hostile brokers and networks by number: each test is one case, each variant a fault in it."""
