"""The doctor finds each planted fault, that one alone, and the terminal well once it is mended."""

import pytest

from provisioning.doctor.examine import NAMES
from provisioning.doctor.finding import Level
from tests.provisioning.doctor.clinic import Clinic
from tests.provisioning.doctor.faults import FAULTS, Fault


def test_a_whole_counter_is_well_in_every_respect(clinic: Clinic) -> None:
    found = clinic.findings()
    assert tuple(found) == NAMES
    assert [one for one in found.values() if one.level is not Level.OK] == []
    assert found["reader"].facts["firmware"] == "PN532v1.6"


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.name for fault in FAULTS])
def test_a_fault_is_found_and_nothing_else(clinic: Clinic, fault: Fault) -> None:
    with fault.plant(clinic) as settings:
        assert clinic.unwell(settings) == fault.seen
    assert clinic.unwell() == {}
