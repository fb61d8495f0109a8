"""Suspend with filesystems on filesystems, on user space, on broken and on slow disks.

pm_test=freezer goes as far as all is frozen, stays there for five seconds and comes back.
"""

import re
from pathlib import Path

import pytest

from vm.machine import BUILD, Failure, Kernel

LIBRARY = (Path(__file__).parent / "freeze.sh").read_text()
GIB = 1 << 30

FOUR = """
first() {
    prepare
    make_mount ext4 "$(disk d0)" /a
    make_mount xfs "$(disk d1)" /b
    make_mount btrfs "$(disk d2)" /c
    make_mount f2fs "$(disk d3)" /d
    start_writers /a /b /c /d
    for i in 1 2 3; do suspend mem || verdict "no suspend"; done
    check_writers /a /b /c /d
    send_log
    verdict ok
}
"""

# ext4 on A, mounted first, and on B; then A's table moves to a loop device over a file on B.
DOOMSDAY = """
first() {
    prepare
    dmsetup create A --table "0 131072 linear $(disk d0) 0"
    make_mount ext4 /dev/mapper/A /a
    make_mount ext4 "$(disk d1)" /b
    l=$(make_loop /b/file 64)
    dmsetup suspend A
    dd if="$(disk d0)" of="$l" bs=1M count=64 conv=fsync 2>/dev/null
    dmsetup load A --table "0 131072 linear $l 0"
    dmsetup resume A
    start_writers /a /b
    suspend mem || verdict "no suspend"
    suspend mem || verdict "no second suspend"
    check_writers /a /b
    send_log
    umount /a
    e2fsck -f -n /dev/mapper/A >/tmp/fsck || { send fsck /tmp/fsck; verdict "fsck"; }
    verdict ok
}
"""

# The end of A is in a file on B, that of B in a file on A. Without barriers, or a flush would go round for ever.
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
        printf '0 131072 linear %s 0\\n131072 8192 linear %s 0\\n' "$(disk $2)" $3 | dmsetup load $1
        dmsetup suspend $1
        dmsetup resume $1
    done
    start_writers /a /b
    suspend mem && verdict "it has gone to sleep"
    check_writers /a /b
    send stats /sys/power/suspend_stats/failed_freeze_filesystems
    send_log
    verdict ok
}
"""

FUSE = """
first() {
    prepare
    mkdir -p /back /fuse
    mount -t tmpfs tmpfs /back
    bindfs /back /fuse || verdict "bindfs"
    l=$(make_loop /fuse/file 64)
    make_mount ext4 "$l" /a
    make_mount xfs "$(disk d1)" /b
    start_writers /a /b
    for i in 1 2 3 4 5; do suspend mem || verdict "no suspend $i"; done
    check_writers /a /b
    send_log
    umount /a
    e2fsck -f -n "$l" >/tmp/fsck || { send fsck /tmp/fsck; verdict "fsck"; }
    verdict ok
}
"""

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
    before=$(cat /tmp/progress.a)
    sleep 1
    [ "$(cat /tmp/progress.a)" = "$before" ] || verdict "it is written to"
    /sbin/fsfreeze -u /a || verdict "its owner cannot thaw it"
    /sbin/fsfreeze -u /a 2>/dev/null && verdict "it has been thawed twice"
    check_writers /a /b
    send_log
    verdict ok
}
"""

BROKEN = """
first() {
    prepare
    dmsetup create A --table "0 131072 linear $(disk d0) 0"
    make_mount ext4 /dev/mapper/A /a
    make_mount xfs "$(disk d1)" /b
    start_writers /b
    dd if=/dev/urandom of=/a/file bs=1M count=4 2>/dev/null
    dmsetup suspend --nolockfs --noflush A
    dmsetup load A --table "0 131072 error"
    dmsetup resume A
    suspend mem && verdict "it has gone to sleep"
    check_writers /b
    send_log
    verdict ok
}
"""

WAKEUP = """
first() {
    prepare
    make_mount ext4 "$(disk d0)" /a
    make_mount ext4 "$(disk d1)" /b
    make_mount xfs "$(disk d2)" /c
    echo 100000 >/proc/sys/vm/dirty_writeback_centisecs
    echo 90 >/proc/sys/vm/dirty_ratio
    echo 80 >/proc/sys/vm/dirty_background_ratio
    for x in a b c; do dd if=/dev/zero of=/$x/big bs=1M count=64 2>/dev/null; done
    echo 0 >/sys/class/rtc/rtc0/wakealarm
    echo +4 >/sys/class/rtc/rtc0/wakealarm
    cat /sys/power/wakeup_count >/tmp/count
    cat /tmp/count >/sys/power/wakeup_count || verdict "wakeup_count"
    suspend mem && verdict "it has gone to sleep"
    for x in a b c; do echo x >/$x/x || verdict "a write failed"; done
    send_log
    verdict ok
}
"""

HIBERNATE = """
first() {
    prepare
    echo none >/sys/power/pm_test
    swap=$(disk d3)
    mkswap "$swap" >/dev/null && swapon "$swap" || verdict "swapon"
    cat "/sys/block/${swap##*/}/dev" >/sys/power/resume
    echo test_resume >/sys/power/disk
    make_mount ext4 "$(disk d0)" /a
    make_mount xfs "$(disk d1)" /b
    make_mount btrfs "$(disk d2)" /c
    start_writers /a /b /c
    suspend disk || verdict "no hibernation"
    check_writers /a /b /c
    send_log
    verdict ok
}
"""


@pytest.fixture(params=["series", "base"])
def kernel(request):
    return Kernel("x86_64", request.param, "freeze")


def run(machine, kernel, job, bps=None, **options):
    """Runs a job with four disks of 1 GiB and returns the guest's log."""
    extra = ["-drive", f"if=none,id=fstools,format=raw,readonly=on,file={BUILD}/fstools-{kernel.arch}.cpio",
             "-device", "virtio-blk-pci,drive=fstools,serial=fstools"]
    disks = []
    for i in range(4):
        disks.append(BUILD / f"runs/disk-{kernel.name}-{id(job)}-{i}")
        disks[-1].parent.mkdir(exist_ok=True)
        disks[-1].unlink(missing_ok=True)
        with open(disks[-1], "w") as disk:
            disk.truncate(GIB)
        throttle = f",throttling.bps-write={bps}" if bps else ""
        extra += ["-drive", f"if=none,id=d{i},format=raw,cache=unsafe,file={disks[-1]}{throttle}",
                  "-device", f"virtio-blk-pci,drive=d{i},serial=d{i}"]
    vm = machine(kernel, LIBRARY + job, "no_console_suspend", memory=768, extra=extra, **options)
    try:
        with vm:
            vm.wait_ok()
    finally:
        for disk in disks:
            disk.unlink()
    return vm.text("dmesg")


def frozen(log):
    return [int(count) for count in re.findall(r"Freezing filesystems completed \((\d+) frozen", log)]


def test_four(kernel, machine):
    assert frozen(run(machine, kernel, FOUR)) == ([4] * 3 if "series" in kernel.name else [])


def test_doomsday(kernel, machine):
    log = run(machine, kernel, DOOMSDAY)
    if "series" in kernel.name:
        order = re.findall(r"PM: (Froze|Thawed) ext4 \((\w+)\)", log)[:4]
        assert [what for what, _ in order] == ["Froze", "Froze", "Thawed", "Thawed"]
        assert [name == "dm-0" for _, name in order] == [True, False, False, True]


def test_circle(machine):
    log = run(machine, Kernel("x86_64", "series", "freeze"), CIRCLE)
    assert "Filesystems stand on each other in a circle: ext4" in log


def test_fuse(kernel, machine):
    if "series" in kernel.name:
        log = run(machine, kernel, FUSE)
        assert frozen(log) == [1] * 5 and log.count("Froze ext4 (loop0)") == 5
    else:
        with pytest.raises(Failure, match="no suspend"):
            run(machine, kernel, FUSE, timeout=200)


def test_user_frozen(kernel, machine):
    if "series" in kernel.name:
        assert frozen(run(machine, kernel, USER_FROZEN)) == [2]
    else:
        with pytest.raises(Failure, match="no suspend"):
            run(machine, kernel, USER_FROZEN)


def test_broken_disk(kernel, machine):
    if "series" in kernel.name:
        assert re.search(r"PM: \w+ ext4 \(dm-0\) failed: error -5", run(machine, kernel, BROKEN))
    else:
        with pytest.raises(Failure, match="it has gone to sleep"):
            run(machine, kernel, BROKEN)


def test_wakeup(machine):
    log = run(machine, Kernel("x86_64", "series", "freeze"), WAKEUP, bps=4 << 20)
    begin = float(re.search(r"\[ *([\d.]+)\] PM: suspend entry", log)[1])
    end = float(re.search(r"\[ *([\d.]+)\] PM: suspend exit", log)[1])
    assert "Freezing filesystems failed" in log
    # 192 MiB at 4 MiB/s a disk take 16 s in parallel, 48 s one after the other
    assert end - begin < 6


def test_hibernation(kernel, machine):
    assert frozen(run(machine, kernel, HIBERNATE)) == ([3] if "series" in kernel.name else [])
