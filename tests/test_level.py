"""How panic_notifiers_level is set, refused, and inherited by the crash kernel."""

import re

import pytest

from oracle import events, lists_before_kdump

REFUSED = re.compile(r"panic_notifiers_level: '(.*)' is not a level from 0 to 4, it stays at (\d)")
DEPRECATED = "crash_kexec_post_notifiers is deprecated, use panic_notifiers_level=4"

SHOW = """
first() {
    say level $(cat /proc/sys/kernel/panic_notifiers_level)
    say parameter $(cat /sys/module/kernel/parameters/panic_notifiers_level)
    say switch $(cat /sys/module/kernel/parameters/crash_kexec_post_notifiers)
    dmesg >/tmp/dmesg
    send dmesg /tmp/dmesg
    verdict ok
}
"""


def boot(machine, kernel, append, job=SHOW):
    vm = machine(kernel, job, append)
    with vm:
        vm.wait_ok()
    return vm


def mentions(vm):
    """Lines of the log about the level, but for the command line and what KUnit's tests say."""
    return [line for line in vm.text("dmesg").splitlines()
            if re.search("panic_notifiers_level|crash_kexec_post_notifiers", line)
            and "ommand line" not in line and "for a test" not in line and not re.search(r"\bok \d+ ", line)]


@pytest.mark.parametrize("level", range(5))
def test_on_the_command_line(series, machine, level):
    vm = boot(machine, series, f"panic_notifiers_level={level}")
    assert vm.said()[1:4] == [f"level {level}", f"parameter {level}",
                              f"switch {'Y' if level == 4 else 'N'}"]
    assert mentions(vm) == []


def test_default(series, machine):
    assert "level 2" in boot(machine, series, "").said()


@pytest.mark.parametrize("value", ["=5", "=-1", "=2x", "=", "", "=99999999999999999999", "=4294967298"])
def test_refused_on_the_command_line(series, machine, value):
    vm = boot(machine, series, f"panic_notifiers_level=3 panic_notifiers_level{value}")
    assert "level 3" in vm.said()
    assert [REFUSED.search(line).groups() for line in mentions(vm)] == [(value.lstrip("="), "3")]


@pytest.mark.parametrize("append, level", [
    ("crash_kexec_post_notifiers", 4),
    ("crash_kexec_post_notifiers=1", 4),
    ("panic_notifiers_level=1 crash_kexec_post_notifiers", 4),
    ("crash_kexec_post_notifiers panic_notifiers_level=1", 1),
    ("crash_kexec_post_notifiers=N", 2),
])
def test_deprecated_switch(series, machine, append, level):
    vm = boot(machine, series, append)
    assert f"level {level}" in vm.said()
    assert [DEPRECATED in line for line in mentions(vm)] == [True]


def test_kselftest(series, machine):
    """What may be written at run time; the refusals are in the test itself."""
    vm = machine(series, """
first() {
    sh ./panic_level_tests.sh >/tmp/out 2>&1 && result=ok || result="panic_level_tests failed"
    send out /tmp/out
    verdict "$result"
}
""")
    with vm:
        assert vm.wait_verdict() == "ok", vm.text("out")
    assert len(re.findall(": ok$", vm.text("out"), re.M)) > 80


def test_kunit(series, machine):
    vm = boot(machine, series, "", """
first() {
    send results /sys/kernel/debug/kunit/panic/results
    verdict ok
}
""")
    assert re.search(r"^# panic: pass:5 fail:0 skip:0 total:5$", vm.text("results"), re.M)
    assert not re.search("not ok", vm.text("results"))


CRASH = """
first() {
    load_crash_kernel
    modprobe test_panic_notifiers
    %s
    echo c >/proc/sysrq-trigger
}
dump() {
    send_vmcore_log
    [ ! -e /proc/sys/kernel/panic_notifiers_level ] ||
        say level $(cat /proc/sys/kernel/panic_notifiers_level)
    verdict ok
}
"""


@pytest.mark.parametrize("command, level", [
    ("echo 3 >/proc/sys/kernel/panic_notifiers_level", 3),
    ("echo 1 >/sys/module/kernel/parameters/panic_notifiers_level", 1),
    ("echo 7 >/proc/sys/kernel/panic_notifiers_level", 0),
    ("echo Y >/sys/module/kernel/parameters/crash_kexec_post_notifiers", 4),
])
def test_changed_at_run_time(series, machine, command, level):
    vm = boot(machine, series, f"crashkernel={series.crashkernel}M panic=-1 panic_notifiers_level=0",
              CRASH % command)
    assert events(vm.text("dmesg")) == ["panic", *lists_before_kdump(level, dumper=False)]


@pytest.mark.parametrize("value, level", [("=0", 0), ("=1", 1), ("=2", 2), ("=3", 3), ("=4", 4),
                                          ("=5", 2), ("=2x", 2), ("=", 2), ("", 2)])
def test_inherited_by_the_crash_kernel(series, machine, value, level):
    vm = boot(machine, series,
              f"crashkernel={series.crashkernel}M panic=-1 panic_notifiers_level{value}", CRASH % "")
    assert vm.said() == ["stage first", "stage dump", f"level {level}", "verdict ok"]


@pytest.mark.parametrize("level", range(5))
def test_panic_of_the_crash_kernel(series, machine, level):
    """It has no further crash kernel, so it runs the whole sequence and restarts."""
    job = CRASH % "" + """
dump() {
    say panicking
    modprobe test_panic_notifiers
    echo c >/proc/sysrq-trigger
}
"""
    vm = machine(series, job, f"crashkernel={series.crashkernel}M panic=-1 panic_notifiers_level={level}")
    with vm:
        vm.wait_end()
    assert vm.said() == ["stage first", "stage dump", "panicking"]
    second = vm.console().rpartition("stage dump")[2]
    assert events(second) == ["panic", "hypervisor", "info", "pre_reboot"]
