"""A panic waits for no lock that the CPU that panics holds, or one that it has stopped."""

import pytest

from conftest import control, oot_module

# What is on the info list today
DEADLOCKS = {
    "kfence": ("kfence.sample_interval=50 kfence.check_on_panic=1",
               "Kernel panic - not syncing: KFENCE: panic_on_warn set", ["BUG: KFENCE: "]),
    "trace": ("ftrace_dump_on_oops", "Kernel panic - not syncing: while another CPU is in rb_get_reader_page", []),
}


@pytest.mark.parametrize("arch", ["x86_64"], indirect=True)
@pytest.mark.parametrize("lock", DEADLOCKS)
@control("no verdict within")
def test_callback_waits_for_no_lock(kernel, start, lock):
    """On the base a callback waits for a lock that nobody will give back."""
    append, panic, complaints = DEADLOCKS[lock]
    vm = start(kernel, "deadlock", f"crashkernel={kernel.crashkernel}M panic=-1 nokaslr crash_kexec_post_notifiers "
               f"panic_notifiers_level=3 {append}", variables={"LOCK": lock},
               files=[oot_module(kernel, "oot_deadlock")], wants=[panic, *complaints], timeout=40)
    with vm:
        vm.wait_console(panic)
        vm.wait_ok()


@pytest.mark.parametrize("arch", ["x86_64"], indirect=True)
@pytest.mark.parametrize("level", [0, 4])
@control("no verdict: QEMU has ended with 0", level=[0])
def test_a_stopped_cpu_holds_the_kexec_lock(kernel, start, level):
    """The base restarts without a dump. It loads an ordinary image; arm64 could not stop it where it stays."""
    panic = "Kernel panic - not syncing: while another CPU is in kimage_alloc_page"
    vm = start(kernel, "deadlock", f"crashkernel={kernel.crashkernel}M panic=-1 panic_notifiers_level={level}",
               variables={"LOCK": "kexec"}, files=[oot_module(kernel, "oot_deadlock")], wants=[panic], timeout=60)
    with vm:
        vm.wait_ok()


@pytest.mark.parametrize("arch", ["x86_64"], indirect=True)
@control("no 'Kernel panic.*' on the console")
def test_a_stopped_cpu_is_in_the_midst_of_a_record(kernel, start):
    """On the base nothing behind that record comes to the console. arm64 could not stop the CPU where it stays."""
    panic = "Kernel panic - not syncing: while another CPU is in prb_final_commit"
    vm = start(kernel, "deadlock", f"crashkernel={kernel.crashkernel}M panic=-1 panic_notifiers_level=2",
               variables={"LOCK": "record"}, files=[oot_module(kernel, "oot_deadlock")], wants=[panic], timeout=60)
    with vm:
        vm.wait_console(panic)
        vm.wait_ok()


@control("no 'Kernel panic.*' on the console within")
def test_console_shows_the_panic_if_a_callback_hangs(kernel, start):
    panic = "Kernel panic - not syncing: with the console locked"
    vm = start(kernel, "console", "panic=0", wants=[panic], timeout=40)
    with vm:
        vm.wait_console(panic)
