"""That what is told of a build is true: of a sample, of a recipe in a recipe, of what was chosen and what was not."""

from pathlib import Path

import pytest

from okinst.builders import WrongCall
from okinst.cli.app import _print_steps
from tests.own_files import make, part
from tests.test_steps import TALKS


def test_a_sample_is_another_build(tmp_path: Path) -> None:
    """What the sample takes of too large an amount is not what a real build gives."""
    text = part("mine", f"take = {len(TALKS) + 1}")
    made = make(tmp_path, text, options={"sample": True}, mine=TALKS)
    assert len(made.rows) == len(TALKS)
    with pytest.raises(WrongCall, match="were asked for"):
        make(tmp_path, text, mine=TALKS)


def test_what_is_not_taken_is_in_the_funnel_without_any_other_step(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = make(tmp_path, part("mine", "take = 4"), mine=TALKS)
    (line,) = made.builder.steps()
    assert (line["rows_in"], line["rows_out"]) == (len(TALKS), 4)
    assert line["sources"]["mine"]["reasons"] == {"not taken": len(TALKS) - 4}
    assert "characters_in" not in line
    _print_steps([line])
    assert f"{len(TALKS) - 4} not taken" in capsys.readouterr().out


def test_without_amounts_there_is_no_line_of_them(tmp_path: Path) -> None:
    assert not make(tmp_path, part("mine"), mine=TALKS).builder.steps()


def test_what_a_sample_is_too_small_for_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "size = 9_000\nvalidation = 500\n" + part("mine")
    made = make(tmp_path, text, options={"sample": True}, mine=TALKS)
    _print_steps(made.builder.steps())
    told = " ".join(capsys.readouterr().out.split())
    assert "size = 9,000 rows were asked for: the sample has no more" in told
    assert "500 were asked for: the sample has no more" in told


def test_a_warning_names_the_command_that_shows_more(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    text = 'dedup = "exact"\n' + part("mine") + part("again")
    make(tmp_path, text, options={"sample": True}, mine=TALKS, again=TALKS)
    assert f"okinst show {tmp_path / 'mine.toml'} --sample" in caplog.text
    assert "provenance.json" in caplog.text and "dropped.parquet" in caplog.text
