"""systemctl suspend in a Debian 12 whose root is an ext4, woken by the host."""

import re
import shutil

from tests.conftest import modules
from test_freeze import LIBRARY, drive, frozen
from vm.machine import BUILD, Kernel

# PID 1 becomes systemd, which runs the rest as a service.
JOB = """
first() {
    prepare
    echo none >/sys/power/pm_test
    mkdir -p /new
    mount -t ext4 "$(disk root)" /new || verdict "mount of the root"
    cat >/new/etc/systemd/system/safestop.service <<END
[Unit]
After=systemd-logind.service dbus.service
Wants=systemd-logind.service
[Service]
Type=oneshot
ExecStart=/bin/bash /root/job
StandardOutput=journal+console
END
    mkdir -p /new/etc/systemd/system/multi-user.target.wants
    ln -sf ../safestop.service /new/etc/systemd/system/multi-user.target.wants/
    cat >/new/root/job <<END
exec 7>/dev/virtio-ports/verdict
say() { echo "$NONCE \\$*" >&7; }
say stage systemd
while [ ! -e /run/stop ]; do
    n=\\$((n + 1))
    head -c 65536 /dev/urandom >/root/block.\\$((n % 16))
    md5sum /root/block.\\$((n % 16)) >/root/sum.\\$((n % 16))
    echo \\$n >/run/progress
done &
sleep 2
say stage suspending
systemctl suspend || say verdict systemctl suspend failed
# it returns at once
until dmesg | grep "PM: suspend exit" >/dev/null; do sleep 0.2; done
say stage awake
before=\\$(cat /run/progress)
sleep 2
[ "\\$(cat /run/progress)" -gt "\\$before" ] || say verdict the writer does not get on
touch /run/stop
wait
dmesg >/run/dmesg
say file dmesg \\$(stat -c %s /run/dmesg)
cat /run/dmesg >&7
cat /root/sum.* >/run/sums
md5sum -c --quiet /run/sums >&2 || say verdict wrong data
sync
systemctl show -p Result --value systemd-suspend.service | grep -x success >/dev/null || say verdict systemd-suspend.service failed
say verdict ok
END
    exec 7>&-
    cd /
    exec switch_root /new /lib/systemd/systemd
}
"""

CHECK = """
first() {
    prepare
    mount -t ext4 "$(disk root)" /a && umount /a || verdict "mount of the root"
    check_fs ext4 "$(disk root)"
    verdict ok
}
"""


def test_systemctl_suspend(machine, tmp_path):
    kernel = Kernel("x86_64", "series", "systemd")
    root = tmp_path / "root"
    shutil.copy(BUILD / "debian.ext4", root)
    extra = [*drive("fstools", f"{BUILD}/fstools-x86_64.cpio", ",readonly=on"), *drive("root", root), "-device", "virtio-rng-pci"]
    vm = machine(kernel, LIBRARY + JOB, "no_console_suspend mem_sleep_default=deep", memory=1024, timeout=300, extra=extra,
                 files=modules(kernel))
    with vm:
        vm.wait_said("stage suspending")
        vm.command_qmp("query-status")
        vm.wait_for("sleep", lambda: "SUSPEND" in [name for name, _ in vm.qmp_events()])
        vm.command_qmp("system_wakeup")
        vm.wait_ok()
    assert frozen(vm.text("dmesg")) == [1]
    assert re.search(r"PM: suspend entry \(deep\)", vm.text("dmesg"))
    with machine(kernel, LIBRARY + CHECK, memory=1024, extra=extra, files=modules(kernel)) as check:
        check.wait_ok()
    root.unlink()
