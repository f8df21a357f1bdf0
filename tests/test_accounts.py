"""That what is told of a build is true: of a sample, of a recipe in a recipe, of what was chosen and what was not."""

from pathlib import Path

import pytest

from okinst.builders import WrongCall
from tests.own_files import make, part
from tests.test_steps import TALKS


def test_a_sample_is_another_build(tmp_path: Path) -> None:
    """What the sample takes of too large an amount is not what a real build gives."""
    text = part("mine", f"take = {len(TALKS) + 1}")
    made = make(tmp_path, text, options={"sample": True}, mine=TALKS)
    assert len(made.rows) == len(TALKS)
    with pytest.raises(WrongCall, match="were asked for"):
        make(tmp_path, text, mine=TALKS)
