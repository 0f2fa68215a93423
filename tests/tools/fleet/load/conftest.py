"""Keys that the backend of these tests signs with."""

from pathlib import Path

import pytest

from provisioning import keys


@pytest.fixture
def key(tmp_path: Path) -> keys.SigningKey:
    return keys.create(tmp_path / "backend.json", keys.BACKEND)


@pytest.fixture
def other(tmp_path: Path) -> keys.SigningKey:
    return keys.create(tmp_path / "other.json", keys.BACKEND)
