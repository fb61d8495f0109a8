"""What has to run before kdump, written from the table in the documentation and not from the code."""

import re

LISTS = ["hypervisor", "info", "pre_reboot", "post_reboot"]


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
    r"Kernel panic - not syncing|(?<=test_panic_notifiers: )\w+(?= list)|(?<=oot_panic: )callback"
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
