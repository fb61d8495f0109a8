"""Does the next kernel, and the one that captures a dump, have the devicetree that the first was given?"""

import pytest

from conftest import control


@control("the tree is lost")
@pytest.mark.parametrize("kind", ["pc", "q35"])
@pytest.mark.parametrize("loads", ["file", "load"])
def test_tree_after_kexec(kernel, board, kind, loads, tree):
    pass
