"""Recipes with files of one's own, written on the spot."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from okinst.mixtures import MixtureBuilder, recipe
from okinst.mixtures.builder import builder_of_mixture

#: how a part of one's own is declared
OWN = 'layout = "alpaca"\nlicense = "{license}"\nlanguage = "ko"\nmaking = "human"\n'


@dataclass
class Made:
    """What became of a recipe."""

    builder: MixtureBuilder

    @property
    def rows(self) -> list[dict[str, Any]]:
        return list(self.builder.as_dataset(split="train"))

    @property
    def ids(self) -> list[str]:
        return [row["id"] for row in self.rows]

    @property
    def steps(self) -> dict[str, dict[str, Any]]:
        return {step["step"]: step for step in self.builder.steps()}

    @property
    def dropped(self) -> list[dict[str, Any]]:
        path = self.builder.dropped()
        return pq.read_table(path).to_pylist() if path else []


def asked(rows: Iterable[tuple[str, str]]) -> str:
    """Questions and answers, in alpaca's layout."""
    return "".join(
        json.dumps({"instruction": question, "input": "", "output": answer}, ensure_ascii=False) + "\n"
        for question, answer in rows
    )


def part(name: str, more: str = "", license: str = "cc-by-4.0") -> str:
    """A part that is the file name.jsonl."""
    return f'[[parts]]\nfile = "{name}.jsonl"\n{OWN.format(license=license)}{more}\n'


def make(folder: Path, text: str, *, options: dict[str, Any] | None = None, **files: Iterable[tuple[str, str]]) -> Made:
    """Write a recipe and its files, and build it."""
    for name, rows in files.items():
        (folder / f"{name}.jsonl").write_text(asked(rows), encoding="utf-8")
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    builder = builder_of_mixture(recipe.read(path), cache_dir=str(folder / "cache"), **(options or {}))
    builder.download_and_prepare()
    return Made(builder)
