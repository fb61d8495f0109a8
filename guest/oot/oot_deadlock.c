// SPDX-License-Identifier: GPL-2.0-only
/*
 * Panics with a lock held that a panic callback wants: of a KFENCE object by
 * the CPU that panics, or of the ftrace buffer by another CPU, which reads it
 * once the module is loaded.
 */
#include <linux/kfence.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/string.h>

static char *with = "";
module_param(with, charp, 0444);

/*
 * Overwrites memory next to a KFENCE object, and then touches its guard page:
 * with panic_on_warn, the report of that is a panic.
 */
static int panic_in_kfence(void)
{
	char *object;
	int i;

	for (i = 0; i < 1000000; i++) {
		object = kmalloc(33, GFP_KERNEL);
		if (is_kfence_address(object))
			break;
		kfree(object);
		cond_resched();
	}
	if (i == 1000000)
		return -ENOMEM;

	object[33] ^= 0xff;
	/* The object is at one end of its page, and reported with the guard page that is next to it. */
	if (offset_in_page(object) < PAGE_SIZE / 2)
		return READ_ONCE(*(object - offset_in_page(object) - 1));
	return READ_ONCE(*(char *)PAGE_ALIGN((unsigned long)object));
}

static void panic_beside_reader(void *unused)
{
	panic("while another CPU reads the trace");
}

static call_single_data_t panic_call = CSD_INIT(panic_beside_reader, NULL);

/* rb_get_reader_page() is called with the lock held. */
static int stay_in_reader(struct kprobe *p, struct pt_regs *regs)
{
	if (smp_processor_id() == 0)
		return 0;

	smp_call_function_single_async(0, &panic_call);
	for (;;)
		cpu_relax();
}

static struct kprobe reader_probe = {
	.symbol_name = "rb_get_reader_page",
	.pre_handler = stay_in_reader,
};

static int __init oot_deadlock_init(void)
{
	if (!strcmp(with, "kfence"))
		return panic_in_kfence();
	if (!strcmp(with, "trace"))
		return register_kprobe(&reader_probe);
	return -EINVAL;
}
module_init(oot_deadlock_init);

MODULE_DESCRIPTION("Panics with a lock held that a callback wants");
MODULE_LICENSE("GPL");
