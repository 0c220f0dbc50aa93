/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ATTESTD_FAKE_TEE_H
#define ATTESTD_FAKE_TEE_H

#include <linux/types.h>

#include "signer_abi.h"

#define FAKE_TEE_REPORT_DATA 64

/* What the signer made; the buffers come from kvmalloc() and may be NULL. */
struct fake_tee_blobs {
	u8 *out;
	u32 out_len;
	u8 *aux;
	u32 aux_len;
};

/*
 * Has the signer answer one request, after the faults that module parameters ask for.
 * A negative errno otherwise: -ETIMEDOUT without a signer, -EINTR on a signal.
 */
int fake_tee_ask(enum fake_tee_kind kind, u32 vmpl, const u8 *report_data,
		 struct fake_tee_blobs *blobs);
void fake_tee_free(struct fake_tee_blobs *blobs);

int fake_tee_calls_init(void);
void fake_tee_calls_exit(void);

int fake_tee_tsm_init(bool tdx);
void fake_tee_tsm_exit(void);

int fake_tee_sev_init(void);
void fake_tee_sev_exit(void);

int fake_tee_tdx_init(void);
void fake_tee_tdx_exit(void);

#endif
