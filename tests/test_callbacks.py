"""Single callbacks: what reaches somebody outside, and what must not keep a panic from its dump."""

import pytest

from conftest import oot_module
from oracle import events
from vm.machine import BUILD, Failure, Kernel

CRASH = """
first() {
    %s
    %s
    echo c >/proc/sysrq-trigger
}
dump() {
    send_vmcore_log
    verdict ok
}
"""
ALL_FIRST = "crash_kexec_post_notifiers"


@pytest.fixture(params=["base", "series"])
def kernel(arch, request):
    return Kernel(arch, request.param)


def pvpanic_modules(kernel):
    return sorted((kernel.out / "drivers/misc/pvpanic").glob("*.ko"))


def pvpanic(machine, kernel, append):
    """Crash with a crash kernel, and say what the host has heard before that one ran."""
    vm = machine(kernel, CRASH % ("modprobe pvpanic-pci", "load_crash_kernel"),
                 f"crashkernel={kernel.crashkernel}M panic=-1 {append}",
                 files=pvpanic_modules(kernel), extra=["-device", "pvpanic-pci"])
    with vm:
        vm.command_qmp("query-status")
        vm.wait_said("stage dump")
        captured = vm.verdict_file.stat().st_mtime
        vm.wait_ok()
        return [name for name, time in vm.qmp_events() if name.startswith("GUEST_") and time < captured]


@pytest.mark.parametrize("level", range(5))
def test_pvpanic(series, machine, level):
    heard = pvpanic(machine, series, f"panic_notifiers_level={level}")
    assert heard == (["GUEST_CRASHLOADED"] if level > 0 else [])


def test_pvpanic_by_default(kernel, machine):
    """The base tells the host only if it runs every callback before kdump."""
    assert pvpanic(machine, kernel, "") == (["GUEST_CRASHLOADED"] if "-series" in kernel.name else [])
    assert pvpanic(machine, kernel, ALL_FIRST) == ["GUEST_CRASHLOADED"]


def test_pvpanic_without_a_crash_kernel(kernel, machine):
    """QEMU ends at PANICKED, which the base sends before it has printed all it has to say."""
    series = "-series" in kernel.name
    vm = machine(kernel, CRASH % ("modprobe pvpanic-pci", "modprobe test_panic_notifiers" if series else ":"),
                 "panic=-1 panic_print=2", files=pvpanic_modules(kernel), extra=["-device", "pvpanic-pci"])
    with vm:
        vm.command_qmp("query-status")
        vm.wait_end()
        assert "GUEST_PANICKED" in [name for name, _ in vm.qmp_events()]
    assert events(vm.console()) == ["panic"] + (["hypervisor", "info", "panic_print", "pre_reboot"] if series else [])


IPMI = """
first() {
    modprobe ipmi_msghandler panic_op=string
    modprobe ipmi_si
    %s
    echo c >/proc/sysrq-trigger
}
look() {
    modprobe ipmi_si
    modprobe ipmi_devintf
    (cd / && cpio -i -d -m <"$(disk ipmitool)" 2>/dev/null)
    ipmitool sel list -v >/tmp/sel 2>&1 || { send sel /tmp/sel; verdict "ipmitool cannot read the event log"; }
    send sel /tmp/sel
    verdict ok
}
dump() { look; }
again() { look; }
"""


def ipmi(machine, kernel, load, append):
    modules = kernel.out / "drivers/char/ipmi"
    vm = machine(kernel, IPMI % load, f"panic=-1 {append} {kernel.ramoops(False)}",
                 files=[modules / f"{name}.ko" for name in ("ipmi_msghandler", "ipmi_si", "ipmi_devintf")], reboots=True,
                 extra=["-device", "ipmi-bmc-sim,id=bmc", "-device", "isa-ipmi-kcs,bmc=bmc",
                        "-drive", f"if=none,id=ipmitool,format=raw,readonly=on,file={BUILD}/ipmitool.cpio",
                        "-device", "virtio-blk-pci,drive=ipmitool,serial=ipmitool"])
    with vm:
        vm.wait_ok()
    return vm


@pytest.mark.parametrize("arch", ["x86_64"], indirect=True)
@pytest.mark.parametrize("kdump", [False, True], ids=["reboot", "kdump"])
def test_ipmi_before_a_fault(series, machine, kdump):
    """A callback of the info list faults. IPMI has come before that only if there is no crash kernel."""
    vm = ipmi(machine, series, f"{'load_crash_kernel;' if kdump else ''} modprobe test_panic_notifiers fault=info",
              f"crashkernel={series.crashkernel}M panic_notifiers_level=4")
    assert vm.stages() == ["first", "dump" if kdump else "again"]
    assert ("OS Critical Stop" in vm.text("sel")) == (not kdump), vm.text("sel")


@pytest.mark.parametrize("arch", ["x86_64"], indirect=True)
@pytest.mark.parametrize("level", [2, 4])
@pytest.mark.parametrize("kdump", [False, True], ids=["reboot", "kdump"])
def test_ipmi(series, machine, level, kdump):
    """The event log of the BMC is asked by the crash kernel or after the restart."""
    vm = ipmi(machine, series, "load_crash_kernel" if kdump else "",
              f"crashkernel={series.crashkernel}M panic_notifiers_level={level}")
    assert vm.stages() == ["first", "dump" if kdump else "again"]
    text = "".join(bytes.fromhex(line.split("[")[1].split("]")[0]).decode(errors="replace").strip("\0")
                   for line in vm.text("sel").splitlines() if "[" in line)
    logged = not kdump or level == 4
    assert ("OS Critical Stop" in vm.text("sel")) == logged, vm.text("sel")


DEADLOCK = {
    "kfence": ("echo 1 >/proc/sys/kernel/panic_on_warn; modprobe oot_deadlock with=kfence",
               "kfence.sample_interval=1 kfence.check_on_panic=1", "KFENCE"),
    # a kprobe that is being optimized waits for the CPU that it has stopped
    "trace": ("echo 0 >/proc/sys/debug/kprobes-optimization;"
              "mount -t tracefs none /mnt; echo 1 >/mnt/events/sched/enable;"
              "taskset 2 cat /mnt/trace_pipe >/dev/null & taskset 1 modprobe oot_deadlock with=trace",
              "ftrace_dump_on_oops", "while another CPU reads the trace"),
}


@pytest.mark.parametrize("arch", ["x86_64"], indirect=True)
@pytest.mark.parametrize("what", DEADLOCK)
def test_callback_waits_for_no_lock(kernel, machine, what):
    """On the base, what is on the info list today waits for a lock that nobody will give back."""
    crash, append, words = DEADLOCK[what]
    level = "panic_notifiers_level=3" if "-series" in kernel.name else ALL_FIRST
    vm = machine(kernel, CRASH % ("load_crash_kernel", crash),
                 f"crashkernel={kernel.crashkernel}M panic=-1 nokaslr {level} {append}",
                 files=[oot_module(kernel, "oot_deadlock")], timeout=40)
    with vm:
        if "-series" in kernel.name:
            vm.wait_ok()
            assert words in vm.text("dmesg")
        else:
            with pytest.raises(Failure, match="no verdict within.*the last stage reached was first"):
                vm.wait_ok()
            assert words in vm.console()


LIST = """
first() {
    modprobe pvpanic-pci
    modprobe test_panic_notifiers
    cat /sys/kernel/debug/panic_notifiers >/tmp/notifiers
    send notifiers /tmp/notifiers
    ls -l /sys/kernel/debug/panic_notifiers >/tmp/mode
    send mode /tmp/mode
    echo x 2>/dev/null >/sys/kernel/debug/panic_notifiers && verdict "panic_notifiers can be written"
    verdict ok
}
"""


@pytest.mark.parametrize("dumper", [False, True], ids=["no-dumper", "dumper"])
@pytest.mark.parametrize("level", range(5))
def test_list_of_callbacks(series, machine, level, dumper):
    vm = machine(series, LIST, f"panic_notifiers_level={level} {series.ramoops(dumper)}",
                 files=pvpanic_modules(series))
    with vm:
        vm.wait_ok()
    assert vm.text("mode").startswith("-r--------")
    lines = [line.split(maxsplit=2) for line in vm.text("notifiers").splitlines()]
    order = ["hypervisor", "info", "pre_reboot", "post_reboot"]
    kdump = [i for i, line in enumerate(lines) if line[0] == "--"]
    assert len(kdump) == 1
    assert " ".join(lines[kdump[0]]).startswith(f"-- kdump at panic_notifiers_level={level}")
    last = {0: -1, 1: 0, 2: 1 if dumper else 0, 3: 1, 4: 2}[level]
    assert {line[0] for line in lines[:kdump[0]]} == set(order[:last + 1])
    del lines[kdump[0]]
    assert [order.index(line[0]) for line in lines] == sorted(order.index(line[0]) for line in lines)
    for name in order:
        priorities = [int(line[1]) for line in lines if line[0] == name]
        assert priorities == sorted(priorities, reverse=True)
        assert [line[2] for line in lines if line[0] == name].count("test_panic_notify [test_panic_notifiers]") == 1
    assert ["hypervisor", "2147483647", "pvpanic_crash_loaded_notify [pvpanic]"] in lines
    assert ["pre_reboot", "-2147483647", "pvpanic_panicked_notify [pvpanic]"] in lines
    assert lines.index(["info", "2147483647", "rcu_panic"]) == [line[0] for line in lines].index("info")


def test_list_of_callbacks_while_modules_come_and_go(series, machine):
    vm = machine(series, """
first() {
    (while :; do modprobe test_panic_notifiers; modprobe -r test_panic_notifiers; done) &
    i=0
    while [ $i -lt 300 ]; do
        cat /sys/kernel/debug/panic_notifiers >/tmp/notifiers || verdict "panic_notifiers cannot be read"
        grep -q rcu_panic /tmp/notifiers || verdict "panic_notifiers lacks rcu_panic"
        grep -q test_panic_notifiers /tmp/notifiers && seen=1
        i=$((i + 1))
    done
    [ "$seen" = 1 ] || verdict "the module was never in panic_notifiers"
    dmesg | grep -q -e KASAN -e BUG: -e WARNING: && verdict "the kernel complains"
    verdict ok
}
""")
    with vm:
        vm.wait_ok()


@pytest.mark.parametrize("arch", ["x86_64", "arm64"], indirect=True)
def test_the_base_has_no_list_of_callbacks(base, machine):
    vm = machine(base, """
first() {
    ls /sys/kernel/debug >/tmp/debugfs
    grep -q clear_warn_once /tmp/debugfs || verdict "there is no debugfs"
    grep -q panic_notifiers /tmp/debugfs && verdict "the base has panic_notifiers"
    verdict ok
}
""")
    with vm:
        vm.wait_ok()


@pytest.mark.parametrize("fault", ["hypervisor", "info", "pre_reboot", "post_reboot"])
def test_post_reboot_list_even_after_a_fault(series, machine, fault):
    """A callback that faults leaves out the lists after it, but not what has to be done at the very end."""
    vm = machine(series, f"""
first() {{
    modprobe test_panic_notifiers fault={fault}
    echo c >/proc/sysrq-trigger
}}
""", "panic=0 panic_notifiers_level=4")
    with vm:
        vm.wait_console("---[ end Kernel panic")
    console = vm.console()
    order = ["hypervisor", "info", "pre_reboot", "post_reboot"]
    ran = [name for name in order if f"test_panic_notifiers: {name} list" in console]
    assert ran == sorted({*order[:order.index(fault) + 1], "post_reboot"}, key=order.index)
    assert console.count("test_panic_notifiers: post_reboot list") == 1
