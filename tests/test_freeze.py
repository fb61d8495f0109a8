"""Suspend and hibernation with filesystems on filesystems, on user space, on broken and on slow disks.

pm_test=freezer goes as far as all is frozen, stays there for a second and comes back.
"""

import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import DEBUG, modules, oot_module
from vm.machine import BUILD, Failure, Kernel

HERE = Path(__file__).parent / "freeze"
LIBRARY = (HERE / "lib.sh").read_text()
MIB = 1 << 20
REFUSED = "no suspend"


def freeze_kernel(flavor, arch="x86_64"):
    return Kernel(arch, flavor, "debug" if DEBUG and flavor == "series" else "")


@pytest.fixture(params=["series", "base"])
def kernel(request):
    return freeze_kernel(request.param)


@pytest.fixture
def series():
    return freeze_kernel("series")


def drive(name, file, options=""):
    return ["-drive", f"if=none,id={name},format=raw,cache=unsafe,file={file}{options}",
            "-device", f"virtio-blk-pci,drive={name},serial={name}"]


@pytest.fixture
def start(request, machine, tmp_path):
    """Makes the machine for a job: four disks of 1 GiB, modules, and the programs that the library unpacks."""
    def make(kernel, job, append="", disks=4, bps=None, extra=(), files=(), **options):
        tools = f"{BUILD}/fstools-{kernel.arch}.cpio"
        # without it, each mkfs waits for seconds for random numbers
        extra = [*drive("fstools", tools, ",readonly=on"), *extra, "-device", "virtio-rng-pci"]
        for i in range(disks):
            path = tmp_path / f"d{i}"
            if not path.exists():
                with open(path, "wb") as disk:
                    disk.truncate(1024 * MIB)
            extra += drive(f"d{i}", path, f",throttling.bps-write={bps}" if bps else "")
        options.setdefault("timeout", 120)
        options.setdefault("memory", max(768, kernel.memory))
        return machine(kernel, LIBRARY + job, f"no_console_suspend {append}", extra=extra,
                       files=[*files, *modules(kernel)], **options)
    yield make
    shutil.rmtree(tmp_path, ignore_errors=True)


def run(vm):
    """Runs a machine to its end, and returns the guest's log."""
    with vm:
        vm.wait_ok()
    return vm.text("dmesg")


def hangs_in_sync(vm):
    """The base: its sync before a suspend waits for ever."""
    with pytest.raises(Failure, match="no verdict"):
        run(vm)
    _, *suspends = vm.console().split("suspend entry")
    assert "Freezing user space" not in suspends[-1]


def frozen(log):
    return [int(count) for count in re.findall(r"Freezing filesystems completed \((\d+) frozen", log)]


def written(vm):
    """How many writes the disks have been given."""
    return sum(disk["stats"]["wr_operations"] for disk in vm.command_qmp("query-blockstats")
               if re.fullmatch(r"d\d", disk["device"]))


def traced(vm):
    """How many writes the guest has traced while all was frozen."""
    return sum(int(line.split()[1]) for line in vm.said() if line.startswith("wrote "))


def throttle(vm, bps):
    for i in range(4):
        vm.command_qmp("block_set_io_throttle", device=f"d{i}", bps=0, bps_rd=0, bps_wr=bps, iops=0, iops_rd=0, iops_wr=0)


FOUR = """
first() {
    prepare
    echo 8 >/sys/module/suspend/parameters/pm_test_delay
    # dirty data is to be written soon, and not by the sync before a suspend
    echo 10 >/proc/sys/vm/dirty_writeback_centisecs
    echo 10 >/proc/sys/vm/dirty_expire_centisecs
    echo 0 >/sys/power/sync_on_suspend
    make_mount ext4 "$(disk d0)" /a
    make_mount xfs "$(disk d1)" /b
    make_mount btrfs "$(disk d2)" /c
    make_mount f2fs "$(disk d3)" /d
    for w in /a /b /c /d; do echo nonce $NONCE >$w/nonce; done
    start_writers /a /b /c /d
    say writing
    # for the host to slow the disks down, and for data to pile up before them
    sleep 4
    suspend mem || verdict "no suspend"
    check_writers /a /b /c /d
    umount_check ext4 "$(disk d0)" /a
    umount_check xfs "$(disk d1)" /b
    umount_check btrfs "$(disk d2)" /c
    umount_check f2fs "$(disk d3)" /d
    done_ok
}
"""

# The disks as they were while all was frozen. The log of xfs is not clean on disk, and needs a mount.
COPY = """
first() {
    prepare
    check_fs ext4 "$(disk d0)"
    mount -t xfs "$(disk d1)" /b && umount /b || verdict "mount of xfs"
    check_fs xfs "$(disk d1)"
    check_fs btrfs "$(disk d2)"
    check_fs f2fs "$(disk d3)"
    for x in "ext4 d0 /a" "xfs d1 /b" "btrfs d2 /c" "f2fs d3 /d"; do
        set -- $x
        mount -t $1 -o ro "$(disk $2)" $3 || verdict "mount of $1"
        [ "$(cat $3/nonce)" = "nonce $BEFORE" ] || verdict "$1 has another nonce"
        check_sums $3
    done
    done_ok
}
"""


@pytest.mark.parametrize("flavor, arch", [("series", "x86_64"), ("series", "arm64"), ("base", "x86_64")])
def test_four(flavor, arch, start, tmp_path):
    """No write between freeze and thaw, and what is on the disks then is whole."""
    kernel = freeze_kernel(flavor, arch)
    vm = start(kernel, FOUR)
    with vm:
        vm.wait_said("writing")
        throttle(vm, MIB)
        # the delay of pm_test follows; a second is left for what is under way on the base
        vm.wait_console("Freezing remaining freezable tasks")
        before = written(vm)
        for i in range(4):
            subprocess.run(["cp", "--sparse=always", tmp_path / f"d{i}", tmp_path / f"copy{i}"], check=True)
        time.sleep(1)
        during = written(vm) - before
        assert "Restarting tasks" not in vm.console(), "too late to count"
        throttle(vm, 0)
        vm.wait_ok()
    assert frozen(vm.text("dmesg")) == ([4] if flavor == "series" else [])
    if flavor == "base":
        assert during > 0
        # what the guest counts in every other run can be seen to count
        assert traced(vm) > 0
        return
    assert during == 0
    for i in range(4):
        (tmp_path / f"copy{i}").rename(tmp_path / f"d{i}")
    run(start(kernel, f"BEFORE={vm.nonce}\n" + COPY))


# ext4 on A, mounted first, and on B; then A's table moves to a loop device over a file on B.
DOOMSDAY_DM = """
build() {
    dmsetup create A --table "0 131072 linear $(disk d0) 0"
    make_mount ext4 /dev/mapper/A /a
    make_mount ext4 "$(disk d1)" /b
    l=$(make_loop /b/file 64)
    dmsetup suspend A
    dd if="$(disk d0)" of="$l" bs=1M count=64 conv=fsync 2>/dev/null
    dmsetup load A --table "0 131072 linear $l 0"
    dmsetup resume A
}
check() { umount_check ext4 /dev/mapper/A /a; }
"""

# btrfs, then a device more: a loop over a file on an ext4 that has been mounted later.
DOOMSDAY_BTRFS = """
build() {
    make_mount btrfs "$(disk d0)" /a
    make_mount ext4 "$(disk d1)" /b
    l=$(make_loop /b/file 256)
    btrfs device add -f "$l" /a >/tmp/add 2>&1 || { send add /tmp/add; verdict "device add"; }
    btrfs balance start --full-balance -dconvert=raid1 -mconvert=raid1 /a >/tmp/add 2>&1 ||
        { send add /tmp/add; verdict "balance"; }
}
check() { umount_check btrfs "$(disk d0)" /a; }
"""

# ext4 on a loop on xfs on a loop on btrfs
NESTED = """
build() {
    make_mount btrfs "$(disk d0)" /c
    l=$(make_loop /c/file 512)
    make_mount xfs "$l" /b
    l=$(make_loop /b/file 128)
    make_mount ext4 "$l" /a
}
check() { umount_check ext4 "$l" /a; }
"""

# What else an upper one can have on a file of a lower one: half of an md, a journal, a log, its data, a second device
MD = """
build() {
    modprobe -a md-mod raid1 || verdict modprobe
    make_mount xfs "$(disk d1)" /b
    l=$(make_loop /b/file 128)
    mdadm --create /dev/md0 --run --assume-clean --level=1 --raid-devices=2 --size=65536 "$(disk d0)" "$l" >/tmp/md 2>&1 ||
        { send md /tmp/md; verdict mdadm; }
    # or it writes to its superblocks some time after the last write
    echo 0 >/sys/block/md0/md/safe_mode_delay
    make_mount ext4 /dev/md0 /a
}
check() { umount_check ext4 /dev/md0 /a; mdadm --stop /dev/md0 || verdict "mdadm --stop"; }
"""

ON_A_FILE = """
build() {
    make_mount ext4 "$(disk d1)" /b
    l=$(make_loop /b/file 128)
    build_upper
}
"""

JOURNAL = ON_A_FILE + """
build_upper() {
    make_fs ext4 -b 4096 -O journal_dev "$l"
    make_fs ext4 -b 4096 -J device="$l" "$(disk d0)"
    mount -t ext4 "$(disk d0)" /a || verdict mount
}
check() { umount_check ext4 "$(disk d0)" /a; }
"""

XFS = ON_A_FILE + """
build_upper() {
    make_fs xfs %s="$l" "$(disk d0)"
    mount -t xfs -o %s="$l" "$(disk d0)" /a || verdict mount
}
check() {
    umount /a || verdict umount
    xfs_repair -n %s "$l" "$(disk d0)" >/tmp/fsck 2>&1 || { send fsck /tmp/fsck; verdict "it is not clean"; }
}
"""

F2FS = ON_A_FILE + """
build_upper() {
    make_fs f2fs -c "$l" "$(disk d0)"
    mount -t f2fs "$(disk d0)" /a || verdict mount
}
check() { umount_check f2fs "$(disk d0)" /a; }
"""

STACKED = """
first() {
    prepare
    build
    start_writers /a /b
    suspend mem || verdict "no suspend"
    suspend mem || verdict "no second suspend"
    check_writers /a /b
    check
    done_ok
}
"""

# The control: in the wrong order the freeze of the upper one waits for the lower one.
WRONG_ORDER = """
first() {
    prepare
    build
    dd if=/dev/urandom of=/a/data bs=1M count=8 2>/dev/null
    /sbin/fsfreeze -f /b || verdict "the lower one cannot be frozen"
    (/sbin/fsfreeze -f /a; touch /tmp/frozen) &
    sleep 5
    [ ! -e /tmp/frozen ] || verdict "the upper one has been frozen all the same"
    /sbin/fsfreeze -u /b
    t=0
    until [ -e /tmp/frozen ]; do
        sleep 0.5
        t=$((t + 1))
        [ $t -lt 40 ] || verdict "the upper one cannot be frozen at all"
    done
    /sbin/fsfreeze -u /a
    check
    # ext4 may complain, as a loop device that is not the series' discards what is frozen
    send_log
    verdict ok
}
"""

STACKS = {  # how it is built, how many filesystems, and which of them is the uppermost
    "dm": (DOOMSDAY_DM, 2, "ext4 (dm-0)"),
    "btrfs": (DOOMSDAY_BTRFS, 2, "btrfs (vd"),
    "nested": (NESTED, 3, "ext4 (loop1)"),
    "nested, direct I/O": ("DIRECT_IO=--direct-io=on\n" + NESTED, 3, "ext4 (loop1)"),
    "md": (MD, 2, "ext4 (md0)"),
    "journal": (JOURNAL, 2, "ext4 (vd"),
    "xfs log": (XFS % ("-l logdev", "logdev", "-l"), 2, "xfs (vd"),
    "xfs realtime": (XFS % ("-d rtinherit=1 -r rtdev", "rtdev", "-r"), 2, "xfs (vd"),
    "f2fs": (F2FS, 2, "f2fs (vd"),
}


@pytest.mark.parametrize("stack", STACKS)
def test_order(stack, series, start):
    build, count, uppermost = STACKS[stack]
    log = run(start(series, build + STACKED))
    assert frozen(log) == [count, count]
    order = re.findall(r"PM: (Froze|Thawed) (.*)", log)[:2 * count]
    assert [what for what, _ in order] == ["Froze"] * count + ["Thawed"] * count
    names = [name for _, name in order]
    assert names == names[::-1] and names[0].startswith(uppermost)


@pytest.mark.parametrize("stack", STACKS)
def test_wrong_order(stack, start):
    run(start(freeze_kernel("base"), STACKS[stack][0] + WRONG_ORDER))


# The end of A is in a file on B, that of B in a file on A; nothing is ever written there.
CIRCLE = """
first() {
    prepare
    for x in "A d0 /a" "B d1 /b"; do
        set -- $x
        dmsetup create $1 --table "0 131072 linear $(disk $2) 0"
        make_fs ext4 /dev/mapper/$1
        mount -t ext4 -o barrier=0 /dev/mapper/$1 $3 || verdict "mount of $1"
    done
    a=$(make_loop /a/file 8)
    b=$(make_loop /b/file 8)
    for x in "A d0 $b" "B d1 $a"; do
        set -- $x
        printf '0 131072 linear %s 0\\n131072 8192 linear %s 0\\n' "$(disk $2)" $3 | dmsetup load $1 || verdict "load"
        # no freeze, and no flush through what hangs on itself
        dmsetup suspend --nolockfs --noflush $1 || verdict "dmsetup suspend"
        dmsetup resume $1 || verdict "dmsetup resume"
    done
    start_writers /a /b
    suspend mem && verdict "it has gone to sleep"
    send stats /sys/power/suspend_stats/failed_freeze_filesystems
    check_writers /a /b
    done_ok
}
"""


def test_circle(kernel, start):
    vm = start(kernel, CIRCLE)
    if "base" in kernel.name:
        with pytest.raises(Failure, match="it has gone to sleep"):
            run(vm)
        return
    log = run(vm)
    assert re.search(r"Filesystems stand on each other in a circle: \w+( \(dm-.\))? on ", log)
    assert vm.text("stats") == "1\n"
    assert frozen(log) == []


FUSE = """
first() {
    prepare
    mount_on_fuse /a
    make_mount xfs "$(disk d1)" /b
    start_writers /a /b
    start_fsync /a
    for i in 1 2 3 4 5; do suspend mem || verdict "no suspend"; done
    check_writers /a /b
    umount_check ext4 "$l" /a
    done_ok
}
"""

NBD = """
first() {
    prepare
    ifconfig lo 127.0.0.1
    mkdir -p /back
    mount -t tmpfs tmpfs /back
    dd if=/dev/zero of=/back/file bs=1M count=64 2>/dev/null
    echo "nobody:x:65534:65534::/:/bin/sh" >/etc/passwd
    nbd-server 127.0.0.1:10809 /back/file -C /dev/null >/tmp/nbd 2>&1 || { send nbd /tmp/nbd; verdict "nbd-server"; }
    sleep 1
    nbd-client 127.0.0.1 10809 /dev/nbd0 -N "" >/tmp/nbd 2>&1 || { send nbd /tmp/nbd; verdict "nbd-client"; }
    make_mount ext4 /dev/nbd0 /a
    make_mount xfs "$(disk d1)" /b
    start_writers /a /b
    start_fsync /a
    for i in 1 2 3 4 5; do suspend mem || verdict "no suspend"; done
    check_writers /a /b
    umount_check ext4 /dev/nbd0 /a
    done_ok
}
"""


# Tasks of which one always waits for a FUSE server. The freezer may come to the server first. They do not read: who waits
# for a page that is being read cannot be frozen.
FUSE_WRITERS = """
fuse_writer() { # directory
    n=0
    while [ ! -e /tmp/stop ]; do
        n=$((n + 1))
        head -c 65536 /dev/zero >"$1/$((n % 8))" || touch /tmp/failed
        mv "$1/$((n % 8))" "$1/moved" || touch /tmp/failed
        echo $n >"/tmp/progress.${1##*/}"
    done
}
first() {
    prepare
    echo 5000 >/sys/power/pm_freeze_timeout
    echo 0 >/sys/module/suspend/parameters/pm_test_delay
    mkdir -p /back /fuse
    mount -t tmpfs tmpfs /back
    bindfs /back /fuse || verdict "bindfs"
    mkdir /fuse/a /fuse/b /fuse/c
    make_mount ext4 "$(disk d0)" /d
    start_writers /d
    for w in /fuse/a /fuse/b /fuse/c; do fuse_writer $w & done
    sleep 1
    for i in 1 2 3 4 5 6 7 8 9 10; do suspend mem || verdict "no suspend"; done
    check_progress /fuse/a /fuse/b /fuse/c
    check_writers /d
    [ ! -e /tmp/failed ] || verdict "a write failed"
    [ "$(tr -d '\\0' </fuse/a/moved | wc -c)" = 0 ] && [ "$(wc -c </fuse/a/moved)" = 65536 ] || verdict "wrong data"
    done_ok
}
"""


def test_fuse_writers(kernel, start):
    vm = start(kernel, FUSE_WRITERS)
    if "series" in kernel.name:
        assert frozen(run(vm)) == [1] * 10
    else:
        with pytest.raises(Failure, match=REFUSED):
            run(vm)


@pytest.mark.parametrize("job", [FUSE, NBD], ids=["fuse", "nbd"])
def test_served_by_user_space(kernel, job, start):
    vm = start(kernel, job, timeout=200)
    if "series" in kernel.name:
        log = run(vm)
        assert frozen(log) == [2] * 5
        assert len(re.findall(r"Froze ext4 \((?:loop0|nbd0)\)", log)) == 5
    else:
        with pytest.raises(Failure, match=REFUSED):
            run(vm)


# The server of a fuseblk has stopped, while others go on to write to the disk below it.
STOPPED_SERVER = """
first() {
    prepare
    echo 3000 >/sys/power/pm_freeze_timeout
    mkdir -p /fuse
    mkntfs -q -F -f -s 512 -p 0 -H 0 -S 0 "$(disk d0)" 262144 >/tmp/mkntfs 2>&1 || { send mkntfs /tmp/mkntfs; verdict mkntfs; }
    ntfs-3g -o big_writes "$(disk d0)" /fuse || verdict "ntfs-3g"
    grep -q "/fuse fuseblk" /proc/mounts || verdict "no fuseblk"
    l=$(make_loop /fuse/file 24)
    make_mount ext4 "$l" /a
    make_mount xfs "$(disk d1)" /b
    start_writers /b
    dd if=/dev/urandom of=/a/file bs=1M count=4 2>/dev/null
    md5sum /a/file >/tmp/sum
    # a task that writes after that may wait for it
    kill -STOP "$(pidof ntfs-3g)"
    (while [ ! -e /tmp/stop ]; do dd if=/dev/zero of="$(disk d0)" bs=4k seek=200000 count=1 conv=fsync 2>/dev/null; sleep 0.2; done) &
    sleep 1
    # it is refused as long as threads of ext4 that call the freezer wait for the server
    suspend mem
    suspend mem
    [ "$(grep -ls flush_sb /proc/[0-9]*/stack | wc -l)" -le 1 ] || verdict "a worker more is stuck each time"
    kill -CONT "$(pidof ntfs-3g)"
    suspend mem || verdict "no suspend"
    check_writers /b
    umount_check ext4 "$l" /a
    mount -t ext4 -o ro "$l" /a
    md5sum -c -s /tmp/sum || verdict "wrong data"
    done_ok
}
"""


def test_stopped_server(kernel, start):
    vm = start(kernel, STOPPED_SERVER)
    if "base" in kernel.name:
        hangs_in_sync(vm)
        return
    log = run(vm)
    assert re.search(r"ing ext4 \(loop0\) is given up: .* for 3000 ms", log)
    assert "Freezing user space processes completed" in log.split("suspend exit")[0]
    assert set(re.findall(r"task:(\S+) +state", log)) <= {"jbd2/loop0-8", "ext4lazyinit"}
    assert frozen(log)[-1] == 2


# An array whose metadata mdmon keeps. To write to it when it is clean needs that.
MD_EXTERNAL = """
make_array() { # directory
    modprobe -a md-mod raid1 || verdict modprobe
    export MDADM_NO_SYSTEMCTL=1
    mkdir -p /run/mdadm /dev/md
    { mdadm -C /dev/md/ddf --run -e ddf -n 2 "$(disk d2)" "$(disk d3)" &&
        mdadm -C /dev/md/one --run --assume-clean -l 1 -n 2 --size=256M /dev/md/ddf; } >/tmp/mdadm 2>&1 ||
        { send mdadm /tmp/mdadm; verdict mdadm; }
    mdmon=$(cat /run/mdadm/*.pid)
    md=$(readlink -f /dev/md/one)
    state=/sys/block/${md##*/}/md/array_state
    echo 0.01 >"/sys/block/${md##*/}/md/safe_mode_delay" || verdict safe_mode_delay
    make_fs ext4 "$md"
    # written to by nobody but who is told to
    mount -t ext4 -o noinit_itable,commit=1000 "$md" "$1" || verdict mount
}
wait_state() {
    t=0
    until [ "$(cat "$state")" = "$1" ]; do
        sleep 0.1
        t=$((t + 1))
        [ $t -lt 100 ] || verdict "the array is $(cat "$state"), not $1"
    done
}
"""

# Tasks that share a lock with one that waits for the array
MD_BUSY = """
first() {
    prepare
    make_array /b
    make_mount ext4 "$(disk d0)" /a
    echo 3000 >/sys/power/pm_freeze_timeout
    start_writers /a /b
    for i in 1 2 3; do (while [ ! -e /tmp/stop ]; do dd if=/dev/zero bs=4k count=1 conv=fsync,notrunc; sleep 0.1; done) 2>/dev/null >/b/shared & done
    for i in 1 2 3 4 5; do sleep 0.3; suspend mem || verdict "no suspend"; done
    check_writers /a /b
    umount_check ext4 "$md" /b
    done_ok
}
"""

# What is to be written is so by the freeze, when mdmon is frozen.
MD_CLEAN = """
first() {
    prepare
    make_array /b
    echo 3000 >/sys/power/pm_freeze_timeout
    echo 100000 >/proc/sys/vm/dirty_writeback_centisecs
    sync
    for mdmon_does in answer stop answer; do
        wait_state clean
        echo $mdmon_does >>/b/x
        [ "$(cat "$state")" = clean ] || verdict "it has been written to"
        [ $mdmon_does = answer ] || kill -STOP $mdmon
        if suspend mem; then rc=answer; else rc=stop; fi
        kill -CONT $mdmon
        [ $rc = $mdmon_does ] || verdict "suspend: $rc"
    done
    # it is in use, nothing is or has been written to it, and what mdmon does in the meantime is refused
    umount /b
    wait_state clean
    echo read-auto >"$state" || verdict read-auto
    exec 8<"$md"
    exec 9</dev/snapshot
    sleep 1
    case $(cat "$state") in active | active-idle) ;; *) verdict "it is $(cat "$state") in a hibernation" ;; esac
    exec 9<&-
    wait_state clean
    done_ok
}
"""


def test_md_with_external_metadata(series, start):
    log = run(start(series, MD_EXTERNAL + MD_BUSY))
    assert frozen(log) == [2] * 5
    # before it, its writers would keep each other from being frozen
    for sleep in log.split("suspend entry")[1:]:
        assert sleep.index("Freezing user space processes") < sleep.index("Froze ext4 (md")


def test_clean_md_with_external_metadata(kernel, start):
    vm = start(kernel, MD_EXTERNAL + MD_CLEAN)
    if "base" in kernel.name:
        hangs_in_sync(vm)
        return
    log = run(vm)
    assert frozen(log) == [1] * 2
    assert re.search(r"md: (md\d+): writes still wait for user space[^$]*ing ext4 \(\1\) is given up", log)


USER_FROZEN = """
first() {
    prepare
    make_mount ext4 "$(disk d0)" /a
    make_mount xfs "$(disk d1)" /b
    start_writers /a /b
    /sbin/fsfreeze -f /a || verdict "fsfreeze"
    sleep 1
    suspend mem || verdict "no suspend"
    /sbin/fsfreeze -f /a 2>/dev/null && verdict "it is not frozen any more"
    before=$(progress /a)
    sleep 1
    [ "$(progress /a)" = "$before" ] || verdict "it is written to"
    /sbin/fsfreeze -u /a || verdict "its owner cannot thaw it"
    /sbin/fsfreeze -u /a 2>/dev/null && verdict "it has been thawed twice"
    check_writers /a /b
    umount_check ext4 "$(disk d0)" /a
    done_ok
}
"""

# dm has frozen the filesystem on A, and takes no I/O.
DM_FROZEN = """
first() {
    prepare
    dmsetup create A --table "0 131072 linear $(disk d0) 0"
    make_mount ext4 /dev/mapper/A /a
    make_mount xfs "$(disk d1)" /b
    start_writers /a /b
    dmsetup suspend A || verdict "dmsetup suspend"
    sleep 1
    suspend mem || verdict "no suspend"
    before=$(progress /a)
    sleep 1
    [ "$(progress /a)" = "$before" ] || verdict "it is written to"
    dmsetup resume A || verdict "dmsetup resume"
    check_writers /a /b
    umount_check ext4 /dev/mapper/A /a
    done_ok
}
"""


def test_user_frozen(kernel, start):
    vm = start(kernel, USER_FROZEN)
    if "series" in kernel.name:
        assert frozen(run(vm)) == [2]
    else:
        with pytest.raises(Failure, match=REFUSED):
            run(vm)


def test_frozen_by_dm(kernel, start):
    vm = start(kernel, DM_FROZEN, timeout=60)
    if "series" in kernel.name:
        assert frozen(run(vm)) == [2]
    else:
        # the sync before the suspend waits for dm, which user space is to resume
        with pytest.raises(Failure, match="no verdict|" + REFUSED):
            run(vm)


BROKEN = """
first() {
    prepare
    dmsetup create A --table "0 131072 linear $(disk d0) 0"
    make_mount %s /dev/mapper/A /a
    make_mount ext4 "$(disk d1)" /b
    start_writers /b
    dd if=/dev/urandom of=/a/file bs=1M count=4 2>/dev/null
    break_dm A 131072
    suspend mem && verdict "it has gone to sleep"
    send stats /sys/power/suspend_stats/failed_freeze_filesystems
    check_writers /b
    verdict ok
}
"""


@pytest.mark.parametrize("fs", ["ext4", "f2fs", "btrfs"])
def test_broken_disk(kernel, fs, start):
    vm = start(kernel, BROKEN.replace("131072", "524288") % fs)
    if "series" in kernel.name:
        with vm:
            vm.wait_ok()
        assert re.search(rf"PM: \w+ {fs} \(dm-0\) failed: error -\d+", vm.console())
        assert vm.text("stats") == "1\n"
    else:
        with pytest.raises(Failure, match="it has gone to sleep"):
            run(vm)


WAKEUP = """
stay_awake() {
    echo 1 >/sys/kernel/tracing/events/power/wakeup_source_activate/enable || verdict "no trace of the wakeup"
    cat /sys/power/wakeup_count >/tmp/count
    cat /tmp/count >/sys/power/wakeup_count || verdict "wakeup_count"
    suspend mem && verdict "it has gone to sleep"
    echo awake >/sys/kernel/tracing/trace_marker
    grep -e wakeup_source_activate -e awake /sys/kernel/tracing/trace >/tmp/wakeup
    send wakeup /tmp/wakeup
}
first() {
    prepare
    echo 100000 >/proc/sys/vm/dirty_writeback_centisecs
    echo 90 >/proc/sys/vm/dirty_ratio
    echo 80 >/proc/sys/vm/dirty_background_ratio
    make_mount ext4 "$(disk d0)" /a
    make_mount ext4 "$(disk d1)" /b
    make_mount xfs "$(disk d2)" /c
    busy
    for x in a b c; do echo x >/$x/x || verdict "a write failed"; done
    done_ok
}
"""

# 64 MiB at 4 MiB/s for what nothing freezes: a disk that is written to directly, and is open
WAKEUP_SYNC = """
sum() { head -c 67108864 "$(disk d3)" | md5sum; }
busy() {
    exec 9<>"$(disk d3)"
    dd if=/dev/urandom bs=1M count=64 2>/dev/null >&9
    sum >/tmp/sum
    stay_awake
    [ "$(sum)" = "$(cat /tmp/sum)" ] || verdict "wrong data"
}
"""

# 192 MiB at 4 MiB/s a disk are written in 16 s in parallel, in 48 s one after the other.
WAKEUP_FLUSH = """
busy() {
    for x in a b c; do dd if=/dev/urandom of=/$x/big bs=1M count=64 2>/dev/null; md5sum /$x/big >>/tmp/sums; done
    stay_awake
    md5sum -c -s /tmp/sums || verdict "wrong data"
}
"""

# The same for the lower of two filesystems
WAKEUP_LAYERS = """
busy() {
    l=$(make_loop /a/image 16)
    make_mount ext4 "$l" /d
    dd if=/dev/urandom of=/a/big bs=1M count=64 2>/dev/null
    md5sum /a/big >/tmp/sums
    echo x >/d/x
    stay_awake
    md5sum -c -s /tmp/sums || verdict "wrong data"
    echo y >/d/y || verdict "it is still frozen"
}
"""

# The freeze waits for the end of a write.
WAKEUP_FREEZE = """
busy() {
    modprobe oot_writer path=/a/file seconds=30 || verdict modprobe
    sleep 1
    stay_awake
    [ "$(cat /sys/module/oot_writer/parameters/done)" = N ] || verdict "the writer has ended"
}
"""

WAKEUPS = {  # what it is busy with, and what the console says before and after that
    "sync": (WAKEUP_SYNC, "suspend entry", "Freezing user space processes"),
    "layers": (WAKEUP_LAYERS, "Freezing user space processes", "Freezing filesystems"),
    "flush": (WAKEUP_FLUSH, "Freezing user space processes", "Freezing filesystems"),
    "freeze": (WAKEUP_FREEZE, "Freezing user space processes", "Freezing filesystems"),
}


def wake(vm, before, after):
    """Wakes a machine that is busy with going to sleep; the seconds by its clock until a task runs again."""
    with vm:
        vm.wait_console(before)
        time.sleep(4)
        assert after not in vm.console(), "too late for a wakeup"
        vm.command_qmp("system_powerdown")
        vm.wait_ok()
    (woken, awake) = re.findall(r" ([\d.]+): (?:wakeup_source_activate|tracing_mark_write)", vm.text("wakeup"))
    return float(awake) - float(woken)


@pytest.mark.parametrize("phase", WAKEUPS)
def test_wakeup(phase, series, start):
    """A wakeup event in the midst of what would take 12 or 26 seconds more."""
    job, before, after = WAKEUPS[phase]
    vm = start(series, job + WAKEUP, bps=4 * MIB, files=[oot_module(series, "oot_writer")])
    took = wake(vm, before, after)
    log = vm.text("dmesg")
    assert frozen(log) == []
    assert ("Freezing filesystems aborted by a wakeup event" in log) == (phase != "sync")
    assert ("Syncing filesystems aborted by a wakeup event" in log) == (phase == "sync")
    print(f"{took:.3f} s")
    assert took < 0.5


def test_wakeup_base(start):
    """The control: the sync of the base is deaf to it."""
    assert wake(start(freeze_kernel("base"), WAKEUP_SYNC + WAKEUP, bps=4 * MIB), *WAKEUPS["sync"][1:]) > 6


# The error of one ends the sleep, though another would have to write for 16 s.
BROKEN_AND_SLOW = """
first() {
    prepare
    echo 100000 >/proc/sys/vm/dirty_writeback_centisecs
    echo 90 >/proc/sys/vm/dirty_ratio
    echo 80 >/proc/sys/vm/dirty_background_ratio
    dmsetup create A --table "0 524288 linear $(disk d0) 0"
    make_mount btrfs /dev/mapper/A /a
    make_mount ext4 "$(disk d1)" /b
    echo x >/a/file
    break_dm A 524288
    dd if=/dev/urandom of=/b/big bs=1M count=64 2>/dev/null
    suspend mem && verdict "it has gone to sleep"
    echo x >/b/x || verdict "a write failed"
    send_log
    verdict ok
}
"""


def test_broken_and_slow_disk(series, start):
    log = run(start(series, BROKEN_AND_SLOW, bps=4 * MIB))
    assert float(re.search(r"Freezing filesystems failed after ([\d.]+) seconds", log)[1]) < 8


# The disk is pulled out, and the filesystem is still mounted.
GONE = """
first() {
    prepare
    make_mount ext4 "$(disk d0)" /a
    make_mount ext4 "$(disk d1)" /b
    start_writers /b
    echo x >/a/x
    d=$(disk d0)
    echo 1 >"/sys/block/${d##*/}/device/../remove"
    disk d0 && verdict "the disk is still there"
    suspend mem || verdict "no suspend"
    check_writers /b
    send_log
    verdict ok
}
"""


def test_disk_that_is_gone(series, start):
    log = run(start(series, GONE))
    assert len(re.findall(r"The disk of ext4 \(vd.\) is gone, it is not frozen", log)) == 1
    assert frozen(log) == [1]


# What is synced and not frozen is on a disk that takes I/O and keeps it, while another is written to all the time.
SYNC_STUCK = """
first() {
    prepare
    echo 3000 >/sys/power/pm_freeze_timeout
    dmsetup create A --table "0 65536 linear $(disk d0) 0"
    mkfs.minix /dev/mapper/A >/dev/null || verdict mkfs.minix
    mount -t minix /dev/mapper/A /a || verdict "mount of minix"
    make_mount ext4 "$(disk d1)" /b
    start_writers /b
    dd if=/dev/urandom of=/a/file bs=64k count=16 2>/dev/null
    md5sum /a/file >/tmp/sum
    dmsetup suspend --nolockfs --noflush A
    suspend mem || verdict "no suspend"
    suspend mem || verdict "no second suspend"
    dmsetup resume A
    check_writers /b
    umount /a
    mount -t minix /dev/mapper/A /a || verdict "second mount of minix"
    md5sum -c -s /tmp/sum || verdict "wrong data"
    done_ok
}
"""


def test_sync_that_does_not_end(kernel, start):
    vm = start(kernel, SYNC_STUCK, timeout=60)
    if "base" in kernel.name:
        hangs_in_sync(vm)
        return
    log = run(vm)
    assert len(re.findall(r"syncing minix \(dm-0\) is given up: no I/O for 3000 ms", log)) == 1
    assert "Still syncing minix (dm-0), left alone" in log
    assert frozen(log) == [1, 1]


# A btrfs of which one mirror has failed, and then answers again, but has missed a commit
BTRFS_MIRROR = """
first() {
    prepare
    dmsetup create A --table "0 1048576 linear $(disk d0) 0"
    make_fs btrfs -d raid1 -m raid1 "$(disk d1)" /dev/mapper/A
    mount -t btrfs -o device=/dev/mapper/A "$(disk d1)" /a || verdict mount
    dd if=/dev/urandom of=/a/file bs=1M count=4 conv=fsync 2>/dev/null
    md5sum /a/file >/tmp/sum
    break_dm A 1048576
    freeze_and_thaw
    { echo x >/a/x && sync -f /a/x; } || verdict "it is read-only"
    dmsetup load A --table "0 1048576 linear $(disk d0) 0"
    dmsetup suspend --nolockfs A
    dmsetup resume A
    freeze_and_thaw
    { echo y >/a/y && sync -f /a/y; } || verdict "it is read-only after all"
    md5sum -c -s /tmp/sum || verdict "wrong data"
    send_log
    verdict ok
}
"""

# With checkpoint=disable a sync leaves an f2fs dirty.
F2FS_DIRTY = """
first() {
    prepare
    make_fs f2fs "$(disk d0)"
    mount -t f2fs -o checkpoint=disable "$(disk d0)" /a || verdict mount
    dd if=/dev/urandom of=/a/file bs=1M count=4 conv=fsync 2>/dev/null
    md5sum /a/file >/tmp/sum
    freeze_and_thaw
    echo x >/a/x || verdict "a write failed"
    mount -o remount,checkpoint=enable /a || verdict remount
    md5sum -c -s /tmp/sum || verdict "wrong data"
    umount_check f2fs "$(disk d0)" /a
    send_log
    verdict ok
}
"""


@pytest.mark.parametrize("job, refused", [(BTRFS_MIRROR, "it is read-only"), (F2FS_DIRTY, "it cannot be frozen")],
                         ids=["btrfs", "f2fs"])
def test_frozen_as_it_is(kernel, job, refused, start):
    """What works while it is not frozen goes on to work; the base is frozen by fsfreeze(8)."""
    if "series" in kernel.name:
        run(start(kernel, 'freeze_and_thaw() { suspend mem || verdict "no suspend"; }' + job))
        return
    vm = start(kernel, """
freeze_and_thaw() {
    /sbin/fsfreeze -f /a || verdict "it cannot be frozen"
    /sbin/fsfreeze -u /a || verdict "it cannot be thawed"
}
""" + job)
    with pytest.raises(Failure, match=refused):
        run(vm)


# 200 MiB are copied to another disk. The machine is turned off meanwhile, and the mount goes on with it.
REPLACE = """
first() {
    prepare
    make_mount btrfs "$(disk d0)" /a
    dd if=/dev/zero of=/a/file bs=1M count=200 conv=fsync 2>/dev/null
    say written
    sleep 2
    btrfs replace start -f 1 "$(disk d1)" /a >/tmp/replace 2>&1 || { send replace /tmp/replace; verdict "replace start"; }
    sleep 3
    sync
    verdict ok
}
"""

REPLACE_RESUMED = """
replacing() { btrfs replace status -1 /a | grep -q "% done" || verdict "nothing is being replaced"; }
first() {
    prepare
    echo 4 >/sys/module/suspend/parameters/pm_test_delay
    modprobe btrfs
    btrfs device scan >/dev/null
    mount -t btrfs "$(disk d0)" /a || verdict mount
    sleep 3
    /sbin/fsfreeze -f /a
    replacing
    echo >/sys/kernel/tracing/trace
    sleep 3
    if grep block_rq_issue /sys/kernel/tracing/trace >/tmp/writes; then verdict "$(wc -l </tmp/writes) writes to what is frozen"; fi
    /sbin/fsfreeze -u /a
    suspend mem || verdict "no suspend"
    replacing
    btrfs replace cancel /a || verdict "replace cancel"
    umount_check btrfs "$(disk d0)" /a
    done_ok
}
"""


def test_replace(kernel, start):
    with start(kernel, REPLACE) as vm:
        vm.wait_said("written")
        throttle(vm, 2 * MIB)
        vm.wait_ok()
    vm = start(kernel, REPLACE_RESUMED, bps=2 * MIB)
    if "series" in kernel.name:
        log = run(vm)
        assert "continuing dev_replace" in log
        assert frozen(log) == [1]
    else:
        with pytest.raises(Failure, match="writes to what is frozen"):
            run(vm)


# A rescan that has begun before the freeze, and ends after the thaw
RESCAN = """
first() {
    prepare
    make_mount btrfs "$(disk d0)" /a
    btrfs subvolume create /a/s >/dev/null
    dd if=/dev/zero of=/a/s/file bs=4k count=2000 oflag=direct 2>/dev/null || verdict dd
    n=0
    while [ $n -lt 30 ]; do n=$((n + 1)); btrfs subvolume snapshot -r /a/s /a/$n >/dev/null; done
    btrfs quota enable /a || verdict "quota enable"
    btrfs quota rescan -w /a >/dev/null
    begin=$(cut -d' ' -f1 /proc/uptime)
    btrfs quota rescan -w /a >/dev/null
    say rescan from $begin to "$(cut -d' ' -f1 /proc/uptime)"
    btrfs quota rescan /a >/dev/null || verdict "quota rescan"
    # the base can be asked to freeze it
    [ -e /sys/power/freeze_filesystems ] || /sbin/fsfreeze -f /a
    suspend mem || verdict "no suspend"
    btrfs quota rescan -w /a >/dev/null
    umount_check btrfs "$(disk d0)" /a
    done_ok
}
"""


def test_rescan(kernel, start):
    vm = start(kernel, RESCAN)
    if "base" in kernel.name:
        with pytest.raises(Failure, match=REFUSED):
            run(vm)
        return
    log = run(vm)
    assert frozen(log) == [1]
    asleep, awake = log.split("suspend entry")[1].split("suspend exit")
    assert "qgroup scan completed" not in asleep and "qgroup scan completed" in awake


# A dquot of a frozen filesystem is to be released, and another filesystem without quotas to be synced.
QUOTA = """
first() {
    prepare
    make_fs ext4 -O quota "$(disk d0)"
    mount -t ext4 "$(disk d0)" /a || verdict mount
    make_mount ext4 "$(disk d1)" /b
    n=0
    while [ $n -lt 50 ]; do n=$((n + 1)); echo x >/a/$n; chown $((1000 + n)) /a/$n; done
    sync
    /sbin/fsfreeze -f /a || verdict fsfreeze
    for i in 1 2 3; do echo 3 >/proc/sys/vm/drop_caches; done
    sleep 1
    echo x >/b/x
    (sync -f /b/x; touch /tmp/synced) &
    sleep 3
    [ -e /tmp/synced ] || verdict "the sync waits"
    /sbin/fsfreeze -u /a
    umount_check ext4 "$(disk d0)" /a
    done_ok
}
"""


def test_quota_of_another(kernel, start):
    vm = start(kernel, QUOTA)
    if "series" in kernel.name:
        run(vm)
    else:
        with pytest.raises(Failure, match="the sync waits"):
            run(vm)


# A user freezes what a sleep is about to freeze. The sleep gives up after 3 s, the writer ends after 8.
TWO_FREEZERS = """
first() {
    prepare
    echo 3000 >/sys/power/pm_freeze_timeout
    mount_on_fuse /a
    modprobe oot_writer path=/a/file seconds=8 || verdict modprobe
    sleep 0.5
    echo mem >/sys/power/state &
    sleep 1.5
    /sbin/fsfreeze -f /a || verdict "fsfreeze fails"
    [ "$(cat /sys/module/oot_writer/parameters/done)" = Y ] || verdict "it has not waited for the writer"
    wait
    /sbin/fsfreeze -u /a || verdict "it is not frozen"
    echo x >/a/x || verdict "a write failed"
    umount_check ext4 "$l" /a
    done_ok
}
"""


def test_two_freezers(series, start):
    log = run(start(series, TWO_FREEZERS, files=[oot_module(series, "oot_writer")]))
    assert "freezing ext4 (loop0) is given up: in the midst of a write for 3000 ms" in log


MANY = """
first() {
    prepare
    mkdir -p /images
    mount -t tmpfs -o size=600m tmpfs /images
    i=0
    while [ $i -lt 64 ]; do
        dd if=/dev/null of=/images/$i bs=1M seek=8 2>/dev/null
        /sbin/mke2fs -q -F -t ext4 -N 64 -J size=1 /images/$i || verdict mkfs
        mkdir -p /m/$i
        losetup /dev/loop$i /images/$i || verdict losetup
        mount -t ext4 /dev/loop$i /m/$i || verdict mount
        echo $i >/m/$i/file
        i=$((i + 1))
    done
    # a bind mount is no filesystem of its own
    mount --bind /m/0 /a
    mount --bind /m/0 /b
    # nor is what is no longer mounted; what is read-only is frozen as well
    umount /m/1
    mount -o remount,ro /m/2
    suspend mem || verdict "no suspend"
    echo x >/m/63/x || verdict "it cannot be written"
    for i in 0 2 3 63; do [ "$(cat /m/$i/file)" = $i ] || verdict "wrong data on $i"; done
    touch /m/2/x 2>/dev/null && verdict "it is not read-only any more"
    losetup -d /dev/loop1 || verdict "something still uses what has been unmounted"
    umount /a /b /m/0
    check_fs ext4 /images/0
    done_ok
}
"""


def test_many(kernel, start):
    log = run(start(kernel, MANY, "loop.max_loop=64", disks=0, memory=1024))
    assert frozen(log) == ([63] if "series" in kernel.name else [])


# Tasks that wait for a frozen filesystem with a lock held for which others wait
WRITERS = """
writers() {
    rm -f /tmp/stop
    (for i in 1 2 3 4; do (while [ ! -e /tmp/stop ]; do echo "$i a line"; done) & done; wait) >/a/log &
    mkdir -p /b/lower /a/upper /a/work /c
    echo x >/b/lower/file
    mount -t overlay overlay -o lowerdir=/b/lower,upperdir=/a/upper,workdir=/a/work /c || verdict overlay
    for i in 1 2 3; do (while [ ! -e /tmp/stop ]; do echo "$i a line" >>/c/file; done) & done
    (while [ ! -e /tmp/stop ]; do touch /c/from; mv /c/from /c/to; done) &
    /job/writers /a/map &
    /job/writers /a/map &
    sleep 1
}
first() {
    prepare
    echo 5000 >/sys/power/pm_freeze_timeout
    echo 0 >/sys/module/suspend/parameters/pm_test_delay
    make_mount ext4 "$(disk d0)" /a
    make_mount xfs "$(disk d1)" /b
    writers
    suspends
    touch /tmp/stop
    wait
    umount /c
    umount_check ext4 "$(disk d0)" /a
    umount_check xfs "$(disk d1)" /b
    done_ok
}
"""

TWENTY = """
suspends() {
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do suspend mem || verdict "no suspend"; done
}
"""

# The control: frozen before user space is, and not after it
FROZEN_FIRST = """
suspends() {
    refused=0
    for i in 1 2 3; do
        /sbin/fsfreeze -f /a
        sleep 1
        suspend mem || refused=$((refused + 1))
        /sbin/fsfreeze -u /a
    done
    say refused $refused
}
"""


def program(name, directory):
    """A program for the x86_64 guest."""
    subprocess.run(["gcc", "-static", "-O1", "-o", directory / name, HERE / f"{name}.c"], check=True)
    return directory / name


def test_writers_with_locks(series, start, tmp_path):
    log = run(start(series, TWENTY + WRITERS, files=[program("writers", tmp_path)], timeout=300))
    assert frozen(log) == [2] * 20


def test_writers_with_locks_frozen_first(series, start, tmp_path):
    vm = start(series, FROZEN_FIRST + WRITERS, files=[program("writers", tmp_path)])
    run(vm)
    assert "refused 0" not in vm.said()


# Suspends that come in the midst of mounts and unmounts
MOUNTS = """
first() {
    prepare
    # none can be loaded while the system goes to sleep
    modprobe -a xfs btrfs f2fs || verdict modprobe
    echo 0 >/sys/module/suspend/parameters/pm_test_delay
    make_mount ext4 "$(disk d0)" /a
    make_fs xfs "$(disk d1)"
    make_fs btrfs "$(disk d2)"
    make_fs f2fs "$(disk d3)"
    rm -f /tmp/stop
    for x in "xfs d1 /b" "btrfs d2 /c" "f2fs d3 /d"; do
        set -- $x
        (while [ ! -e /tmp/stop ]; do
            mount -t $1 "$(disk $2)" $3 && echo x >>$3/x && umount $3 && echo >>/tmp/mounts.$1 || touch /tmp/failed
        done) &
    done
    start_writers /a
    for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do suspend mem || verdict "no suspend"; done
    check_writers /a
    [ ! -e /tmp/failed ] || verdict "a mount or umount has failed"
    for fs in xfs btrfs f2fs; do [ "$(wc -l </tmp/mounts.$fs)" -gt 3 ] || verdict "too few mounts of $fs"; done
    umount_check ext4 "$(disk d0)" /a
    check_fs xfs "$(disk d1)"
    check_fs btrfs "$(disk d2)"
    check_fs f2fs "$(disk d3)"
    done_ok
}
"""


def test_mounts_in_progress(series, start):
    assert len(frozen(run(start(series, MOUNTS, timeout=300)))) == 20


# One that has been frozen before user space, and one that then cannot be
EARLY_AND_BROKEN = """
first() {
    prepare
    mount_on_fuse /a
    dmsetup create B --table "0 131072 linear $(disk d0) 0"
    make_mount ext4 /dev/mapper/B /b
    dd if=/dev/urandom of=/b/file bs=1M count=4 2>/dev/null
    break_dm B 131072
    start_writers /a
    for i in 1 2 3; do suspend mem && verdict "it has gone to sleep"; done
    check_writers /a
    umount_check ext4 "$l" /a
    losetup -d "$l"
    umount /fuse || verdict "something still uses the FUSE filesystem"
    send_log
    verdict ok
}
"""


def test_thawed_after_a_failure(series, start):
    log = run(start(series, EARLY_AND_BROKEN))
    assert frozen(log) == []
    assert len(re.findall(r"Froze ext4 \(loop0\)", log)) == len(re.findall(r"Thawed ext4 \(loop0\)", log)) == 3


# A kernel thread is in the midst of a write, and stays there. The filesystem is not to be closed to others until it ends.
WRITER = """
first() {
    prepare
    echo 3000 >/sys/power/pm_freeze_timeout
    make_mount ext4 "$(disk d0)" /a
    make_mount xfs "$(disk d1)" /b
    start_writers /a /b
    modprobe oot_writer path=/a/file seconds=30 || verdict modprobe
    sleep 1
    suspend mem && verdict "it has gone to sleep"
    check_progress /a /b
    [ "$(cat /sys/module/oot_writer/parameters/done)" = N ] || verdict "the writer has ended"
    until [ "$(cat /sys/module/oot_writer/parameters/done)" = Y ]; do sleep 0.2; done
    suspend mem || verdict "no suspend after its end"
    check_writers /a /b
    umount_check ext4 "$(disk d0)" /a
    done_ok
}
"""


def test_writer_that_does_not_end(series, start):
    log = run(start(series, WRITER, files=[oot_module(series, "oot_writer")]))
    assert re.search(r"freezing ext4 \(vd.\) is given up: in the midst of a write for 3000 ms", log)
    assert frozen(log) == [2]


# The upper filesystem discards what has been deleted after it has been frozen itself.
DISCARD = """
first() {
    prepare
    echo 3 >/sys/module/suspend/parameters/pm_test_delay
    make_mount ext4 "$(disk d0)" /b
    l=$(make_loop /b/file 256)
    make_fs ext4 "$l"
    mount -t ext4 -o discard "$l" /a || verdict mount
    for i in 1 2 3 4 5; do
        n=0
        while [ $n -lt 200 ]; do n=$((n + 1)); head -c 8192 /dev/zero >/a/$n; done
        sync
        rm /a/*[13579]
        rm /a/[1-9]*
        suspend mem || verdict "no suspend"
    done
    umount_check ext4 "$l" /a
    losetup -d "$l"
    umount_check ext4 "$(disk d0)" /b
    done_ok
}
"""


def test_discard(series, start):
    assert frozen(run(start(series, DISCARD))) == [2] * 5


DISCARD_FROZEN = """
first() {
    prepare
    make_mount ext4 "$(disk d0)" /b
    l=$(make_loop /b/file 16)
    /sbin/fsfreeze -f /b || verdict "fsfreeze"
    (blkdiscard "$l"; touch /tmp/discarded) &
    sleep 3
    [ ! -e /tmp/discarded ] || verdict "it has been discarded"
    /sbin/fsfreeze -u /b
    wait
    done_ok
}
"""


def test_discard_from_what_is_frozen(kernel, start):
    vm = start(kernel, DISCARD_FROZEN)
    if "series" in kernel.name:
        run(vm)
    else:
        with pytest.raises(Failure, match="it has been discarded"):
            run(vm)


SWAP = """
first() {
    prepare
    make_mount ext4 "$(disk d0)" /a
    make_mount xfs "$(disk d1)" /b
    l=$(make_loop /a/swap 64)
    mkswap "$l" >/dev/null && swapon "$l" || verdict swapon
    start_writers /a /b
    suspend mem && verdict "it has gone to sleep"
    check_writers /a /b
    swapoff "$l"
    # a swap file is written to without its filesystem
    dd if=/dev/zero of=/b/swap bs=1M count=64 2>/dev/null
    mkswap /b/swap >/dev/null && swapon /b/swap || verdict "swapon of a file"
    suspend mem || verdict "no suspend without swap on a loop device"
    done_ok
}
"""


def test_swap_on_a_frozen_filesystem(series, start):
    log = run(start(series, SWAP))
    assert re.search(r"Swap stands on ext4 \(vd.\), which is to be frozen", log)
    assert frozen(log) == [2]


# Direct writes that are in flight when their task is frozen: 1 MiB at a time, for a disk of 1 MiB/s
URING = """
first() {
    prepare
    make_mount %s "$(disk d0)" /a
    (/job/uring /a/file || touch /tmp/failed) &
    sleep 4
    suspend mem || verdict "no suspend"
    touch /tmp/stop
    wait
    [ ! -e /tmp/failed ] || verdict "a write has failed"
    [ "$(tr -d Z </a/file | wc -c)" = 0 ] || verdict "wrong data"
    umount_check %s "$(disk d0)" /a
    done_ok
}
"""


@pytest.mark.parametrize("fs", ["ext4", "xfs"])
def test_io_uring(fs, series, start, tmp_path):
    vm = start(series, URING % (fs, fs), bps=MIB, files=[program("uring", tmp_path)])
    assert frozen(run(vm)) == [1]


SYSRQ = """
first() {
    prepare
    echo 1 >/proc/sys/kernel/sysrq
    echo 8 >/sys/module/suspend/parameters/pm_test_delay
    make_mount ext4 "$(disk d0)" /a
    make_mount ext4 "$(disk d1)" /b
    start_writers /b
    /sbin/fsfreeze -f /a || verdict "fsfreeze"
    suspend mem || verdict "no suspend"
    /sbin/fsfreeze -u /a 2>/dev/null && verdict "sysrq-j has not thawed what the user had frozen"
    start_writers /a
    check_writers /a
    /sbin/fsfreeze -f /a || verdict "second fsfreeze"
    echo j >/proc/sysrq-trigger
    sleep 1
    /sbin/fsfreeze -u /a 2>/dev/null && verdict "sysrq-j has not thawed it"
    echo x >/a/x
    done_ok
}
"""


def test_sysrq_j_while_frozen(series, start):
    """The emergency thaw lets go of what the user has frozen, not of what the suspend has."""
    vm = start(series, SYSRQ)
    with vm:
        vm.wait_console("Freezing remaining freezable tasks")
        keys = [{"type": "qcode", "data": key} for key in ("alt", "sysrq", "j")]
        vm.command_qmp("send-key", keys=keys)
        vm.wait_console("Emergency Thaw")
        before = written(vm)
        time.sleep(1)
        assert "Restarting tasks" not in vm.console(), "too late to count"
        assert written(vm) == before
        vm.wait_ok()
    assert frozen(vm.text("dmesg")) == [2]


SWITCH = """
first() {
    prepare
    make_mount ext4 "$(disk d0)" /a
    start_writers /a
    [ "$(cat /sys/power/freeze_filesystems)" = 1 ] || verdict "the default is not 1"
    echo maybe >/sys/power/freeze_filesystems 2>/dev/null && verdict "nonsense is taken"
    echo 0 >/sys/power/freeze_filesystems || verdict "it cannot be turned off"
    suspend mem || verdict "no suspend"
    echo 1 >/sys/power/freeze_filesystems || verdict "it cannot be turned on"
    exec 8</dev/snapshot || verdict "no /dev/snapshot"
    echo 0 2>/dev/null >/sys/power/freeze_filesystems && verdict "it is turned off while an image may be made"
    exec 8<&-
    # the library has turned the trace event on
    echo freeze >/sys/power/state || verdict "no suspend to idle"
    grep -o "filesystem_sleep: .*" /sys/kernel/tracing/trace >/tmp/trace
    send trace /tmp/trace
    check_writers /a
    done_ok
}
"""


def test_switch(series, start):
    vm = start(series, SWITCH)
    assert frozen(run(vm)) == [1]
    disk = re.search(r"Froze ext4 \((vd.)\)", vm.text("dmesg"))[1]
    assert vm.text("trace").splitlines() == [
        f"filesystem_sleep: {doing} ext4 ({disk}) {when}, err=0"
        for doing in ("flushing", "freezing", "thawing") for when in ("begin", "end")]


KSELFTEST = """
first() {
    prepare
    cd /job
    for t in freeze*.sh; do
        sh ./$t >/tmp/out 2>&1 || { send out /tmp/out; send_log; verdict "$t failed"; }
    done
    send results /sys/kernel/debug/kunit/freeze_order/results
    done_ok
}
"""


def test_in_tree(series, start):
    files = sorted((series.source / "tools/testing/selftests/power").glob("*.sh"))
    assert files
    vm = start(series, KSELFTEST, files=files)
    run(vm)
    results = vm.text("results")
    assert "not ok" not in results and len(re.findall(r"^ *ok", results, re.M)) > 10


# To sleep in earnest, and back

SLEEP = """
first() {
    restore
    prepare
    echo none >/sys/power/pm_test
    make_mount ext4 "$(disk d0)" /a
    make_mount xfs "$(disk d1)" /b
    make_mount btrfs "$(disk d2)" /c
    make_mount f2fs "$(disk d3)" /d
    start_writers /a /b /c /d
    sleep_and_wake
    check_writers /a /b /c /d
    umount_check ext4 "$(disk d0)" /a
    umount_check xfs "$(disk d1)" /b
    umount_check btrfs "$(disk d2)" /c
    umount_check f2fs "$(disk d3)" /d
    done_ok
}
"""


def test_suspend_to_ram(kernel, start):
    vm = start(kernel, 'sleep_and_wake() { echo deep >/sys/power/mem_sleep; suspend mem || verdict "no suspend"; }' + SLEEP)
    with vm:
        vm.command_qmp("query-status")
        vm.wait_for("sleep", lambda: "SUSPEND" in [name for name, _ in vm.qmp_events()])
        vm.command_qmp("system_wakeup")
        vm.wait_ok()
    log = vm.text("dmesg")
    assert "ACPI: PM: Preparing to enter system sleep state S3" in log
    assert frozen(log) == ([4] if "series" in kernel.name else [])


def test_suspend_to_idle(series, start):
    vm = start(series, 'sleep_and_wake() { echo s2idle >/sys/power/mem_sleep; suspend mem || verdict "no suspend"; }'
               + SLEEP)
    with vm:
        vm.wait_console("Freezing remaining freezable tasks")
        before = written(vm)
        time.sleep(3)
        assert written(vm) == before
        assert "suspend exit" not in vm.console()
        vm.command_qmp("system_powerdown")
        vm.wait_ok()
    assert frozen(vm.text("dmesg")) == [4]


def test_suspend_to_idle_arm64(start):
    vm = start(freeze_kernel("series", "arm64"),
               'sleep_and_wake() { alarm 20; suspend mem || verdict "no suspend"; }' + SLEEP)
    assert frozen(run(vm)) == [4]


HIBERNATE = """
hibernate() {
    echo reboot >/sys/power/disk
    suspend disk || { send_log; verdict "no hibernation"; }
    say resumed
}
"""

SWAP_DISK = """
sleep_and_wake() {
    mkswap "$(disk swap)" >/dev/null && swapon "$(disk swap)" || verdict "swapon"
    hibernate
}
"""

# The file is on a filesystem of the disk "swap". The next boot finds its offset on the disk "offset".
HIBERNATE_FILE = """
restore() {
    offset=$(tr -d '\\0' <"$(disk offset)")
    [ -n "$offset" ] || return 0
    say restoring from $offset
    echo "$offset" >/sys/power/resume_offset
    cat "/sys/block/$(basename "$(disk swap)")/dev" >/sys/power/resume
    send_log
    verdict "the image has not been restored"
}
sleep_and_wake() {
    mkdir -p /s
    make_mount ext4 "$(disk swap)" /s
    dd if=/dev/zero of=/s/swap bs=1M count=900 2>/dev/null
    mkswap /s/swap >/dev/null && swapon /s/swap || verdict "swapon"
    offset=$(filefrag -v /s/swap | awk '$1 == "0:" { sub(/\\.\\./, "", $4); print $4 }')
    echo "$offset" >/sys/power/resume_offset
    cat "/sys/block/$(basename "$(disk swap)")/dev" >/sys/power/resume
    echo "$offset" | dd of="$(disk offset)" conv=fsync 2>/dev/null
    hibernate
    swapoff /s/swap
    umount_check ext4 "$(disk swap)" /s
}
"""


# As s2disk does it
SNAPSHOT = """
restore() { /job/snapshot restore "$(disk swap)" || verdict "the image cannot be restored"; }
sleep_and_wake() {
    /job/snapshot save "$(disk swap)" || { send_log; verdict "no image"; }
    count_writes
    say resumed
}
"""


def hibernation(kernel, job, start, tmp_path, append="", **options):
    extra = []
    for name, size in (("swap", 1024), ("offset", 1)):
        with open(tmp_path / name, "wb") as disk:
            disk.truncate(size * MIB)
        extra += drive(name, tmp_path / name)
    return start(kernel, HIBERNATE + job + SLEEP, append, reboots=True, timeout=180, extra=extra, **options)


@pytest.mark.parametrize("flavor, arch", [("series", "x86_64"), ("series", "arm64"), ("base", "x86_64")])
def test_hibernation(flavor, arch, start, tmp_path):
    vm = hibernation(freeze_kernel(flavor, arch), SWAP_DISK, start, tmp_path, "resume=/dev/vde")
    with vm:
        vm.wait_ok()
    assert "resumed" in vm.said()
    assert frozen(vm.text("dmesg")) == ([4] if flavor == "series" else [])


def test_hibernation_to_file(series, start, tmp_path):
    vm = hibernation(series, HIBERNATE_FILE, start, tmp_path)
    with vm:
        vm.wait_ok()
    assert any(line.startswith("restoring from") for line in vm.said()) and "resumed" in vm.said()
    assert frozen(vm.text("dmesg")) == [5]


def test_dev_snapshot(kernel, start, tmp_path):
    vm = hibernation(kernel, SNAPSHOT, start, tmp_path, files=[program("snapshot", tmp_path)])
    with vm:
        vm.wait_ok()
    assert "resumed" in vm.said() and vm.stages() == ["first", "first"]
    assert frozen(vm.text("dmesg")) == ([4] if "series" in kernel.name else [])


# The owner of /dev/snapshot crashes while all is frozen.
CRASH = """
first() {
    prepare
    make_mount ext4 "$(disk d0)" /a
    start_writers /a
    cd /a
    echo core >/proc/sys/kernel/core_pattern
    ulimit -c unlimited
    sh -c 'kill -ABRT $$'
    [ -e core ] || verdict "no core dump of others"
    rm core
    /job/snapshot crash && verdict "it has not crashed"
    [ ! -e core ] || verdict "a core dump of the one that has frozen all"
    cd /
    check_writers /a
    umount_check ext4 "$(disk d0)" /a
    done_ok
}
"""


def test_crash_of_the_snapshot_owner(series, start, tmp_path):
    log = run(start(series, CRASH, files=[program("snapshot", tmp_path)]))
    assert frozen(log) == [1]


def test_hybrid_sleep(series, start, tmp_path):
    """An image is written, and then the machine sleeps in RAM and wakes from there."""
    vm = hibernation(series, SWAP_DISK.replace("hibernate", """
    echo suspend >/sys/power/disk
    echo deep >/sys/power/mem_sleep
    suspend disk || verdict "no hybrid sleep"
"""), start, tmp_path)
    with vm:
        vm.command_qmp("query-status")
        vm.wait_for("sleep", lambda: "SUSPEND" in [name for name, _ in vm.qmp_events()])
        vm.command_qmp("system_wakeup")
        vm.wait_ok()
    log = vm.text("dmesg")
    assert "PM: hibernation: Creating image" in log and vm.stages() == ["first"]
    assert frozen(log) == [4]


# All that ends a sleep before the machine has slept
WAYS_BACK = """
sleep_and_wake() {
    echo 0 >/sys/module/suspend/parameters/pm_test_delay
    echo deep >/sys/power/mem_sleep
    for t in freezer devices platform processors core; do
        echo $t >/sys/power/pm_test
        suspend mem || verdict "pm_test $t"
        check_progress /a /b /c /d
    done
    echo none >/sys/power/pm_test
    # no room for the image
    mkswap "$(disk offset)" >/dev/null && swapon "$(disk offset)" || verdict "swapon"
    suspend disk && verdict "there was room for the image"
    check_progress /a /b /c /d
    swapoff "$(disk offset)"
    # it would be restored at once, if 6.1 did not want to open for itself alone what it swaps to
    mkswap "$(disk swap)" >/dev/null && swapon "$(disk swap)" || verdict "swapon"
    cat "/sys/block/$(basename "$(disk swap)")/dev" >/sys/power/resume
    echo test_resume >/sys/power/disk
    suspend disk
}
"""


def test_ways_back(series, start, tmp_path):
    vm = hibernation(series, WAYS_BACK, start, tmp_path)
    with vm:
        vm.wait_ok()
    assert vm.stages() == ["first"]
    assert frozen(vm.text("dmesg")) == [4] * 7


JUMP = """
sleep_and_wake() {
    /job/jump || { send_log; verdict "kexec does not come back"; }
    count_writes
}
"""


def test_kexec_jump(kernel, start, tmp_path):
    log = run(start(kernel, JUMP + SLEEP, files=[program("jump", tmp_path)]))
    assert frozen(log) == ([4] if "series" in kernel.name else [])
    assert "Enabling non-boot CPUs" in log
