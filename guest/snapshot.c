/*
 * What s2disk and resume do with /dev/snapshot, with the image on a disk of its own:
 *   snapshot save DISK      makes an image and restarts the machine; comes back when that image is restored
 *   snapshot restore DISK   restores the image
 *   snapshot crash          freezes all, and crashes
 */
#include <err.h>
#include <fcntl.h>
#include <linux/suspend_ioctls.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <unistd.h>

#define PAGE 4096

static char buffer[PAGE];

static void save(int disk)
{
	int in_suspend, snapshot = open("/dev/snapshot", O_RDONLY);
	uint64_t pages = 0;
	ssize_t n;

	if (snapshot < 0 || ioctl(snapshot, SNAPSHOT_FREEZE))
		err(1, "SNAPSHOT_FREEZE");
	if (ioctl(snapshot, SNAPSHOT_CREATE_IMAGE, &in_suspend))
		err(1, "SNAPSHOT_CREATE_IMAGE");
	if (!in_suspend) {
		if (ioctl(snapshot, SNAPSHOT_UNFREEZE))
			err(1, "SNAPSHOT_UNFREEZE");
		return;
	}
	while ((n = read(snapshot, buffer, PAGE)) > 0)
		if (pwrite(disk, buffer, PAGE, ++pages * PAGE) != PAGE)
			err(1, "write");
	if (n < 0)
		err(1, "read");
	memset(buffer, 0, PAGE);
	memcpy(buffer, &pages, sizeof(pages));
	if (pwrite(disk, buffer, PAGE, 0) != PAGE || fsync(disk))
		err(1, "write");
	reboot(RB_AUTOBOOT);
}

static void restore(int disk)
{
	uint64_t pages, page;
	int snapshot;

	if (pread(disk, &pages, sizeof(pages), 0) != sizeof(pages))
		err(1, "read");
	if (!pages)
		errx(1, "no image");
	snapshot = open("/dev/snapshot", O_WRONLY);
	if (snapshot < 0)
		err(1, "/dev/snapshot");
	for (page = 1; page <= pages; page++)
		if (pread(disk, buffer, PAGE, page * PAGE) != PAGE || write(snapshot, buffer, PAGE) != PAGE)
			err(1, "page %llu", (unsigned long long)page);
	if (ioctl(snapshot, SNAPSHOT_FREEZE))
		err(1, "SNAPSHOT_FREEZE");
	ioctl(snapshot, SNAPSHOT_ATOMIC_RESTORE);
	err(1, "SNAPSHOT_ATOMIC_RESTORE");
}

static void crash(void)
{
	int snapshot = open("/dev/snapshot", O_RDONLY);

	if (snapshot < 0 || ioctl(snapshot, SNAPSHOT_FREEZE))
		err(1, "SNAPSHOT_FREEZE");
	abort();
}

int main(int argc, char **argv)
{
	int disk;

	if (argc == 2 && !strcmp(argv[1], "crash"))
		crash();
	if (argc != 3)
		errx(1, "save or restore, and a disk; or crash");
	disk = open(argv[2], O_RDWR);
	if (disk < 0 || mlockall(MCL_CURRENT | MCL_FUTURE))
		err(1, "%s", argv[2]);
	if (!strcmp(argv[1], "save"))
		save(disk);
	else
		restore(disk);
	return 0;
}
