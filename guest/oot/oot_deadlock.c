// SPDX-License-Identifier: GPL-2.0-only
/*
 * Panics with a lock held that the panic wants. with=kfence: of a KFENCE object,
 * by the CPU that panics. with=function: CPU 0 panics once another CPU has come
 * to this function, which is called with the lock held, and stays there.
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

static void panic_beside(void *unused)
{
	panic("while another CPU is in %s", with);
}

static call_single_data_t panic_call = CSD_INIT(panic_beside, NULL);

static int stay(struct kprobe *p, struct pt_regs *regs)
{
	if (smp_processor_id() == 0)
		return 0;

	smp_call_function_single_async(0, &panic_call);
	for (;;)
		cpu_relax();
}

static struct kprobe probe = {
	.pre_handler = stay,
};

static int __init oot_deadlock_init(void)
{
	if (!strcmp(with, "kfence"))
		return panic_in_kfence();
	probe.symbol_name = with;
	return register_kprobe(&probe);
}
module_init(oot_deadlock_init);

MODULE_DESCRIPTION("Panics with a lock held that the panic wants");
MODULE_LICENSE("GPL");
