"""The harness itself: each of its checks is seen to fail here."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import no_control
from vm.kernel import BUILD, TOP, Kernel
from vm.machine import Failure, drive

pytestmark = no_control("of the harness, not of a kernel")
SAMPLES = Path(__file__).parent / "samples"


@pytest.fixture
def kernel():
    return Kernel("x86_64")


def run(machine, kernel, job, timeout=60, **variables):
    extra = [*drive("fstools", BUILD / "fstools-x86_64.cpio", ",readonly=on"), *drive("d0", machine.disk("d0", 512)),
             "-device", "virtio-rng-pci"]
    vm = machine(kernel, job, variables=variables, files=kernel.modules(), memory=768, extra=extra, timeout=timeout)
    with vm:
        vm.wait_ok()
    return vm


@pytest.mark.parametrize("where, says", [("log", "the kernel complains: .*WARNING: CPU: 0"),
                                         ("console", "the kernel complains: .*BUG: scheduling while atomic")])
def test_a_complaint(kernel, machine, where, says):
    with pytest.raises(Failure) as raised:
        run(machine, kernel, "complain", WHERE=where)
    assert re.match(says, raised.value.what)
    # the guest sees its log, and only the host the console
    assert any(line.startswith("verdict the kernel complains") for line in raised.value.machine.said()) == (where == "log")


def test_a_complaint_that_is_wanted(kernel, machine):
    def boot(where, **options):
        with machine(kernel, "complain", variables={"WHERE": where}, **options) as vm:
            vm.wait_ok()
    boot("log", wants=["WARNING: .*test.c:1"])
    boot("nowhere", allows=["WARNING: .*test.c:1"])
    with pytest.raises(Failure, match="does not complain of"):
        boot("nowhere", wants=["WARNING: .*test.c:1"])


@pytest.mark.parametrize("fs, says", [("ext4", "wrong data on /a"), ("btrfs", "btrfs on .* is not clean")])
def test_data_changed_on_the_disk(kernel, machine, fs, says):
    with pytest.raises(Failure) as raised:
        run(machine, kernel, "disk", FS=fs, CHANGE="1")
    assert re.match(says, raised.value.what) and raised.value.machine.triggers()


def test_data_as_it_was(kernel, machine):
    vm = run(machine, kernel, "disk", FS="ext4", CHANGE="")
    assert "checked 1 files on /a" in vm.said()


def test_nothing_to_check(kernel, machine):
    with pytest.raises(Failure, match="only 0 sums on /a, not 1"):
        run(machine, kernel, "disk", FS="ext4", CHANGE="", FLOOR_MISSED="1")


@pytest.mark.parametrize("wrong, says", [("not_counted", "the writes of a sleep have not been counted"),
                                         ("not_told", "1 sleeps have frozen filesystems, but the guest tells of 0"),
                                         ("no_trace", "no tracefs"), ("refused", "refused")])
def test_a_sleep_without_its_proof(kernel, machine, wrong, says):
    with pytest.raises(Failure) as raised:
        run(machine, kernel, "sleep", WRONG=wrong)
    assert re.match(says, raised.value.what)
    if wrong == "refused":
        vm = raised.value.machine
        assert "refused nonsense: Invalid argument" in vm.said()
        assert vm.text("suspend_stats").startswith("fail") and vm.has_file("log")


def sample(name):
    """What pytest says of a file of samples/."""
    run = subprocess.run([sys.executable, "-m", "pytest", "-v", "-n", "0", "--matrix=all", SAMPLES / name], cwd=TOP,
                         capture_output=True, text=True)
    return run.stdout + run.stderr


@pytest.mark.parametrize("name, says", [
    ("without.py", "neither @control nor @no_control: tests/harness/samples/without.py::test_without_a_control"),
    ("never.py", "@control that never runs on the base: test_never_on_the_base")])
def test_a_test_without_a_control(name, says):
    assert says in sample(name)


def test_controls():
    said = sample("controls.py")
    for name, words in {"the_trigger_did_not_run": "the control has not come to its trigger: it goes wrong",
                        "another_failure": "the control expects 'it goes wrong', not 'something else'",
                        "the_base_passes": "the base passes, so this control proves nothing",
                        "the_setup_hangs": "the control has not come to its trigger: no verdict within",
                        "the_boot_breaks": "no verdict: QEMU has ended with 0",
                        "the_base_does_not_manage_it": "x86_64-base: it goes wrong",
                        "the_emulator_dies": "the control has not come to its trigger: no verdict: QEMU has died of SIGSEGV"}.items():
        assert re.search(rf"FAILED tests/harness/samples/controls.py::test_{name}\[(base-)?x86_64", said)
        assert words in said
    # run again are only what is the emulator's fault, and a base that does not fail
    assert sorted(re.findall(r"::(test_\w+)\[\S+-base\] RERUN", said)) == \
        ["test_seldom_wrong", *["test_the_base_passes"] * 4, *["test_the_emulator_dies"] * 4]
    assert "test_seldom_wrong[x86_64]: the thing -> base: it goes wrong (in run 2) -> series: passed" in said
    assert "test_right[x86_64]: the thing -> base: it goes wrong -> series: passed" in said
    assert "test_both_manage_it[x86_64]: what the base manages -> base: passes -> series: passed" in said
    assert "test_the_base_does_not_manage_it[x86_64]: what the base manages -> base: IT FAILS -> series: passed" in said
    assert "safestop: run it again: /usr/bin/python3 -m pytest 'tests/harness/samples/controls.py::test_" in said
    assert "safestop: see its logs: less 'build/runs/samples/controls/test_" in said
