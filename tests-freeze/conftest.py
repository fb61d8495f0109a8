"""The fixtures of tests/, for the freezing of filesystems."""

from tests.conftest import machine, pytest_runtest_makereport  # noqa: F401
