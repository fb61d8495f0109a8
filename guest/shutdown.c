/*
 * shutdown DIRECTORY: shuts down the ext4, xfs or f2fs there at once, with nothing written any more.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>

/* EXT4_IOC_SHUTDOWN, XFS_IOC_GOINGDOWN and F2FS_IOC_SHUTDOWN are the same, and so is this flag of theirs. */
#define SHUTDOWN	_IOR('X', 125, uint32_t)
#define NO_FLUSH	2

int main(int argc, char **argv)
{
	uint32_t flag = NO_FLUSH;
	int directory;

	if (argc != 2)
		errx(1, "a directory");
	directory = open(argv[1], O_RDONLY);
	if (directory < 0 || ioctl(directory, SHUTDOWN, &flag))
		err(1, "%s", argv[1]);
	return 0;
}
