"""The fixtures of tests/, for the freezing of filesystems.

The guest gets its programs from build/fstools-ARCH.cpio, which scripts/guest is yet to make: of e2fsprogs mke2fs and
e2fsck, of xfsprogs mkfs.xfs and xfs_repair, btrfs, mkfs.btrfs, mkfs.f2fs, fsck.f2fs, dmsetup, fsfreeze, bindfs, and of
nbd-client and nbd-server what they are called after.
"""

from tests.conftest import machine, pytest_runtest_makereport  # noqa: F401
