"""What the doctor's tests stand on: one running counter for all of them."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.provisioning.doctor.clinic import Clinic


@pytest.fixture(scope="package")
def clinic() -> Iterator[Clinic]:
    """A whole and running counter; each test leaves it so."""
    directory = Path(tempfile.mkdtemp(prefix="jg-"))
    clinic = Clinic(directory)
    with pytest.MonkeyPatch.context() as patch:
        try:
            clinic.open(patch)
            yield clinic
        finally:
            clinic.rig.stop()
    shutil.rmtree(directory)
