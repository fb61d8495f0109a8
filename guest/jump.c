/*
 * A kexec that comes back at once. The image loads the GDT that the kernel has on CPU 0, as the kernel relies on one when
 * it comes back and does not load it itself, and returns.
 */
#define _GNU_SOURCE
#include <err.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

static char image[4096] = {
	0x0f, 0x01, 0x15, 0x01, 0x00, 0x00, 0x00,	/* lgdt 1(%rip) */
	(char)0xc3,					/* ret */
};

int main(void)
{
	/* 32 MiB: memory whose contents the kernel swaps with the image's and back */
	struct kexec_segment segment = { image, sizeof(image), (void *)0x2000000, sizeof(image) };
	cpu_set_t cpu;

	CPU_ZERO(&cpu);
	CPU_SET(0, &cpu);
	if (sched_setaffinity(0, sizeof(cpu), &cpu))
		err(1, "sched_setaffinity");
	__asm__ volatile("sgdt %0" : "=m" (image[8]) : : "memory");
	if (syscall(SYS_kexec_load, segment.mem, 1, &segment, KEXEC_ARCH_X86_64 | KEXEC_PRESERVE_CONTEXT))
		err(1, "kexec_load");
	if (syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, NULL))
		err(1, "reboot");
	return 0;
}
