// SPDX-License-Identifier: GPL-2.0-only
/* Requests on their way to the signer and back, and the faults put in between. */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "fake_tee.h"

static unsigned int timeout_ms = 5000;
module_param(timeout_ms, uint, 0644);
static unsigned int delay_ms;
module_param(delay_ms, uint, 0644);
static unsigned int fault_errno;
module_param(fault_errno, uint, 0644);
static unsigned int fault_count;
module_param(fault_count, uint, 0644);
static unsigned int empty_count;
module_param(empty_count, uint, 0644);
static unsigned int wrong_nonce_count;
module_param(wrong_nonce_count, uint, 0644);
static unsigned int asked;
module_param(asked, uint, 0444);

struct call {
	struct list_head node;
	struct fake_tee_request request;
	struct completion answered;
	struct fake_tee_blobs blobs;
	int err;
	bool taken;
	bool done;
};

static LIST_HEAD(calls);
static DEFINE_MUTEX(calls_lock); /* the list, what is in it, and the counts above */
static DECLARE_WAIT_QUEUE_HEAD(new_call);
static u64 last_id;

void fake_tee_free(struct fake_tee_blobs *blobs)
{
	kvfree(blobs->out);
	kvfree(blobs->aux);
	memset(blobs, 0, sizeof(*blobs));
}

static bool use_up(unsigned int *count)
{
	if (!*count)
		return false;
	(*count)--;
	return true;
}

/* Takes up the faults and puts the call on the list; an errno when the fault is one. */
static int start_call(struct call *call, bool *empty)
{
	int rc = 0;

	mutex_lock(&calls_lock);
	asked++;
	if (use_up(&fault_count)) {
		rc = -(int)fault_errno;
	} else {
		if (use_up(&wrong_nonce_count))
			call->request.report_data[0] ^= 0xff;
		*empty = use_up(&empty_count);
		call->request.id = ++last_id;
		list_add_tail(&call->node, &calls);
	}
	mutex_unlock(&calls_lock);
	return rc;
}

static void end_call(struct call *call)
{
	mutex_lock(&calls_lock);
	list_del(&call->node);
	mutex_unlock(&calls_lock);
}

int fake_tee_ask(enum fake_tee_kind kind, u32 vmpl, const u8 *report_data,
		 struct fake_tee_blobs *blobs)
{
	struct call *call;
	bool empty = false;
	long left;
	int rc;

	if (delay_ms && msleep_interruptible(delay_ms))
		return -EINTR;
	call = kzalloc(sizeof(*call), GFP_KERNEL);
	if (!call)
		return -ENOMEM;
	init_completion(&call->answered);
	call->request.kind = kind;
	call->request.vmpl = vmpl;
	memcpy(call->request.report_data, report_data, FAKE_TEE_REPORT_DATA);
	rc = start_call(call, &empty);
	if (rc)
		goto out;
	wake_up_interruptible(&new_call);
	left = wait_for_completion_interruptible_timeout(&call->answered,
							 msecs_to_jiffies(timeout_ms));
	end_call(call);
	rc = left < 0 ? -EINTR : left == 0 ? -ETIMEDOUT : -call->err;
	if (rc) {
		fake_tee_free(&call->blobs);
		goto out;
	}
	*blobs = call->blobs;
	if (empty)
		blobs->out_len = 0;
out:
	kfree(call);
	return rc;
}

/* Copies out the oldest request that no signer has yet. */
static bool take_request(struct fake_tee_request *request)
{
	struct call *call;
	bool found = false;

	mutex_lock(&calls_lock);
	list_for_each_entry(call, &calls, node)
	{
		if (call->taken)
			continue;
		call->taken = true;
		*request = call->request;
		found = true;
		break;
	}
	mutex_unlock(&calls_lock);
	return found;
}

static ssize_t signer_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct fake_tee_request request;
	int rc;

	if (size < sizeof(request))
		return -EINVAL;
	rc = wait_event_interruptible(new_call, take_request(&request));
	if (rc)
		return rc;
	return copy_to_user(buf, &request, sizeof(request)) ? -EFAULT : sizeof(request);
}

/* A copy of user memory; NULL when there is nothing to copy, or an ERR_PTR. */
static u8 *copy_blob(const char __user *from, u32 len)
{
	return len ? vmemdup_user(from, len) : NULL;
}

static int read_blobs(const struct fake_tee_reply *reply, const char __user *from,
		      struct fake_tee_blobs *blobs)
{
	u8 *out = copy_blob(from, reply->out_len);
	u8 *aux = copy_blob(from + reply->out_len, reply->aux_len);

	if (IS_ERR(out) || IS_ERR(aux)) {
		kvfree(IS_ERR(out) ? NULL : out);
		kvfree(IS_ERR(aux) ? NULL : aux);
		return -EFAULT;
	}
	*blobs = (struct fake_tee_blobs){
		.out = out,
		.out_len = reply->out_len,
		.aux = aux,
		.aux_len = reply->aux_len,
	};
	return 0;
}

/* Hands the blobs to who waits for them; -ESRCH when nobody does any more. */
static int answer_call(const struct fake_tee_reply *reply, const struct fake_tee_blobs *blobs)
{
	struct call *call;
	int rc = -ESRCH;

	mutex_lock(&calls_lock);
	list_for_each_entry(call, &calls, node)
	{
		if (call->request.id != reply->id || !call->taken || call->done)
			continue;
		call->blobs = *blobs;
		call->err = reply->err;
		call->done = true;
		complete(&call->answered);
		rc = 0;
		break;
	}
	mutex_unlock(&calls_lock);
	return rc;
}

static ssize_t signer_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct fake_tee_blobs blobs = {};
	struct fake_tee_reply reply;
	int rc;

	if (size < sizeof(reply))
		return -EINVAL;
	if (copy_from_user(&reply, buf, sizeof(reply)))
		return -EFAULT;
	if (reply.out_len > FAKE_TEE_MAX_BLOB || reply.aux_len > FAKE_TEE_MAX_BLOB ||
	    size != sizeof(reply) + reply.out_len + reply.aux_len)
		return -EMSGSIZE;
	if (reply.err < 0 || reply.err > 4095)
		return -EINVAL;
	rc = read_blobs(&reply, buf + sizeof(reply), &blobs);
	if (rc)
		return rc;
	rc = answer_call(&reply, &blobs);
	if (rc) {
		fake_tee_free(&blobs);
		return rc;
	}
	return size;
}

static const struct file_operations signer_fops = {
	.owner = THIS_MODULE,
	.read = signer_read,
	.write = signer_write,
};

static struct miscdevice signer_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = FAKE_TEE_DEVICE,
	.fops = &signer_fops,
	.mode = 0600,
};

int fake_tee_calls_init(void)
{
	return misc_register(&signer_device);
}

void fake_tee_calls_exit(void)
{
	misc_deregister(&signer_device);
}
