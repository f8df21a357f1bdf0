"""A part of one's own: a file on disk or a Hub dataset, in a layout that trainers use, under a declared licence."""

import functools
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, ClassVar, Literal, get_args

from okinst import catalogue
from okinst.builders import (
    Card,
    Hub,
    MissingFile,
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
from okinst.builders.identity import code_of
from okinst.builders.origin import Origin
from okinst.builders.source import NO_REVISION
from okinst.builders.upstream import Located, Repo

#: or the name of a set as whose files it is laid out
Layout = Literal["messages", "alpaca", "sharegpt", "koalpaca"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
#: sets whose files hold a conversation a row: a file of one's own may be laid out as one of them
LIKE: tuple[str, ...] = tuple(
    name
    for name, entry in catalogue.SOURCES.items()
    if entry.builder.SHAPE == "conversation"
    and entry.builder.examples is SourceBuilder.examples
    and entry.builder.gather is SourceBuilder.gather
)
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

    layout: str = "messages"
    card: Card | None = None
    #: of a file that okinst generate wrote; what the recipe declares anew is on the card
    origin: Origin | None = None

    def changed(self, **declared: Any) -> "OwnVariant":
        """The same file, with some of what is declared of it declared anew: name, layout, revision, or what its card says."""
        (file,) = self.files["train"]
        assert self.card is not None, "own_variant() gives every part a card"
        said: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in declared.items()
        }
        other: dict[str, Any] = {key: said.pop(key) for key in ("name", "layout") if key in said}
        if "revision" in said:
            file = replace(file, repo=replace(file.repo, revision=said.pop("revision")))
        if "language" in said:
            said["languages"] = (said.pop("language"),)
        card = replace(self.card, title=str(other.get("name", self.name)), **said)
        return replace(self, files={"train": (file,)}, card=card, **other)


class OwnRows(SourceBuilder):
    """One conversation of a file of one's own."""

    BUILDER_CONFIG_CLASS = OwnVariant
    BUILDER_CONFIGS: ClassVar[list[Variant]] = []
    COLUMNS: ClassVar[dict[str, Any]] = {}
    DECLARED = frozenset(("source",))

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

    @property
    def own_licenses(self) -> list[str]:
        origin = self.config.origin
        return list(dict.fromkeys(license for license, _ in origin.standings)) if origin else super().own_licenses

    def _generated(self, place: str) -> Origin | None:
        return None

    def locate(self, files: Iterable[Upstream], streaming: bool = False) -> list[Located]:
        try:
            return super().locate(files, streaming)
        except MissingFile as error:
            told = str(error).partition(" Fetch it on")[0]  # which okinst fetch cannot: it is no source of okinst
            raise MissingFile(
                f"{told} Put the file there under that name, or build where the Hub can be reached."
                if told != str(error)
                else told
            ) from error

    def _identity(self, config: Variant) -> Iterator[str]:
        yield from super()._identity(config)
        # a catalogue's source says these in its module; here the recipe does
        yield repr([getattr(config, name, None) for name in ("layout", "card", "origin")])
        if getattr(config, "layout", None) in LIKE:
            yield code_of(catalogue.SOURCES[getattr(config, "layout", "")].builder.__module__)

    def read(self, file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
        ending = Path(self.config.files["train"][0].path).suffix.lower()
        if self.config.layout in LIKE and FORMATS[ending] != "Parquet":
            return like(self.config.layout).read(file, name)  # whatever upstream's names say
        return formats.READERS[FORMATS[ending]](file, name)

    def _again(self, file: Located) -> str:
        return "It is a file of your own: mend it, and build again."

    def _allowed(self) -> str:
        return f"At most {self.MAY_LOSE:.0%} of a file may be lost."

    def _look(self) -> str:
        return f"It is a file of your own: mend it, or say in the recipe how it is laid out (layout = {self.config.layout!r} now)."

    def example(self, row: Row) -> Row:
        layout = self.config.layout
        if layout in LIKE:
            return self._own_words(row, _example_like(layout, row))
        needed = NEEDED[layout]
        if missing := [column for column in needed if row.get(column) is None]:
            fits = [other for other in LAYOUTS if all(row.get(column) is not None for column in NEEDED[other])]
            hint = f", which fits the layout {fits[0]}" if fits else ""
            if missing[0] in row:
                raise Unmapped(
                    f"its {missing[0]!r} is null, and the layout {layout} needs it{hint and f'; it has {_listed(row)}{hint}'}"
                )
            raise Unmapped(f"no {missing[0]!r} in it, which the layout {layout} needs; it has {_listed(row)}{hint}")
        return self._own_words(row, EXAMPLES[layout](row))

    def _own_words(self, row: Row, made: Row) -> Row:
        """A row that says its own licence, language or making keeps it: a declaration is for those that do not say."""
        own = {name: row[name] for name in ("license", "language", "making") if isinstance(row.get(name), str)}
        return made | {name: value for name, value in own.items() if value}


@functools.cache
def like(layout: str) -> SourceBuilder:
    """The builder of the set as whose files one's own are laid out. It is asked what a row means, and for no file of its own."""
    return catalogue.SOURCES[layout].builder(config_name=layout, sample=True)


def _example_like(layout: str, row: Row) -> Row:
    try:
        return like(layout).example(row)
    except KeyError as error:
        raise Unmapped(f"no {error} in it, which files of {layout} have; it has {_listed(row)}") from error


def reading(layout: str) -> Callable[[Row], Row]:
    """What a row of a layout means."""
    return functools.partial(_example_like, layout) if layout in LIKE else EXAMPLES[layout]


def _listed(row: Row) -> str:
    return ", ".join(map(str, row)) or "nothing"


def _messages(row: Row) -> Row:
    return talk(_turns(row["messages"]))


def _turns(messages: object) -> Iterator[tuple[str, object]]:
    if not isinstance(messages, list):
        raise Unmapped("messages that are no list")
    for turn in messages:
        if (
            not isinstance(turn, dict)
            or not isinstance(turn.get("role"), str)
            or not isinstance(turn.get("content"), str)
        ):
            raise Unmapped("a message without a role and a text")
        yield turn["role"].strip(), turn["content"]


def _alpaca(row: Row) -> Row:
    """LLaMA-Factory's alpaca: with a system message, and earlier rounds, where there are some."""
    made = ask(row["instruction"], row["output"], row.get("input"))
    before = [
        turn for asked, answered in row.get("history") or () for turn in (("user", asked), ("assistant", answered))
    ]
    system = [("system", row["system"])] if row.get("system") else []
    if before or system:
        made["messages"] = [*talk([*system, *before])["messages"], *made["messages"]]
    return made


def _sharegpt(row: Row) -> Row:
    system = [("system", row["system"])] if row.get("system") else []
    return talk([*system, *formats.speakers(row["conversations"])])


def _koalpaca(row: Row) -> Row:
    """KoAlpaca's training text. Published files spell it with and without blank lines and an end token."""
    found = _KOALPACA.fullmatch(str(row["text"]))
    if not found:
        raise Unmapped("no '### 질문:' and '### 답변:' in it")
    return ask(found["question"], found["answer"].strip().removesuffix("<|endoftext|>"), found["context"])


_KOALPACA = re.compile(r"\s*### 질문:(?P<question>.*?)(?:### 맥락:(?P<context>.*?))?### 답변:(?P<answer>.*)", re.DOTALL)
NEEDED: dict[str, tuple[str, ...]] = {
    "messages": ("messages",),
    "alpaca": ("instruction", "output"),
    "sharegpt": ("conversations",),
    "koalpaca": ("text",),
}
EXAMPLES: dict[str, Callable[[Row], Row]] = {
    "messages": _messages,
    "alpaca": _alpaca,
    "sharegpt": _sharegpt,
    "koalpaca": _koalpaca,
}


def own_variant(
    name: str,
    *,
    place: str,
    hub: str | None,
    revision: str,
    layout: str,
    license: Any,
    language: Any,
    making: Any,
    generators: tuple[str, ...] = (),
    translators: tuple[str, ...] = (),
    origin: Origin | None = None,
) -> OwnVariant:
    """The config of one's own part: `place` is a path on disk, or a file (or glob) of the Hub repository `hub`.

    `generators` and `translators` are the machines that wrote or translated the rows whose `making` says that a machine did;
    `origin` is what stands beside a file that `okinst generate` wrote. Raises WrongCall for a kind of file, or a layout, that is not
    known.
    """
    check_layout(layout, f"layout = {layout!r}")
    if Path(place).suffix.lower() not in FORMATS:
        raise WrongCall(f"{place} is none of {', '.join(FORMATS)}: which of them is it? Rename it, or convert it.")
    if hub is None:
        path = Path(place)
        file = Repo(str(path.parent), NO_REVISION) / path.name
        if file.is_glob:
            file = Upstream(file.repo, "".join(f"[{mark}]" if mark in "*?[" else mark for mark in path.name))
    else:
        file = Hub(hub, revision) / place
    card = Card(
        title=name,
        homepage="",
        license=license,
        license_note=origin.license_note if origin else "As the recipe declares it.",
        languages=(language,),
        making=making,
        generators=generators,
        translators=translators,
        derived_from=origin.derived_from if origin else (),
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
        origin=origin,
    )


def check_layout(layout: str, told: str) -> None:
    """Raise WrongCall for a layout that is not known; `told` is it as it was said."""
    if layout not in (*LAYOUTS, *LIKE):
        near = ", ".join(catalogue.nearest(layout, [*LAYOUTS, *LIKE]))
        raise WrongCall(
            f"{told} should be one of {', '.join(LAYOUTS)}, or a set of conversations (okinst list) as whose files it is laid "
            f"out. The nearest are {near}."
        )
