# SPDX-License-Identifier: Apache-2.0
"""What of the secrets is left in the memory of live programs."""
