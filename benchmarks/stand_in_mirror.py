"""A stand-in mirror of full size: every file that the two published mixtures read, with invented text.

    python benchmarks/stand_in_mirror.py --to DIR                   the files, 1.8 GB
    python benchmarks/stand_in_mirror.py --to DIR --scale 0.01      a hundredth of their rows
    python benchmarks/stand_in_mirror.py --to DIR --build           and build both mixtures (benchmarks/build_mixtures.py)

Repositories, file names and formats are upstream's, the number of rows is upstream's, and so is, where it is known, the
size. The text is not: it is cut from okinst's own sample corpus, two to four words at a time, and put together anew, so that
nearly every row differs from every other. It has the odd rows that decide how many come through, so that each part of each mixture comes
out at the number its published set is known, or thought, to have.

The same seed and scale give the same bytes. A file appears when it is whole; stand-in.json says what was made, and a
folder that is not empty and has none is left alone.
"""

import argparse
import hashlib
import json
import os
import random
import re
import resource
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from okinst.builders import Row, SourceBuilder, Upstream
from okinst.builders.doors import SAMPLE, Mirror, sha256
from okinst.builders.formats import Format
from okinst.korean_instructions.evolve_instruct import MAIN, EvolveInstruct
from okinst.korean_instructions.ko_lima_vicuna import UNTRANSLATED, KoLimaVicuna
from okinst.korean_instructions.koalpaca_v1_0 import KoAlpacaV10
from okinst.korean_instructions.koalpaca_v1_1 import KoAlpacaV11
from okinst.korean_instructions.koinstruct_qa import MISSING, KoInstructQA
from okinst.korean_instructions.korquad_chat import KorquadChat
from okinst.korean_instructions.kullm_v2 import KullmV2
from okinst.korean_instructions.oig_smallchip2_ko import OIGSmallChip2Ko
from okinst.korean_instructions.sharegpt_74k_ko import REPO as SHAREGPT
from okinst.korean_instructions.sharegpt_74k_ko import ShareGPT74kKo
from okinst.korean_instructions.sharegpt_deepl_ko import ShareGPTDeepLKo
from okinst.mixtures import MIXTURES, Part

AULM, OKI = "aulm-0809", "open-korean-instructions"
WRITTEN = "stand-in.json"
#: rows of a Parquet row group, as datasets writes them
ROW_GROUP = 1_000


# -- text ---------------------------------------------------------------------------------------------------------


@lru_cache
def pieces(language: str) -> tuple[tuple[str, ...], float]:
    """Runs of two to four words of the sample's files that stand_ins() stand in for, and their mean size in bytes."""
    found: dict[str, None] = {}
    for stand_in in stand_ins():
        for row in read_rows(stand_in, SAMPLE):
            for text in texts(row):
                if (re.search("[가-힣]", text) is not None) == (language == "ko"):
                    # no markers: they would change what a row is
                    words = [word for word in text.split() if not re.fullmatch(r".*[<>|].*|[ABC]?:?", word)]
                    for width in (2, 3, 4):
                        found.update(
                            dict.fromkeys(" ".join(words[at : at + width]) for at in range(0, len(words), width))
                        )
    found.pop("", None)
    chosen = tuple(found)
    return chosen, sum(len(piece.encode()) + 1 for piece in chosen) / len(chosen)


def read_rows(stand_in: "StandIn", mirror: Path) -> Iterator[Row]:
    """The upstream rows of a mirror's copy of a file."""
    source = stand_in.source(config_name=stand_in.config, sample=True)
    for found in Mirror(mirror).locate(stand_in.upstream, stand_in.config):
        with Path(found.place).open("rb") as file:
            yield from (row for row in source.read(file, found.path) if isinstance(row, dict))


def texts(value: Any) -> Iterator[str]:
    """Every string in a row that is long enough to be text."""
    if isinstance(value, str):
        if len(value) > 20 and "://" not in value:
            yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts(each)


class Writer:
    """Draws text of a wanted size, in bytes of UTF-8, from the sample's words."""

    def __init__(self, seed: str) -> None:
        self.seed = seed
        self.rng = random.Random(seed)

    def text(self, size: float, language: str = "ko", breaks: str = "") -> str:
        """A text, which ends as a sentence does, since filters take what breaks off; `breaks` stands between its paragraphs."""
        chosen, mean = pieces(language)
        words = self.rng.choices(chosen, k=max(1, int(size / mean + self.rng.random())))
        said = (
            " ".join(words)
            if not breaks
            else breaks.join(" ".join(words[at : at + 9]) for at in range(0, len(words), 9))
        )
        return said if said.endswith((".", "?", "!")) else f"{said.rstrip(',:;')}."

    def around(self, size: float, spread: float) -> float:
        """A size that is `size` in the mean: log-normal, so that a few are very long."""
        return size * self.rng.lognormvariate(-spread * spread / 2, spread)

    def name(self) -> str:
        """An id such as ShareGPT's."""
        return "".join(self.rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", k=7)) + "_0"

    def again(self, key: object) -> "Writer":
        """A writer that writes the same for the same key."""
        return Writer(f"{self.seed}/{key}")


# -- rows ---------------------------------------------------------------------------------------------------------

#: a row from its number and the size of its text
Make = Callable[[Writer, int, float], Row]


@dataclass(frozen=True)
class Kind:
    """So many rows of one make."""

    name: str
    rows: int
    make: Make
    #: by mixture, the reason for which its published rule drops them
    dropped: dict[str, str] = field(default_factory=dict)
    #: length beside the file's other kinds
    weight: float = 1


def evolved(writer: Writer, number: int, size: float) -> Row:
    return {"input": writer.text(size * 0.3), "output": writer.text(size * 0.7, breaks="\n\n")}


def alpaca(writer: Writer, number: int, size: float) -> Row:
    return {"instruction": writer.text(size * 0.25), "input": "", "output": writer.text(size * 0.75)}


def alpaca_with_input(writer: Writer, number: int, size: float) -> Row:
    return {
        "instruction": writer.text(size * 0.2),
        "input": writer.text(size * 0.3),
        "output": writer.text(size * 0.5),
    }


def alpaca_unanswered(writer: Writer, number: int, size: float) -> Row:
    return alpaca(writer, number, size) | {"output": ""}


def question(writer: Writer, number: int, size: float) -> Row:
    return {
        "instruction": writer.text(size * 0.25),
        "output": writer.text(size * 0.75, breaks=" \n\n"),
        "url": f"https://kin.example.invalid/qna/detail?docId={number + 1_000_000}",
    }


def without_passage(writer: Writer, number: int, size: float) -> Row:
    return alpaca(writer, number, size) | {"input": MISSING}


def from_kullm(origin: str, make: Make) -> Make:
    """Rows whose id says where they are from."""

    def made(writer: Writer, number: int, size: float) -> Row:
        return {"id": f"{origin}_{number}", **make(writer, number, size)}

    return made


def untasked(writer: Writer, number: int, size: float) -> Row:
    return alpaca_with_input(writer, number, size) | {"instruction": ""}


#: rows of OIG-small-chip2-ko, and how many distinct questions they have
OIG_ROWS, OIG_QUESTIONS = 210_282, 130_027


def chip2(writer: Writer, number: int, size: float) -> Row:
    """A question that comes back in the rows below with other answers, in English and Korean."""
    asked = writer.again(number * OIG_QUESTIONS // OIG_ROWS)
    length = asked.around(90, 0.5)
    return {
        "user": asked.text(length * 0.8, "en"),
        "chip2": writer.text((size - 190) * 0.43, "en"),
        "index": number,
        "user_translated": asked.text(length) + "\n\n",
        "chip2_translated": writer.text((size - 190) * 0.57),
    }


def dialogue(*speakers: str, language: str = "ko", breaks: str = "\n\n", silent: bool = False) -> Make:
    """Speakers in turn; `silent` empties the last turn. No speakers, no turns."""

    def made(writer: Writer, number: int, size: float) -> Row:
        rounds = 1 + int(writer.rng.expovariate(1) * size / 4_000)
        share = size / rounds / max(1, len(speakers))
        turns = []
        for _ in range(rounds):
            for place, speaker in enumerate(speakers):
                length = writer.around(share * (1 if len(speakers) == 1 else 0.4 if place == 0 else 1.6), 0.5)
                turns.append({"from": speaker, "value": writer.text(length, language, breaks)})
        if silent:
            turns[-1]["value"] = ""
        return {"id": writer.name(), "conversations": turns}

    return made


def marked(user: str, bot: str, inside: str = "", third: str = "") -> Make:
    """A paragraph and eight lines about it; `inside` comes into the paragraph, `third` behind the lines."""

    def made(writer: Writer, number: int, size: float) -> Row:
        paragraph = writer.text(size * 0.2) + inside + writer.text(size * 0.2)
        lines = [f"{user if turn % 2 == 0 else bot} {writer.text(size * 0.6 / 8)}" for turn in range(8)]
        return {"source": "korquad-chat", "text": "\n".join((f"<sys>{paragraph}", *lines)) + third}

    return made


# -- formats ------------------------------------------------------------------------------------------------------


class Sink:
    """A file that rows are added to, one at a time."""

    def __init__(self, path: Path, columns: list[str]) -> None:
        self.file = path.open("wb")
        self.columns = columns

    def add(self, row: Row) -> int:
        """Write a row; the bytes it takes."""
        raise NotImplementedError

    def end(self) -> None:
        """Write what follows the last row."""

    def __enter__(self) -> "Sink":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with self.file:
            if kind is None:
                self.end()


class Lines(Sink):
    """JSON Lines, in UTF-8 as it is."""

    def add(self, row: Row) -> int:
        return self.file.write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))


class Array(Sink):
    """One JSON array, indented by two."""

    between = b"[\n  "

    def add(self, row: Row) -> int:
        text = orjson.dumps(row, option=orjson.OPT_INDENT_2).replace(b"\n", b"\n  ")
        size = self.file.write(self.between + text)
        self.between = b",\n  "
        return size

    def end(self) -> None:
        self.file.write(b"\n]\n")


class Parquet(Sink):
    """Parquet of columns of strings; a row is as large as its text."""

    def __init__(self, path: Path, columns: list[str]) -> None:
        super().__init__(path, columns)
        self.schema = pa.schema([(column, pa.string()) for column in columns])
        self.writer = pq.ParquetWriter(self.file, self.schema)
        self.waiting: list[Row] = []

    def add(self, row: Row) -> int:
        self.waiting.append(row)
        if len(self.waiting) == ROW_GROUP:
            self.flush()
        return sum(len(value.encode()) for value in row.values())

    def flush(self) -> None:
        self.writer.write_table(pa.Table.from_pylist(self.waiting, schema=self.schema))
        self.waiting = []

    def end(self) -> None:
        if self.waiting:
            self.flush()
        self.writer.close()


SINKS: dict[Format, type[Sink]] = {"JSON Lines": Lines, "JSON array": Array, "Parquet": Parquet}


# -- files --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class StandIn:
    """One file: what it stands in for, its size, and its rows."""

    source: type[SourceBuilder]
    config: str
    upstream: Upstream
    #: as upstream's is, or (where nobody knows) thought to be
    bytes: float
    kinds: tuple[Kind, ...]
    #: how unlike the lengths of its rows are
    spread: float = 0.6

    @cached_property
    def path(self) -> str:
        """<owner>/<repo>/<path>, with the sample's name for a file that upstream's glob names."""
        return Path(Mirror(SAMPLE).locate(self.upstream, self.config)[0].place).relative_to(SAMPLE).as_posix()

    def counts(self, scale: float) -> list[int]:
        """Rows of each kind; there is one of each, however small the scale."""
        return [max(1, round(kind.rows * scale)) for kind in self.kinds]

    def write(self, folder: Path, seed: int, scale: float) -> dict[str, Any]:
        """Write the file whole or not at all, its kinds of rows among each other; what was written."""
        path = folder / self.path
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.incomplete")
        counts = self.counts(scale)
        writer = Writer(f"{seed}/{self.path}")
        order = bytearray(place for place, count in enumerate(counts) for _ in range(count))
        writer.rng.shuffle(order)
        weight = sum(kind.weight * count for kind, count in zip(self.kinds, counts, strict=True))
        full = sum(kind.weight * kind.rows for kind in self.kinds)
        # What is left of the file over what is left to write: that keeps to the size, whatever JSON adds to the text.
        left, beside = self.bytes * weight / full, 0.0
        try:
            with SINKS[self.source.FORMAT](unfinished, list(self.source.COLUMNS)) as sink:
                for number, place in enumerate(order):
                    kind = self.kinds[place]
                    mean = max(20.0, left / weight * kind.weight - beside)
                    wanted = writer.around(mean, self.spread)
                    size = sink.add(kind.make(writer, number, wanted))
                    left, weight = left - size, max(weight - kind.weight, 1e-9)
                    beside += (size - wanted - beside) / min(number + 1, 500)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
        return {"rows": len(order), "bytes": path.stat().st_size, "sha256": sha256(path)}


@lru_cache
def stand_ins() -> tuple[StandIn, ...]:
    """Every file. Counts of a kind that nobody knows are chosen; the counts of the parts are what they have to add up to."""

    def of(source: type[SourceBuilder], megabytes: float, *kinds: Kind, spread: float = 0.6) -> StandIn:
        variant = source.BUILDER_CONFIGS[0]
        return StandIn(source, variant.name, variant.files["train"][0], megabytes * 1e6, kinds, spread)

    human, deepl = ("human", "gpt"), partial(dialogue, breaks="\r\n\r\n")
    return (
        # 84,400 come through, so that the five parts make 375,076; all other counts are chosen
        of(
            ShareGPTDeepLKo,
            645,
            Kind("human and gpt", 80_700, deepl(*human)),
            Kind("user, chatgpt", 1_500, deepl("user", "chatgpt")),
            Kind("user, bard", 500, deepl("user", "bard")),
            Kind("gpt begins", 1_500, deepl("gpt", "human")),
            Kind("empty answer", 200, deepl(*human, silent=True)),
            Kind("bing", 480, deepl("user", "bing"), {OKI: "dialogue with Bing"}),
            Kind("no bot", 190, deepl("human"), {OKI: "no bot turn"}),
            # upstream has none: one would have stopped the published run
            Kind(
                "unknown speaker",
                30,
                deepl("system", *human),
                {OKI: "the speaker system, who stopped the published run"},
            ),
            spread=0.9,
        ),
        of(OIGSmallChip2Ko, 274, Kind("translated", OIG_ROWS, chip2)),
        of(
            KoAlpacaV10,
            16,
            Kind("with input", 21_235, alpaca_with_input),  # as of the 11,421 rows that were seen
            Kind("without input", 28_384, alpaca),
            Kind("empty answer", 1, alpaca_unanswered),
        ),
        of(KoAlpacaV11, 23, Kind("question", 21_155, question)),
        # aulm-0809 drops 19: ~9.6K
        of(
            KorquadChat,
            23.4,
            Kind("marked", 9_300, marked("<usr>", "<bot>")),
            Kind("A: and B:", 200, marked("A:", "B:")),
            Kind("A : and B :", 100, marked("A :", "B :")),
            Kind("broken paragraph", 12, marked("<usr>", "<bot>", inside="\n"), {AULM: "line without a marker"}),
            Kind("third speaker", 7, marked("A:", "B:", third="\nC: 저도요."), {AULM: "third speaker"}),
        ),
        # ~37K; the size is the sample's mean length times the rows
        StandIn(EvolveInstruct, "evolve-instruct", MAIN, 54e6, (Kind("evolved", 37_000, evolved),)),
        # ~50.3K; the size is chosen as above
        of(
            KoInstructQA,
            45,
            Kind("about a passage", 26_200, alpaca_with_input),
            Kind("nan", 24_000, without_passage),
            Kind("empty input", 100, alpaca),
        ),
        of(KoLimaVicuna, 1.94, Kind("translated", 866, dialogue(*human))),
        StandIn(
            KoLimaVicuna,
            "ko-lima-vicuna",
            UNTRANSLATED,
            1.19e6,
            (Kind("English", 164, dialogue(*human, language="en")),),
        ),
        # 152,630 in all, 1,206 without an instruction; only Dolly's 15,011 come through
        of(
            KullmV2,
            264,
            *(
                Kind(name, rows, from_kullm(origin, make), {AULM: "id without dolly or gpt4all"}, weight)
                for name, rows, origin, make, weight in (
                    ("GPT4ALL", 71_413, "alpaca", alpaca, 0.7),
                    ("no instruction", 1_206, "alpaca", untasked, 0.7),
                    ("Vicuna", 65_000, "vicuna", alpaca, 1.4),
                )
            ),
            Kind("Dolly", 11_000, from_kullm("dolly", alpaca), weight=0.7),
            Kind("Dolly with input", 4_011, from_kullm("dolly", alpaca_with_input), weight=1.1),
        ),
        # what the other parts leave of 171,404
        StandIn(
            ShareGPT74kKo,
            "sharegpt-74k-ko",
            SHAREGPT / "part2_ko_uncleaned.json",
            477e6,
            (
                Kind("human and gpt", 36_200, dialogue(*human)),
                Kind("user, bard", 600, dialogue("user", "bard")),
                Kind("system", 150, dialogue("system", *human)),
                Kind("chatgpt", 100, dialogue("human", "chatgpt")),
                Kind("bing", 50, dialogue("human", "bing")),
                Kind("empty answer", 200, dialogue(*human, silent=True)),
                Kind("no turns", 8, dialogue()),
            ),
            spread=0.9,
        ),
    )


# -- what comes out -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Expected:
    """A part of a mixture: rows of its files, rows that a rule drops by reason, and what is left."""

    source: str
    read: int
    dropped: Counter[str]

    @property
    def rows(self) -> int:
        return self.read - self.dropped.total()


def files_of(part: Part) -> tuple[Upstream, ...]:
    """The upstream files that a part of a mixture reads."""
    return part.files or part.source.builder_configs[part.config].files[part.split]


def expected(mixture: str, scale: float) -> list[Expected]:
    """What comes out of the stand-in mirror for each part of a mixture, in order."""
    found = []
    for part in MIXTURES[mixture].parts:
        files = {str(file) for file in files_of(part)}
        own = [stand_in for stand_in in stand_ins() if str(stand_in.upstream) in files]
        dropped: Counter[str] = Counter()
        for stand_in in own:
            for kind, count in zip(stand_in.kinds, stand_in.counts(scale), strict=True):
                if reason := kind.dropped.get(mixture):
                    dropped[reason] += count
        found.append(Expected(part.config, sum(sum(each.counts(scale)) for each in own), dropped))
    return found


# -- the command ---------------------------------------------------------------------------------------------------


def made_from(seed: int, scale: float) -> dict[str, Any]:
    """All that decides the bytes: another one is another mirror."""
    code = hashlib.sha256(Path(__file__).read_bytes())
    for language in ("ko", "en"):
        code.update("\n".join(pieces(language)[0]).encode())
    return {"seed": seed, "scale": scale, "code": code.hexdigest(), "pyarrow": pa.__version__}


def write(folder: Path, seed: int = 0, scale: float = 1.0) -> dict[str, Any]:
    """Write the mirror, unless it is there already; what it holds, by file. Raises SystemExit for a folder of others."""
    note, made = folder / WRITTEN, made_from(seed, scale)
    if note.is_file():
        there = json.loads(note.read_text(encoding="utf-8"))
        if there["made_from"] == made and there["files"]:
            return dict(there["files"])
    elif folder.is_dir() and any(folder.iterdir()):
        raise SystemExit(f"{folder} is not empty, and no stand-in mirror: name another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    _say(note, {"made_from": made, "files": {}})
    files = {}
    for stand_in in stand_ins():
        start = time.perf_counter()
        files[stand_in.path] = written = stand_in.write(folder, seed, scale)
        print(
            f"{stand_in.path}: {written['rows']:,} rows, {written['bytes'] / 1e6:,.1f} MB, "
            f"{time.perf_counter() - start:.0f} s",
            file=sys.stderr,
        )
    _say(note, {"made_from": made, "files": files})
    return files


def _say(note: Path, told: dict[str, Any]) -> None:
    unfinished = note.with_name(f".{note.name}.incomplete")
    unfinished.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    unfinished.replace(note)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, required=True, metavar="DIR", help="the mirror")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the rows of every kind, and at least one")
    parser.add_argument("--build", action="store_true", help="then build both mixtures from it, and count")
    asked, others = parser.parse_known_args()
    if others and not asked.build:
        parser.error(f"unknown: {' '.join(others)}")
    if asked.scale <= 0:
        parser.error("--scale is a share above 0")
    files = write(asked.to, asked.seed, asked.scale)
    rows, size = (sum(file[key] for file in files.values()) for key in ("rows", "bytes"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{asked.to}: {len(files)} files, {rows:,} rows, {size / 1e6:,.0f} MB; peak memory {peak:,.0f} MB",
        file=sys.stderr,
    )
    if asked.build:
        script = Path(__file__).with_name("build_mixtures.py")
        os.execv(sys.executable, [sys.executable, str(script), "--mirror", str(asked.to), *others])


if __name__ == "__main__":
    main()
