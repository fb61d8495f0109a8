"""The order of panic() on architectures that make check does not build; run by scripts/check-arches.

The other tests are of the machinery, on x86_64 and arm64. These are of what an architecture does by itself in a
panic, so each is run at the ends of the range: kdump first, and everything before kdump.
"""

import subprocess

import pytest

from conftest import control, no_control
from vm import survive
from vm.oracle import PANIC, events_before_kdump, require_order

EVERYTHING = ["panic", "hypervisor", "info", "panic_print", "pre_reboot", "post_reboot", "end"]


def wait_panicked(vm):
    vm.wait_for("GUEST_PANICKED", lambda: "GUEST_PANICKED" in [name for name, _ in vm.qmp_events()])


@pytest.mark.parametrize("level", [0, 1, 3, 4])
@control("no verdict", arch=["ppc64le", "s390x"], level=[4])
def test_kdump(kernel, start, level):
    """On the base a callback of each of the two ends the machine, and the dump with it."""
    vm = start(kernel, "crash", f"crashkernel={kernel.crashkernel}M panic=-1 panic_print=2 crash_kexec_post_notifiers "
               f"panic_notifiers_level={level}", variables={"KDUMP": 1},
               # arm's crash kernel finds more CPUs in the devicetree than nr_cpus=1 says
               allows=["WARNING: .* arm_dt_init_cpu_maps"])
    with vm:
        vm.wait_ok()
    require_order(vm, vm.text("dmesg"), events_before_kdump(level, False))


def survive_cases():
    """What a panic with a crash kernel comes to: each line with everything before kdump, a fault at every level."""
    reached = [line for line in survive.lines() if line[0] not in ("blink", "restart", "kdump") or line == ("kdump", "warn")]
    return [(*line, level, True, i % 2) for i, line in enumerate(reached)
            for level in (range(5) if line[1] == "fault" else [4])]


@pytest.mark.parametrize("arch, case", [
    # without CONFIG_VMAP_STACK, an overflow overwrites whatever there is
    pytest.param(arch, case, id=f"{arch}-{survive.name(case)}") for arch in ("ppc64le", "s390x")
    for case in survive_cases() if (arch, case[1]) != ("ppc64le", "overflow")], indirect=["arch"])
@control("no verdict", case=[("info", "fault", 4, True, 0)])
def test_survive(kernel, start, case):
    """As tests/panic/test_survive.py, with a crash kernel only: there is no ramoops for these."""
    options = survive.options(kernel, case)
    options["variables"]["DUMPER"] = int(case[0] == "dumper" or kernel.arch == "ppc64le")
    vm = start(kernel, "../../panic/jobs/survive", **options)
    with vm:
        survive.require_survived(vm, case)


@pytest.mark.parametrize("level", [0, 4])
@no_control("the base has not these lists; test_kdump and test_um compare")
def test_no_crash_kernel(kernel, start, level):
    vm = start(kernel, "crash", f"panic=0 panic_print=2 panic_notifiers_level={level}",
               extra=["-action", "panic=none"])
    with vm:
        vm.command_qmp("query-status")
        if kernel.arch == "arm":
            vm.wait_console("---[ end Kernel panic")
        else:
            wait_panicked(vm)
        seen = vm.console()
    # the last callback of s390x's pre_reboot list does not return
    require_order(vm, seen, EVERYTHING[:-2] if kernel.arch == "s390x" else EVERYTHING)


@pytest.mark.parametrize("arch", ["s390x"], indirect=True)
@no_control("the base does so, too; the series moves it to the post_reboot list and must not lose it")
def test_early_panic(kernel, start):
    """Before setup_ipl() there is no on_panic action yet, and a panic ends in a disabled wait, which QEMU reports."""
    vm = start(kernel, "boot", "panic=0", wants=[], allows=["Kernel panic - not syncing: "],
               extra=["-S", "-gdb", "unix:gdb,server=on,wait=off", "-action", "panic=none"])
    with vm:
        vm.wait_for("gdb", (vm.directory / "gdb").exists)
        vm.command_qmp("query-status")
        # The name of the release is as good a message as any.
        subprocess.run(["gdb-multiarch", "-batch", "-nx", "-ex", "target remote gdb", "-ex", "hbreak setup_ipl",
                        "-ex", "continue", "-ex", "set $r2 = (long)&linux_banner", "-ex", "set $pc = (long)&panic",
                        "-ex", "detach", kernel.vmlinux], cwd=vm.directory, stdin=subprocess.DEVNULL,
                       stdout=open(vm.directory / "gdb.log", "w"), stderr=subprocess.STDOUT, timeout=300, check=True)
        wait_panicked(vm)
    vm.require(vm.said() == [], f"the guest has said {vm.said()}")


@pytest.mark.parametrize("level", [0, 4])
@control("the order is panic, not", level=[0])
def test_um(uml, level):
    """Without a crash kernel, as UML has none. The base ends in panic_exit() before it has said all."""
    uml.run(f"panic_notifiers_level={level}", [PANIC])
    require_order(uml, uml.console(), EVERYTHING[:-2])


@no_control("the base has not this module; what it does after a fault is compared by tests/panic/test_faults.py")
def test_um_ends_after_a_fault(uml):
    uml.run("panic=0 FAULT=info", [PANIC])
    require_order(uml, uml.console(), EVERYTHING[:-2])
    uml.require("Recursive panic in info list" in uml.console(), "the callback has not faulted")
