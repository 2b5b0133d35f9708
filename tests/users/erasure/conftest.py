"""The cast of the erasure's tests."""

from tests.users.admin.conftest import staff_with

__all__ = ["staff_with"]
