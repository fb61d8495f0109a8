/* Dirties a mapping of a file, and forks while it does: fork() waits for the fault's lock, and so do both for each other. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const size_t size = 4 << 20;
	int fd = open(argv[1], O_RDWR | O_CREAT, 0600);
	char *map;

	if (argc != 2 || fd < 0 || ftruncate(fd, size))
		return 1;
	map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		return 1;
	for (unsigned int n = 0; access("/tmp/stop", F_OK); n++) {
		memset(map + (n * 4096L) % size, n, 4096);
		if (n % 64 == 0) {
			if (!fork())
				_exit(0);
			wait(NULL);
			fsync(fd);
		}
	}
	return 0;
}
