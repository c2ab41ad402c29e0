"""Assertions of the shared tests are explained as those of any test."""

import pytest

pytest.register_assert_rewrite("tests.durability.killed")
