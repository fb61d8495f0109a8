// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a module outside the tree looks like that knows panic_notifier_list
 * only. Builds unchanged for the base and for the series, and so serves as the
 * control: it does on the base what test_panic_notifiers does on the series.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/console.h>
#include <linux/cpumask.h>
#include <linux/module.h>
#include <linux/panic_notifier.h>
#include <linux/smp.h>
#include <linux/stop_machine.h>
#include <linux/string.h>

static bool hang;
module_param(hang, bool, 0444);

static bool fault;
module_param(fault, bool, 0444);

static bool again;
module_param(again, bool, 0444);

static bool warn;
module_param(warn, bool, 0444);

/*
 * oops, locked (with the console locked), irqsoff, all (on every CPU at once),
 * stop_machine or deaf (while another CPU takes no interrupt)
 */
static char *crash = "";
module_param(crash, charp, 0444);

static noinline void oot_panic_fault(void)
{
	WRITE_ONCE(*(int *)NULL, 0);
}

static int oot_panic_notify(struct notifier_block *nb, unsigned long event,
			    void *msg)
{
	pr_emerg("callback, %u CPUs online: %s\n", num_online_cpus(), (char *)msg);
	while (hang)
		cpu_relax();
	if (fault)
		oot_panic_fault();
	if (again)
		panic("from a callback");
	if (warn) {
		WARN(1, "from a callback\n");
		pr_emerg("has warned\n");
	}
	return NOTIFY_DONE;
}

static struct notifier_block oot_panic_nb = {
	.notifier_call = oot_panic_notify,
};

static atomic_t cpus_to_come;

static void oot_panic_this_cpu(void *unused)
{
	atomic_dec(&cpus_to_come);
	while (atomic_read(&cpus_to_come))
		cpu_relax();
	panic("on every CPU");
}

static int oot_panic_stopped(void *unused)
{
	panic("in stop_machine()");
}

static atomic_t deaf;

static void oot_panic_deaf(void *unused)
{
	atomic_set(&deaf, 1);
	for (;;)
		cpu_relax();
}

static int __init oot_panic_init(void)
{
	atomic_notifier_chain_register(&panic_notifier_list, &oot_panic_nb);
	/* To compare the registers in a dump with */
	pr_info("oot_panic_fault is at %#lx\n", (unsigned long)oot_panic_fault);

	if (!strcmp(crash, "oops")) {
		oot_panic_fault();
	} else if (!strcmp(crash, "locked")) {
		console_lock();
		panic("with the console locked");
	} else if (!strcmp(crash, "irqsoff")) {
		local_irq_disable();
		panic("with interrupts off");
	} else if (!strcmp(crash, "all")) {
		atomic_set(&cpus_to_come, num_online_cpus());
		on_each_cpu(oot_panic_this_cpu, NULL, 1);
	} else if (!strcmp(crash, "stop_machine")) {
		stop_machine(oot_panic_stopped, NULL, NULL);
	} else if (!strcmp(crash, "deaf")) {
		smp_call_function_single(num_online_cpus() - 1, oot_panic_deaf, NULL, 0);
		while (!atomic_read(&deaf))
			cpu_relax();
		panic("while another CPU is deaf");
	}
	return 0;
}
module_init(oot_panic_init);

static void __exit oot_panic_exit(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list, &oot_panic_nb);
}
module_exit(oot_panic_exit);

MODULE_DESCRIPTION("Test of panic_notifier_list from outside the tree");
MODULE_LICENSE("GPL");
