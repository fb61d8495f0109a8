"""Tasks that wait for a server in user space, and that server, are frozen in this order."""

import pytest

from conftest import LONG, control, program
from vm.sleep import require_frozen


@pytest.mark.parametrize("server", ["helper", pytest.param("bindfs", marks=LONG)])
@pytest.mark.parametrize("case", ["write", pytest.param("read", marks=LONG), pytest.param("shared", marks=LONG)])
@control("^no suspend: Device or resource busy")
def test_client(kernel, server, case, run):
    """Straight writes, writes to a file that tasks share, cached reads; a server of one process, and one with a helper."""
    vm = run(kernel, "clients", variables={"SERVER": server, "CASE": case}, timeout=600,
             files=[program("fuse_helper", kernel), program("tasks", kernel)])
    require_frozen(vm, 10)


@control("^no suspend: Device or resource busy")
def test_permission(kernel, run):
    """Tasks that wait for fanotify's listener, which has said that it serves."""
    vm = run(kernel, "permission", disks=1, timeout=300, files=[program("tasks", kernel)])
    require_frozen(vm, 10, least=1)
