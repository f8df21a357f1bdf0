"""A part of one's own: a file on disk or a Hub dataset, in a layout that trainers use, under a declared licence."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, ClassVar, Literal, get_args

from okinst.builders import (
    Card,
    Hub,
    Row,
    SourceBuilder,
    Unmapped,
    Upstream,
    Variant,
    WrongCall,
    ask,
    doors,
    formats,
    talk,
)
from okinst.builders.upstream import Repo

Layout = Literal["messages", "alpaca", "sharegpt"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
#: how a file is laid out, by the end of its name
FORMATS: dict[str, formats.Format] = {
    ".jsonl": "JSON Lines",
    ".ndjson": "JSON Lines",
    ".json": "JSON array or Lines",
    ".parquet": "Parquet",
}


@dataclass
class OwnVariant(Variant):
    """What a recipe says of a part of its own."""

    layout: Layout = "messages"
    card: Card | None = None


class OwnRows(SourceBuilder):
    """One conversation of a file of one's own."""

    BUILDER_CONFIG_CLASS = OwnVariant
    BUILDER_CONFIGS: ClassVar[list[Variant]] = []
    COLUMNS: ClassVar[dict[str, Any]] = {}

    config: OwnVariant

    @property
    def card(self) -> Card:
        assert self.config.card is not None, "own() gives every part a card"
        return self.config.card

    def _door(self, config: Variant, streaming: bool = False) -> doors.Door:
        (file,) = config.files["train"]
        if isinstance(file.repo, Hub):
            return super()._door(config, streaming)
        return doors.Folder(Path(file.repo.id))

    def _identity(self, config: Variant) -> Iterator[str]:
        yield from super()._identity(config)
        # a catalogue's source says these in its module; here the recipe does
        yield repr((getattr(config, "layout", None), getattr(config, "card", None)))

    def read(self, file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
        ending = Path(self.config.files["train"][0].path).suffix.lower()
        return formats.READERS[FORMATS[ending]](file, name)

    def example(self, row: Row) -> Row:
        try:
            if self.config.layout == "alpaca":
                return ask(row["instruction"], row["output"], row.get("input"))
            if self.config.layout == "sharegpt":
                return talk(formats.speakers(row["conversations"]), row.get("system"))
            return talk((turn["role"], turn["content"]) for turn in row["messages"])
        except (KeyError, TypeError) as error:
            what = f"no column {error}" if isinstance(error, KeyError) else "something else"
            raise ValueError(
                f"a row of the layout {self.config.layout} was expected, and there is {what} in it; it has {', '.join(row)}"
            ) from None


def own_variant(
    name: str, *, place: str, hub: str | None, revision: str, layout: Layout, license: Any, language: Any, making: Any
) -> OwnVariant:
    """The config of one's own part: `place` is a path on disk, or a file (or glob) of the Hub repository `hub`.

    Raises WrongCall for a kind of file that cannot be read.
    """
    if Path(place).suffix.lower() not in FORMATS:
        raise WrongCall(f"{place} is none of {', '.join(FORMATS)}: which of them is it? Rename it, or convert it.")
    if hub is None:
        path = Path(place)
        file = Repo(str(path.parent), "as it is") / path.name
        if file.is_glob:
            file = Upstream(file.repo, "".join(f"[{mark}]" if mark in "*?[" else mark for mark in path.name))
    else:
        file = Hub(hub, revision) / place
    card = Card(
        title=name,
        homepage="",
        license=license,
        license_note="As the recipe declares it.",
        languages=(language,),
        making=making,
        generators=(),
        translators=(),
        derived_from=(),
        overlaps=(),
        warning="",
        quirks=(),
        citations=(),
    )
    return OwnVariant(
        name=name,
        description=f"{place}, as the recipe declares it.",
        files={"train": (file,)},
        layout=layout,
        card=card,
    )
