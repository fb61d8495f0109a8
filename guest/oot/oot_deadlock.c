// SPDX-License-Identifier: GPL-2.0-only
/*
 * Panics with a lock held that a panic callback wants: of a KFENCE object by
 * the CPU that panics, or of the ftrace buffer by another CPU.
 */
#include <linux/cpu.h>
#include <linux/kfence.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

static char *with = "";
module_param(with, charp, 0444);

static bool armed, reader_is_stuck;

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

/* rb_get_reader_page() is called with the lock held. */
static int stay_in_reader(struct kprobe *p, struct pt_regs *regs)
{
	if (!READ_ONCE(armed) || smp_processor_id() == 0)
		return 0;

	WRITE_ONCE(reader_is_stuck, true);
	for (;;)
		cpu_relax();
}

static struct kprobe reader_probe = {
	.symbol_name = "rb_get_reader_page",
	.pre_handler = stay_in_reader,
};

/* User space reads the buffer meanwhile, on another CPU than 0. */
static int panic_beside_reader(void)
{
	int ret = register_kprobe(&reader_probe);

	if (ret)
		return ret;
	WRITE_ONCE(armed, true);
	while (!READ_ONCE(reader_is_stuck))
		cond_resched();
	panic("while another CPU reads the trace");
}

static int __init oot_deadlock_init(void)
{
	if (!strcmp(with, "kfence"))
		return panic_in_kfence();
	if (!strcmp(with, "trace"))
		return panic_beside_reader();
	return -EINVAL;
}
module_init(oot_deadlock_init);

MODULE_DESCRIPTION("Panics with a lock held that a callback wants");
MODULE_LICENSE("GPL");
