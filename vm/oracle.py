"""What has to run before kdump, written from the table in the documentation and not from the code."""

import re

from vm.notes import cpus

# Complaints that a test of panic() wants, for Machine(wants=...)
PANIC = "Kernel panic - not syncing: sysrq triggered crash"
OOPS = ("BUG: kernel NULL pointer dereference|Oops: |Unable to handle kernel NULL pointer|Internal error: Oops"
        "|BUG: KASAN: null-ptr-deref")
# arm64 counts the CPUs to wait for before those that panic at the same time have stopped themselves, as the base does
STALE_CPUS = "WARNING: .* machine_kexec"



def lists_before_kdump(level, dumper):
    return {
        (0, False): [],
        (0, True): [],
        (1, False): ["hypervisor"],
        (1, True): ["hypervisor"],
        (2, False): ["hypervisor"],
        (2, True): ["hypervisor", "info"],
        (3, False): ["hypervisor", "info"],
        (3, True): ["hypervisor", "info"],
        (4, False): ["hypervisor", "info", "pre_reboot"],
        (4, True): ["hypervisor", "info", "pre_reboot"],
    }[level, dumper]


# What a log shows of a panic, in the order in which panic() has to do it. The memory statistics
# are what panic_print=2 asks for.
EVENTS = re.compile(
    r"Kernel panic - not syncing|(?<=test_panic_notifiers: )\w+(?= list:)|(?<=oot_panic: )callback"
    r"|Mem-Info|---\[ end Kernel panic")


def events(log):
    """The events of the last panic in a log."""
    start = log.rfind("Kernel panic - not syncing", 0, log.rfind("---[ end Kernel panic")
                      if "---[ end Kernel panic" in log else len(log))
    return [{"Kernel panic - not syncing": "panic", "Mem-Info": "panic_print",
             "---[ end Kernel panic": "end"}.get(event, event)
            for event in EVENTS.findall(log[start:])] if start >= 0 else []


def events_before_kdump(level, dumper):
    expected = ["panic"]
    for name in lists_before_kdump(level, dumper):
        expected.append(name)
        if name == "info":
            expected.append("panic_print")
    return expected


def require_order(vm, log, expected):
    """The last panic in a log has these events, in this order, or the run has failed."""
    found = events(log)
    vm.require(found == expected,
               f"the order is {', '.join(found) or 'nothing'}, not {', '.join(expected) or 'nothing'}")


def require_cpus(vm, count):
    """The dump has the registers of so many CPUs, or the run has failed."""
    found = len(cpus(vm.file("notes"), vm.kernel.arch))
    vm.require(found == count, f"the dump has the registers of {found} CPUs of {count}")
