"""The order of panic() on architectures that CI does not build; run by scripts/check-arches.

The other tests are of the machinery, on x86_64 and arm64. These are of what an architecture does by
itself in a panic, so each is run at the ends of the range: kdump first, and everything before kdump.
"""

import os
import shutil
import subprocess

import pytest

from oracle import events, events_before_kdump
from vm.machine import BUILD, Failure, Kernel

CRASH = """
first() {
    modprobe test_panic_notifiers 2>/dev/null || modprobe oot_panic
    %s
    echo c >/proc/sysrq-trigger
}
dump() {
    send_vmcore_log
    verdict ok
}
"""
# kexec-tools has --reuse-cmdline for neither of these, and arm no kexec_file_load.
LOAD = """load() {
    cat "$(disk kernel)" >/tmp/kernel
    cat "$(disk initrd)" >/tmp/initrd
    kexec -p $1 /tmp/kernel --initrd=/tmp/initrd \\
        --append="$(sed 's/crashkernel=[^ ]*//' /proc/cmdline) nr_cpus=1 reset_devices" ||
        verdict "the crash kernel could not be loaded"
}; load """
LOADS = {"arm": LOAD + "-c", "ppc64le": LOAD + "-c", "s390x": "load_crash_kernel"}
EVERYTHING = ["panic", "hypervisor", "info", "panic_print", "pre_reboot", "post_reboot", "end"]
# What comes after the pre_reboot list where its last callback does not return, and what QEMU says of it then
ENDS_IN = {"s390x": "GUEST_PANICKED", "ppc64le": "GUEST_PANICKED"}


@pytest.fixture(params=["arm", "ppc64le", "s390x"])
def arch(request):
    return request.param


def kdump(machine, kernel, append, **options):
    vm = machine(kernel, CRASH % LOADS[kernel.arch], f"crashkernel={kernel.crashkernel}M panic=-1 "
                 f"panic_print=2 {append}", **options)
    with vm:
        vm.wait_ok()
    assert vm.stages() == ["first", "dump"]
    return events(vm.text("dmesg"))


@pytest.mark.parametrize("level", [0, 1, 3, 4])
def test_kdump(series, machine, level):
    assert kdump(machine, series, f"panic_notifiers_level={level}") == events_before_kdump(level, False)


@pytest.mark.parametrize("arch", ["ppc64le", "s390x"], indirect=True)
def test_kdump_after_everything_on_the_base(base, machine):
    """A callback of each ends the machine, and the dump with it."""
    with pytest.raises(Failure, match="QEMU has ended|no verdict within.*the last stage reached was first"):
        kdump(machine, base, "crash_kexec_post_notifiers", timeout=40)


@pytest.mark.parametrize("level", [0, 4])
def test_no_crash_kernel(series, machine, level):
    vm = machine(series, CRASH % ":", f"panic=0 panic_print=2 panic_notifiers_level={level}",
                 extra=["-action", "panic=none"])
    with vm:
        vm.command_qmp("query-status")
        if series.arch in ENDS_IN:
            vm.wait_for("GUEST_PANICKED", lambda: any(name == "GUEST_PANICKED" for name, _ in vm.qmp_events()))
        else:
            vm.wait_console("---[ end Kernel panic")
    seen = events(vm.console())
    if series.arch == "s390x":
        assert seen == EVERYTHING[:-2]
    else:
        assert seen == EVERYTHING


@pytest.mark.parametrize("flavor", ["base", "series"])
def test_early_panic_on_s390x(machine, flavor):
    """Before setup_ipl() there is no on_panic action yet, and a panic ends in a disabled wait, which QEMU reports."""
    kernel = Kernel("s390x", flavor)
    vm = machine(kernel, "first() { verdict booted; }", "panic=0",
                 extra=["-S", "-gdb", "unix:gdb,server=on,wait=off", "-action", "panic=none"])
    with vm:
        vm.wait_for("gdb", (vm.directory / "gdb").exists)
        vm.command_qmp("query-status")
        # The name of the release is as good a message as any.
        subprocess.run(["gdb-multiarch", "-batch", "-nx", "-ex", "target remote gdb", "-ex", "hbreak setup_ipl",
                        "-ex", "continue", "-ex", "set $r2 = (long)&linux_banner", "-ex", "set $pc = (long)&panic",
                        "-ex", "detach", kernel.vmlinux], cwd=vm.directory, stdin=subprocess.DEVNULL,
                       stdout=open(vm.directory / "gdb.log", "w"), stderr=subprocess.STDOUT, timeout=300, check=True)
        vm.wait_for("GUEST_PANICKED", lambda: any(name == "GUEST_PANICKED" for name, _ in vm.qmp_events()))
        assert vm.said() == []


UM_INIT = """#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox insmod /test_panic_notifiers.ko %s
echo c >/proc/sysrq-trigger
"""


def um(flavor, module, append, tmp_path):
    """What a crash of UML prints; it must end by itself, and not well."""
    out = BUILD / f"out/um-{flavor}"
    names = ["init"]
    (tmp_path / "init").write_text(UM_INIT % module)
    (tmp_path / "init").chmod(0o755)
    if flavor == "series":
        shutil.copy(out / "lib/test_panic_notifiers.ko", tmp_path)
        names.append("test_panic_notifiers.ko")
    # the later of two archives wins
    more = subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], input="\n".join(names).encode(), cwd=tmp_path,
                          stdout=subprocess.PIPE, check=True).stdout
    (tmp_path / "initrd").write_bytes((BUILD / "guest-x86_64.cpio").read_bytes() + more)
    run = subprocess.run([out / "linux", "mem=128M", "initrd=initrd", "panic_print=2", "con=null", "con0=null,fd:1",
                          "console=tty0", append], cwd=tmp_path,
                         env={**os.environ, "TMPDIR": str(tmp_path)}, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    said = run.stdout.decode(errors="replace")
    assert "sysrq: Trigger a crash" in said
    assert run.returncode
    return said


@pytest.mark.parametrize("level", [0, 4])
@pytest.mark.parametrize("flavor", ["base", "series"])
def test_um(flavor, level, tmp_path):
    """Without a crash kernel, as UML has none. The base ends in panic_exit() before it has said all."""
    said = um(flavor, "", f"panic_notifiers_level={level}", tmp_path)
    assert events(said) == (["panic"] if flavor == "base" else EVERYTHING[:-2])


def test_um_ends_after_a_fault(tmp_path):
    said = um("series", "fault=info", "panic=0", tmp_path)
    assert events(said) == ["panic", "hypervisor", "info", "post_reboot"]
    assert "while panicking" in said
