"""How panic_notifiers_level is set, refused, and inherited by the crash kernel."""

import re

import pytest

from conftest import ARCHES, EVERY_LEVEL, LONG, ONE_ARCH, control, no_control
from vm.oracle import lists_before_kdump, require_order

REFUSED = re.compile(r"panic_notifiers_level: '(.*)' is not a level from 0 to 4, it stays at (\d)")
DEPRECATED = "crash_kexec_post_notifiers is deprecated, use panic_notifiers_level=4 or 0"
SYSCTL = "/proc/sys/kernel/panic_notifiers_level"
PARAMETER = "/sys/module/kernel/parameters/panic_notifiers_level"
SWITCH = "/sys/module/kernel/parameters/crash_kexec_post_notifiers"
UNKNOWN = "the base does not know the parameter; test_on_the_command_line shows it"


@pytest.fixture
def run(start):
    """Makes a machine, runs it to its end, and returns it."""
    def make(kernel, job, append="", **options):
        vm = start(kernel, job, append, **options)
        with vm:
            vm.wait_ok()
        return vm
    return make


def mentions(vm):
    """Lines of the log about the level, but for the command line."""
    return [line for line in vm.text("log").splitlines()
            if re.search("panic_notifiers_level|crash_kexec_post_notifiers", line)
            and "ommand line" not in line]


@pytest.mark.parametrize("arch, level", [
    pytest.param(arch, level, marks=LONG if arch == "arm64" and level != 2 else []) for arch in ARCHES for level in range(5)],
    indirect=["arch"])
@control("there is no panic_notifiers_level", level=[2])
def test_on_the_command_line(kernel, run, level):
    vm = run(kernel, "show", f"panic_notifiers_level={level}", wants=[])
    for words in f"level {level}", f"parameter {level}", f"switch {'Y' if level else 'N'}":
        vm.require(words in vm.said(), f"the guest has not said '{words}'")
    vm.require(not mentions(vm), f"the log speaks of the level: {mentions(vm)}")


@control("there is no panic_notifiers_level")
def test_default(kernel, run):
    vm = run(kernel, "show", wants=[])
    vm.require("level 2" in vm.said(), "the level is not 2")


@ONE_ARCH
@no_control(UNKNOWN)
def test_refused_on_the_command_line(kernel, run):
    values = ["=5", "=-1", "=2x", "=", "", "=99999999999999999999", "=4294967298"]
    append = " ".join(f"panic_notifiers_level{value}" for value in ["=3", *values])
    vm = run(kernel, "show", append, wants=[])
    vm.require("level 3" in vm.said(), "the level is not 3")
    refused = [REFUSED.search(line) for line in mentions(vm)]
    vm.require(all(refused) and [match.groups() for match in refused] == [(value.lstrip("="), "3") for value in values],
               f"the refusals are {mentions(vm)}")


@pytest.mark.parametrize("append, level", [
    ("crash_kexec_post_notifiers", 4),
    pytest.param("crash_kexec_post_notifiers=1", 4, marks=LONG),
    pytest.param("panic_notifiers_level=1 crash_kexec_post_notifiers", 4, marks=LONG),
    ("crash_kexec_post_notifiers panic_notifiers_level=1", 1),
    ("crash_kexec_post_notifiers=N", 0),
    pytest.param("panic_notifiers_level=3 crash_kexec_post_notifiers=N", 0, marks=LONG),
])
@ONE_ARCH
@no_control("the base has only the switch; test_default shows that it has no level")
def test_deprecated_switch(kernel, run, append, level):
    vm = run(kernel, "show", append, wants=[])
    vm.require(f"level {level}" in vm.said(), f"the level is not {level}")
    vm.require([DEPRECATED in line for line in mentions(vm)] == [True], f"the log says {mentions(vm)}")


@no_control("the kselftest skips a kernel that has no level")
def test_kselftest(kernel, run):
    """What may be written at run time; the refusals are in the test itself."""
    vm = run(kernel, "kselftest", wants=[])
    ok = len(re.findall(": ok$", vm.text("out"), re.M))
    vm.require(ok > 80, f"panic_level_tests.sh has checked {ok} things only")


@no_control("the KUnit tests come with the series")
def test_kunit(kernel, run):
    vm = run(kernel, "kunit", "kunit.enable=1", wants=[])
    results = vm.text("results")
    vm.require(re.search(r"^# panic: pass:4 fail:0 skip:0 total:4$", results, re.M) and "not ok" not in results,
               f"KUnit says: {results}")


@pytest.mark.parametrize("file, value, level", [
    (SYSCTL, "3", 3),
    (PARAMETER, "1", 1),
    (SYSCTL, "7", 0),
    (SWITCH, "Y", 4),
], ids=["sysctl", "parameter", "refused", "switch"])
@ONE_ARCH
@control("there is no panic_notifiers_level", file=[SYSCTL, PARAMETER], value=["3", "1"])
def test_changed_at_run_time(kernel, run, file, value, level):
    vm = run(kernel, "level", f"crashkernel={kernel.crashkernel}M panic=-1 panic_notifiers_level=0",
             variables={"FILE": file, "VALUE": value})
    require_order(vm, vm.text("dmesg"), ["panic", *lists_before_kdump(level, dumper=False)])


@pytest.mark.parametrize("value, level", [
    ("=0", 0), ("=4", 4), ("=2x", 2), ("", 2),
    *(pytest.param(value, level, marks=LONG) for value, level in (("=1", 1), ("=2", 2), ("=3", 3), ("=5", 2), ("=", 2)))])
@ONE_ARCH
@control("the crash kernel has no panic_notifiers_level", value=["=4"])
def test_inherited_by_the_crash_kernel(kernel, run, value, level):
    vm = run(kernel, "level", f"crashkernel={kernel.crashkernel}M panic=-1 panic_notifiers_level{value}")
    vm.require(f"level {level}" in vm.said(), f"the level of the crash kernel is not {level}")


@pytest.mark.parametrize("level", EVERY_LEVEL)
@ONE_ARCH
@no_control("a crash kernel has no dump to lose; test_no_crash_kernel of test_order.py is about the same order")
def test_panic_of_the_crash_kernel(kernel, start, level):
    """It has no further crash kernel, so it runs the whole sequence and restarts."""
    vm = start(kernel, "level", f"crashkernel={kernel.crashkernel}M panic=-1 panic_notifiers_level={level}",
               variables={"TWICE": 1})
    with vm:
        vm.wait_end()
    vm.require(vm.stages() == ["first", "dump"] and vm.triggers()[-1] == "sysrq-c in the crash kernel",
               f"it went through {vm.stages()} and {vm.triggers()}")
    require_order(vm, vm.console().rpartition("stage dump")[2], ["panic", "hypervisor", "info", "pre_reboot"])
