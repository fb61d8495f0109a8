/* A kexec that comes back at once: the image is a single instruction, ret. */
#include <err.h>
#include <linux/kexec.h>
#include <linux/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(void)
{
	static char image[4096] = { (char)0xc3 };
	/* 32 MiB: memory whose contents the kernel swaps with the image's and back */
	struct kexec_segment segment = { image, sizeof(image), (void *)0x2000000, sizeof(image) };

	if (syscall(SYS_kexec_load, segment.mem, 1, &segment, KEXEC_ARCH_X86_64 | KEXEC_PRESERVE_CONTEXT))
		err(1, "kexec_load");
	if (syscall(SYS_reboot, LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC, NULL))
		err(1, "reboot");
	return 0;
}
