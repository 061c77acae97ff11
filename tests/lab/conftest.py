from collections.abc import Iterator

import pytest

from tests.lab import Lab, lab_unavailable


@pytest.fixture(scope="session")
def lab() -> Iterator[Lab]:
    if reason := lab_unavailable():
        pytest.skip(reason)
    with Lab() as lab:
        for text in lab.stand_ins:
            print(f"not the real thing: {text}")
        yield lab
