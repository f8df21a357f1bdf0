"""The builder that each source fills in: say where the files are, how they are laid out, and what one row means."""

import functools
import logging
import sys
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from difflib import SequenceMatcher
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import IO, Any, ClassVar

import datasets
import pyarrow as pa

from okinst.builders import bibliography, doors, formats, identity, measured, network, origin, schema, tally
from okinst.builders.card import Card, License, Making, Variant
from okinst.builders.ending import closed_at_exit
from okinst.builders.errors import DamagedFile, Drift, MissingFile, TooManyLost, Unmapped, Unwanted, WrongCall
from okinst.builders.formats import Format
from okinst.builders.origin import Origin
from okinst.builders.schema import Row, Shape
from okinst.builders.tables import TableBuilder
from okinst.builders.tally import Tally
from okinst.builders.upstream import ByHand, Located, Upstream

logger = logging.getLogger("okinst")

#: this many rows may always be left out, as long as more come through: a share says nothing about a file of twelve rows
FEW = 10
#: the doors behind which files may lie that upstream never published
NO_REVISION = "as it is"
BY_OTHERS = frozenset(("folder", "mirror"))
_FOREIGN = frozenset(("datasets.builder", "builtins"))


class SourceBuilder(TableBuilder, datasets.GeneratorBasedBuilder):
    """One source of rows.

    A subclass gives `CARD`, `COLUMNS`, `BUILDER_CONFIGS`, and `example`; `FORMAT` where the files are not JSON Lines (`read`
    where they are like no other), `SHAPE` where a row is not a conversation, `examples` where one upstream row becomes
    several, and `gather` where several become one.

    It is a `GeneratorBasedBuilder`: `_generate_examples` is the contract. What `datasets` calls is `_generate_tables`,
    which makes Arrow tables of the same rows, several at a time: encoding row by row is most of what a plain
    `GeneratorBasedBuilder` does.
    """

    CARD: ClassVar[Card]
    SHAPE: ClassVar[Shape] = "conversation"
    #: how the upstream files are laid out, whatever their names say
    FORMAT: ClassVar[Format] = "JSON Lines"
    #: the upstream columns, for raw=True and for a reader
    COLUMNS: ClassVar[dict[str, Any]]
    #: licences of rows that differ from the Card's
    ROW_LICENSES: ClassVar[tuple[License, ...]] = ()
    #: how rows of such a licence were made, where that differs from the Card too
    ROW_MAKINGS: ClassVar[dict[License, Making]] = {}
    #: the authors permit research only, which the id of their licence does not say
    RESEARCH_ONLY: ClassVar[bool] = False
    #: whether its terms forbid to pass it on
    NOT_PASSED_ON: ClassVar[bool] = False
    #: the largest share of rows that may be left out before a build is refused
    MAY_LOSE: ClassVar[float] = 0.05
    #: files named like another split of those that are read, and not read on purpose
    UNREAD: ClassVar[tuple[str, ...]] = ()
    #: common columns that a generated row does not say itself here: its part's name is its source
    DECLARED: ClassVar[frozenset[str]] = frozenset()
    #: rows per Arrow table: a MB or two of text. Fewer where one row is as large as a book.
    BATCH: ClassVar[int] = 1_000
    BUILDER_CONFIG_CLASS = Variant

    config: Variant
    #: how what is there differs from the catalogue, where that was accepted
    _drift: str | None = None

    # -- what a source says ---------------------------------------------------------------------------------------

    def read(self, file: IO[bytes], name: str) -> Iterator[Row | Unmapped]:
        """The upstream rows of one open file; `name` is for messages. A format of its own overrides this."""
        return formats.READERS[self.FORMAT](file, name)

    def gather(self, rows: Iterator[Row | Unmapped]) -> Iterator[Row | Unmapped]:
        """The upstream rows as `example` takes them: where a dialogue is spread over rows, its rows as one.

        What comes of it is counted as the rows of the file. Rows in raw form are not gathered.
        """
        return rows

    def example(self, row: Row) -> Row:
        """What one upstream row means: the columns of the shape, and any common column that differs from the Card.

        An `id` of upstream's, unique in its file, may stand among them: it becomes the end of the row's id. Raises Unmapped,
        with the reason to count it under, for a row that has no place in the shape, and Unwanted for one that the set leaves
        out on purpose.
        """
        raise NotImplementedError(f"{type(self).__name__} must say what a row means: define example()")

    def examples(self, row: Row) -> Iterable[Row | Unmapped]:
        """The rows that one upstream row becomes; an Unmapped in place of one is counted."""
        return (self.example(row),)

    def row_features(self) -> datasets.Features:
        """The columns of a row; a labelled or rated source adds its own."""
        return schema.features(self.SHAPE)

    @property
    def card(self) -> Card:
        """What is known of these rows; generated ones, and those of one's own, have other cards than the set they are laid out as."""
        return self.origins[0].card if self._all_generated else self.CARD

    @functools.cached_property
    def origins(self) -> tuple[Origin, ...]:
        """Of the files that `okinst generate` wrote, those there are in place of upstream's."""
        return tuple(dict.fromkeys(filter(None, self._origins_of_files)))

    @functools.cached_property
    def _origins_of_files(self) -> list[Origin | None]:
        return [*self._origins(self._door(self.config), self.config)]

    @property
    def _all_generated(self) -> bool:
        return bool(self.origins) and None not in self._origins_of_files

    def _origins(self, door: doors.Door, config: Variant) -> Iterator[Origin | None]:
        if door.name in BY_OTHERS:
            files = (file for files in config.files.values() for file in files)
            yield from (self._generated(place) for file in files for place in door.there(file))

    def _generated(self, place: str) -> Origin | None:
        """The origin of a file; of one's own the recipe has taken it in."""
        return origin.beside(Path(place))

    @property
    def own_licenses(self) -> list[str]:
        """Every licence that these rows can have, their card's first."""
        of_generated = [license for each in self.origins for license, _ in each.standings]
        of_others = [] if self._all_generated else [self.card.license, *self.ROW_LICENSES]
        return list(dict.fromkeys([*of_others, *of_generated]))

    @classmethod
    def licenses(cls) -> tuple[License, ...]:
        """Every licence a row can have."""
        return (cls.CARD.license, *cls.ROW_LICENSES)

    @classmethod
    def standings(cls) -> tuple[tuple[License, Making], ...]:
        """Every licence that a row can have, with how such rows were made."""
        by_license = [(license, cls.ROW_MAKINGS.get(license, cls.CARD.making)) for license in cls.licenses()]
        by_file = [
            (cls.CARD.license, file.making)
            for variant in cls.BUILDER_CONFIGS
            for files in variant.files.values()
            for file in files
            if file.making
        ]
        return tuple(dict.fromkeys(by_license + by_file))

    # -- what datasets asks ---------------------------------------------------------------------------------------

    def _create_builder_config(self, *args: Any, **kwargs: Any) -> tuple[Variant, str]:
        config, _ = super()._create_builder_config(*args, **kwargs)
        wrong = not _is_words(config.rename) or not self.COLUMNS.keys() >= set(config.rename.values())
        if wrong or len(set(config.rename.values())) < len(config.rename):
            raise WrongCall(
                f"{config.name}: rename = {config.rename!r} should give columns their names in the catalogue, each once: "
                f"{', '.join(self.COLUMNS)}."
            )
        for option in ("raw", "accept_drift"):
            if not isinstance(getattr(config, option), bool):
                raise WrongCall(f"{config.name}: {option} = {getattr(config, option)!r} should be True or False.")
        if not _is_words(config.roles) or not set(config.roles.values()) <= schema.SPEAKERS:
            raise WrongCall(
                f"{config.name}: roles = {config.roles!r} should give speakers one of the roles {', '.join(sorted(schema.SPEAKERS))}."
            )
        # A readable folder for people; everything that can change a row goes into the hash.
        config_id = config.name + "-raw" * config.raw + "-as-published" * (config.reading is not None)
        self.hash = identity.digest(*self._identity(config))
        return config, config_id

    def _identity(self, config: Variant) -> Iterator[str]:
        yield identity.code_of(*(cls.__module__ for cls in type(self).__mro__ if cls.__module__ not in _FOREIGN))
        yield repr((config.name, config.raw, config.accept_drift, config.rename, config.roles))
        yield from map(identity.name_of, (config.rule, config.reading))
        yield repr([line for line in self.measures() if line.config == config.name])
        door = self._door(config)
        yield door.name
        for split, files in config.files.items():
            yield split
            yield from (f"{file}@{file.repo.revision} {door.fingerprint(file)}" for file in files)
        yield from map(repr, self._origins(door, config))
        if door.name != "network":  # which is not asked for a name
            yield from (place for _, place in self._other_splits(config))

    def _door(self, config: Variant, streaming: bool = False) -> doors.Door:
        return doors.choose(
            data_dir=config.data_dir,
            mirror=config.mirror,
            sample=config.sample,
            token=self.token,
            streaming=streaming,
        )

    def _info(self) -> datasets.DatasetInfo:
        return datasets.DatasetInfo(
            description=self._described(),
            features=schema.upstream_features(self.COLUMNS) if self.config.raw else self.row_features(),
            homepage=self.card.homepage,
            license=", ".join(self.own_licenses),
            citation=bibliography.bibtex(self.card.citations),
        )

    def _described(self) -> str:
        """In a sentence, what the rows are."""
        if not self.origins:
            return str(self.config.description)
        return " ".join(
            f"{each.name}: rows that okinst generate made, laid out as {each.layout}'s. {each.license_note}"
            for each in self.origins
        )

    def _split_generators(self, downloads: Any) -> list[datasets.SplitGenerator]:
        # A stream locates its files when it is read: to name the splits must not need them.
        files: dict[str, list[Upstream] | list[Located]] = {
            split: list(upstream) if downloads.is_streaming else self.locate(upstream)
            for split, upstream in self.config.files.items()
        }
        self._expect_each_place_once(files)
        if not downloads.is_streaming or self._door(self.config).name != "network":
            self._expect_no_other_split()
        return [
            datasets.SplitGenerator(name=split, gen_kwargs={"files": found, "split": split})
            for split, found in files.items()
        ]

    def locate(self, files: Iterable[Upstream], streaming: bool = False) -> list[Located]:
        """Every file behind some upstream names, through the open door."""
        door = self._door(self.config, streaming)
        found: list[Located] = []
        for file in files:
            try:
                found += door.locate(file, self.config.name)
            except MissingFile as error:
                if not isinstance(file.repo, ByHand):
                    raise
                # who places files by hand wants to hear of all of them at once
                every = [each for files in self.config.files.values() for each in files]
                missing = [_called(each) for each in every if not door.there(each)]
                told = f"Looked for: {', '.join(map(_called, every))}; missing: {', '.join(missing)}"
                if len(missing) == len(every):
                    told = f"Looked for, and none is there: {', '.join(missing)}"
                raise MissingFile(f"{error} {told}.") from error
        return found

    def _expect_each_place_once(self, files: dict[str, list[Upstream] | list[Located]]) -> None:
        """Raise Drift where one file is taken for two: by two splits, whose globs both mean it."""
        places: dict[str, str] = {}
        for split, found in files.items():
            for file in found:
                if isinstance(file, Located) and places.setdefault(file.place, split) != split:
                    raise Drift(
                        f"{self.config.name}: {file.place} would be read for the split {places[file.place]} and for {split}: its "
                        f"name fits both. Rename it, or put it into upstream's folders."
                    )

    def _other_splits(self, config: Variant) -> Iterator[tuple[Upstream, str]]:
        """Files named like one more split of those that are read, each with the file it is like."""
        door = self._door(config)
        declared = [file for files in config.files.values() for file in files]
        known = {
            file.path for other in self.builder_configs.values() for files in other.files.values() for file in files
        }
        known |= {*self.UNREAD}
        read = {place for file in declared for place in door.there(file)}
        for file in {file.path: file for file in declared}.values():
            for sibling in file.siblings():
                if sibling.path not in known:
                    yield from ((file, place) for place in sorted(set(door.there(sibling)) - read))

    def _expect_no_other_split(self) -> None:
        for file, place in self._other_splits(self.config):
            self._drift = (
                f"{self.config.name}: upstream has one more split than the catalogue knows: {place}, beside {file}"
            )
            if not self.config.accept_drift:
                raise Drift(
                    f"{self._drift}. Please report it; accept_drift=True (--accept-drift) goes on without it, and records that."
                )

    def _generate_examples(self, files: list[Upstream] | list[Located], split: str) -> Iterator[tuple[str, Row]]:
        for common, rows in self._read_files(files, split):
            for id, row in rows:
                yield id, row if common is None else {"id": id, **common, **row}

    def _generate_tables(self, files: list[Upstream] | list[Located], split: str) -> Iterator[tuple[int, pa.Table]]:
        number = 0
        for common, rows in self._read_files(files, split):
            while batch := list(islice(rows, self.BATCH)):
                # not in one expression: a stream that is left here must not be inside the conversion's error handling
                table = self._table(batch, common)
                yield number, table
                number += 1

    def _table(self, batch: list[tuple[str, Row]], common: dict[str, str] | None) -> pa.Table:
        ids, rows = zip(*batch, strict=True)
        try:
            return schema.table(ids, rows, self.info.features, common)
        except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError, OverflowError) as error:
            raise DamagedFile(
                f"{self.config.name}: row {ids[0]} or one of the {len(ids):,} after it does not fit its columns "
                f"({str(error).splitlines()[0]}). {self._look()}"
            ) from error

    def _read_files(
        self, files: list[Upstream] | list[Located], split: str
    ) -> Iterator[tuple[dict[str, str] | None, Iterator[tuple[str, Row]]]]:
        """For each file the common columns of its rows (raw rows have none), and the rows: id, and their own columns."""
        for file in files:
            streamed = isinstance(file, Upstream)
            for found in self.locate([file], streaming=True) if isinstance(file, Upstream) else [file]:
                count = self._tally(found, split)
                yield self._common(found), closed_at_exit(self._rows(found, split, count))
                if not streamed:
                    count.write(self._output_dir, self._fs)

    def download_and_prepare(self, *args: Any, **kwargs: Any) -> None:
        super().download_and_prepare(*args, **kwargs)
        for told in self.short_of():
            logger.warning("%s", told)

    def short_of(self) -> list[str]:
        """Where the files hold another number of rows than upstream is known to have, split by split."""
        if not self.config.rows_exact or type(self).examples is not SourceBuilder.examples or self.origins:
            return []
        read: Counter[str] = Counter()
        for count in self.tallies():
            if count.door != "sample":
                read[count.split] += count.read
        return [
            f"{self.config.name}/{split}: these files hold {read[split]:,} of upstream's {known:,} rows"
            for split, known in self.config.rows.items()
            if split in read and read[split] != known
        ]

    def tallies(self) -> list[Tally]:
        """What became of the rows of each file; nothing before the set is built."""
        return tally.read(self._output_dir)

    def aside(self, split: str) -> Iterator[tally.Aside]:
        """The upstream rows of a split that did not come through, the first under each reason; nothing before it is built."""
        return tally.read_aside(self._output_dir, split)

    # -- one file -------------------------------------------------------------------------------------------------

    def _tally(self, file: Located, split: str) -> Tally:
        described, ids = file.describe(), self._prefix(file, split)
        if file.is_local and (generated := self._generated(file.place)):
            described |= {"repo": generated.name, "revision": NO_REVISION}  # it is no repository's
        count = Tally(self.config.name, split, described, self._door(self.config).name, ids=ids)
        if file.is_local:
            count.bytes, count.sha256 = Path(file.place).stat().st_size, doors.sha256(file.place)
        self._compare(count, bytes=count.bytes, sha256=count.sha256)
        roles = ", ".join(f"role {found} read as {known}" for found, known in self.config.roles.items())
        count.drift = "; ".join(filter(None, (count.drift, self._drift, roles))) or None
        return count

    def _compare(self, count: Tally, **found: Any) -> None:
        known = self._measure(count)
        if known is None or count.door == "sample":
            return
        try:
            measured.compare(known, **found)
            count.verified = count.sha256 is not None and count.drift is None
        except Drift as drift:
            if not self.config.accept_drift:
                raise
            count.drift = count.drift or str(drift).split(" If you trust")[0]
            count.verified = False

    def _measure(self, count: Tally) -> measured.Measure | None:
        wanted = (count.config, count.split, f"{count.file['repo']}/{count.file['path']}")
        return next((line for line in self.measures() if (line.config, line.split, line.file) == wanted), None)

    @classmethod
    def measures(cls) -> tuple[measured.Measure, ...]:
        """What measured.tsv of this source's room knows."""
        return measured.read(cls.measured_file())

    @classmethod
    def measured_file(cls) -> Path:
        # a class of a notebook has no file, and no room
        return Path(getattr(sys.modules[cls.__module__], "__file__", None) or "nowhere").with_name("measured.tsv")

    def _prefix(self, file: Located, split: str) -> str:
        """`<config>/<split>/`, and the file's stem where the split has several files: the same however they are read."""
        declared = self.builder_configs.get(self.config.name, self.config).files.get(split, ())
        alone = len(declared) == 1 and not declared[0].is_glob and declared[0].path == file.path
        return f"{self.config.name}/{split}/" + ("" if alone else PurePosixPath(file.path).stem + "-")

    def _common(self, file: Located) -> dict[str, str] | None:
        if self.config.raw:
            return None
        if file.is_local and (generated := self._generated(file.place)):
            return {"source": generated.name, "language": generated.languages[0], **generated.alike}
        return {
            "source": self.config.name,
            "language": file.upstream.language or self.card.languages[0],
            "license": self.card.license,
            "making": file.upstream.making or self.card.making,
        }

    def _rows(self, file: Located, split: str, count: Tally) -> Generator[tuple[str, Row], None, None]:
        with network.open_binary(file, self.config.name, self.token) as stream:
            upstream = self._upstream(stream, file, count)
            yield from self._raw(upstream, count) if self.config.raw else self._mapped(upstream, file, split, count)
        self._settle(file, count)

    def _upstream(self, stream: IO[bytes], file: Located, count: Tally) -> Iterator[Row | Unmapped]:
        rows = self.read(stream, str(file))
        try:
            yield from self._renamed(rows, file, count) if self.config.rename else rows
        except DamagedFile as error:
            raise DamagedFile(f"{self.config.name}: {error} {self._again(file)}") from error

    def _renamed(self, rows: Iterator[Row | Unmapped], file: Located, count: Tally) -> Iterator[Row | Unmapped]:
        # a file that has the known name already is left alone: only some of a set's files may have changed
        names, seen = self.config.rename, set[str]()
        for row in rows:
            if isinstance(row, dict):
                seen |= names.keys() & row.keys()
                if both := [
                    known for found, known in names.items() if found in row and known in row.keys() - names.keys()
                ]:
                    raise DamagedFile(
                        f"{file} has a column {both[0]} of its own: no other can be read under that name."
                    )
                row = {names.get(name, name): value for name, value in row.items()}
            yield row
        if seen:
            renamed = ", ".join(f"{found} read as {names[found]}" for found in names if found in seen)
            count.drift = "; ".join(filter(None, (count.drift, renamed)))

    def _raw(self, upstream: Iterator[Row | Unmapped], count: Tally) -> Iterator[tuple[str, Row]]:
        columns = tuple(self.COLUMNS)
        for number, row in enumerate(upstream):
            count.read += 1
            if isinstance(row, Unmapped):
                count.leave_out(str(row), number, row.rows)
                continue
            if row.pop(origin.ORIGIN, None) is not None:
                count.mend("what okinst generate says of the row left out", number)
            if unknown := ", ".join(sorted(schema.beyond(row, self.COLUMNS))):
                if not self.config.accept_drift:
                    raise DamagedFile(
                        f"{self.config.name}: row {number:,} of {count.file['path']} has columns the catalogue does not "
                        f"know: {unknown}; it knows {', '.join(columns)}. Please report it; accept_drift=True "
                        f"(--accept-drift) leaves them out."
                    )
                count.mend(f"columns left out: {unknown}", number)
            count.kept += 1
            yield str(number), {column: row.get(column) for column in columns}

    def _mapped(
        self, upstream: Iterator[Row | Unmapped], file: Located, split: str, count: Tally
    ) -> Iterator[tuple[str, Row]]:
        prefix = self._prefix(file, split)
        rule, reading = self.config.rule, self.config.reading
        judge = None if reading else schema.FLAWS[self.SHAPE]
        example = reading or self.example
        several = type(self).examples is not SourceBuilder.examples and not reading
        ids: set[str] = set()
        for number, theirs in enumerate(self.gather(self._counted(upstream, file, count))):
            if isinstance(theirs, Unmapped):
                _leave_out(count, theirs, number, None)
                continue
            made: list[Row | Unmapped] = []
            whose = origin.said(theirs)
            if not whose and origin.ORIGIN in theirs and not self.DECLARED:
                whose = {"license": origin.UNSTATED, "making": origin.UNSTATED}  # no file of upstream's has that column
            try:
                if rule and (unwanted := rule(theirs)):
                    count.rule_out(unwanted, number, upstream=theirs)
                    continue
                if several:
                    # one by one: those that came before an error are there
                    made.extend(self.examples(theirs))
                else:
                    made.append(example(theirs))
            except Unmapped as why:
                _leave_out(count, why, number, theirs, wanted=not reading)
            except (LookupError, TypeError, AttributeError, ValueError) as error:
                count.leave_out(self._oddity(file, number, theirs, error), number, upstream=theirs)
            else:
                if not made:
                    count.leave_out("no row came of it", number, upstream=theirs)
            for place, row in enumerate(made):
                if isinstance(row, Unmapped):
                    _leave_out(count, row, number, theirs)
                    continue
                if self.config.roles:
                    _read_roles(row, self.config.roles)
                if whose:
                    row |= {name: text for name, text in whose.items() if name not in self.DECLARED}
                reason = judge(row) if judge else None
                if reason is not None and not self._mended(row, reason, number, count, theirs):
                    continue
                count.kept += 1
                own = f"{number}-{place}" if several else str(number)
                if "id" in row:
                    own = self._own_id(str(row.pop("id")), own, ids, count, number)
                yield prefix + own, row

    def _own_id(self, upstreams: str, place: str, ids: set[str], count: Tally, number: int) -> str:
        """Upstream's id for a row, or that with the row's place behind it where it was there before."""
        if upstreams in ids:
            count.mend("an id that was there before, numbered", number)
            upstreams = f"{upstreams}~{place}"
        ids.add(upstreams)
        return upstreams

    def _counted(self, rows: Iterator[Row | Unmapped], file: Located, count: Tally) -> Iterator[Row | Unmapped]:
        """The rows of a file, while they are counted, and their columns compared with those of the catalogue.

        Raises Drift, at the end, where a known column never came and an unknown one did: it may have been renamed, and a
        column that is not in every row would be taken for one that nobody filled in.
        """
        known, unseen, unknown = self.COLUMNS.keys(), set(self.COLUMNS), dict[str, None]()
        for row in rows:
            count.read += 1
            if isinstance(row, dict) and (unseen or row.keys() != known):
                unseen -= row.keys()
                unknown |= dict.fromkeys(row.keys() - known - {origin.ORIGIN})
            yield row
        if unseen and unknown:
            told = (
                f"{self.config.name}: {file} has columns that the catalogue does not know ({', '.join(map(str, unknown))}), and never "
                f"has {_likest(unknown, unseen)}"
            )
            if not self.config.accept_drift:
                raise Drift(
                    f"{told}. Upstream may have renamed them: please report it; rename={{FOUND: KNOWN}} (--rename FOUND=KNOWN) "
                    f"reads one under its known name, accept_drift=True (--accept-drift) goes on without."
                )
            count.drift = "; ".join(filter(None, (count.drift, told)))

    def _mended(self, row: Row, reason: str, number: int, count: Tally, upstream: Row) -> bool:
        """Whether a flawed row can come through after all, changed; either way it is counted."""
        if self.SHAPE == "conversation" and schema.cut_dangling(row):
            left = schema.flaw(self.SHAPE, row)
            if left is None:
                count.mend("dangling user turn cut off", number)
                return True
            reason = left
        count.leave_out(reason, number, upstream=upstream)
        return False

    def _oddity(self, file: Located, number: int, row: Row, error: Exception) -> str:
        """The reason to count one oddly laid out row under. Raises DamagedFile where all of the file must be another."""
        if isinstance(error, KeyError) and error.args[0] in self.COLUMNS:
            raise DamagedFile(
                f"{self.config.name}: row {number:,} of {file} has no column {error}; it has "
                f"{', '.join(map(str, row))}, and the source is known to have {', '.join(self.COLUMNS)}. "
                f"Upstream may have changed: please report it; raw=True (--raw) shows its columns, and where one was only "
                f"renamed, rename={{FOUND: {error}}} (--rename FOUND={error.args[0]}) reads it."
            ) from error
        if isinstance(error, ValueError):
            if self.config.accept_drift:
                return str(error)
            raise DamagedFile(
                f"{self.config.name}: row {number:,} of {file} cannot be read: {error}. {self._look()} accept_drift=True "
                f"(--accept-drift) goes on without such rows."
            ) from error
        return f"no {error} in it" if isinstance(error, KeyError) else f"not laid out as it should be ({error})"

    def _settle(self, file: Located, count: Tally) -> None:
        self._compare(count, rows=count.read)
        if not count.read:
            raise DamagedFile(f"{self.config.name}: {file} holds no rows. {self._again(file)}")
        made = count.kept + count.lost
        # what a mixture's own rule does not want may be all there is
        nothing = not count.kept and not (count.ruled_out and (self.config.rule or self.config.reading))
        few = count.lost <= max(min(FEW, count.kept), self.MAY_LOSE * made)
        if nothing and not count.left_out:
            told = ", ".join(f"{number:,} {why}" for why, number in count.ruled_out.most_common())
            raise TooManyLost(f"{self.config.name}: no row of {file} is wanted: {told}. {self._look()}")
        if count.left_out and (nothing or not (few or self.config.accept_drift)):
            worst = next(iter(count.left_out))
            way_on = "No row is left" if nothing else "accept_drift=True (--accept-drift) goes on without them"
            if "unknown role" in worst:
                way_on += "; where upstream only renamed a speaker, roles={FOUND: 'user'} (--role FOUND=user) reads it"
            raise TooManyLost(
                f"{self.config.name}: {count.lost:,} of {made:,} rows of {file} did not come through, the first is row "
                f"{count.first[worst]:,}: {worst}. All reasons: "
                f"{', '.join(f'{number:,} {why}' for why, number in count.left_out.most_common())}. {self._allowed()} "
                f"{self._look()} {way_on}."
            )
        left = count.lost or (count.ruled_out and not self.config.rule and not self.config.reading)
        logger.log(logging.WARNING if left or count.drift else logging.INFO, "%s", count)

    def _allowed(self) -> str:
        """How many rows may be lost, and who says so."""
        return f"The source declares at most {self.MAY_LOSE:.0%}."

    def _look(self) -> str:
        """What to do about rows that are not as they should be."""
        return "Look at the rows with raw=True (--raw), and please report it."

    def _again(self, file: Located) -> str:
        """What to do about a file that is damaged."""
        repo = file.upstream.repo
        if isinstance(repo, ByHand):
            return f"Download it again from {repo.page}, or mend it, and pass its folder as data_dir= (--data-dir)."
        return (
            f"Fetch the file again (okinst fetch {self.config.name} --to DIR), or mend a copy of it and pass data_dir= "
            f"(--data-dir)."
        )


def _is_words(value: object) -> bool:
    """Whether an option gives words for words."""
    return isinstance(value, dict) and all(isinstance(word, str) for pair in value.items() for word in pair)


def _likest(unknown: Iterable[object], unseen: set[str]) -> str:
    """The columns that never came, those first that may have been renamed."""
    names = list(map(str, unknown))
    order = sorted(unseen, key=lambda one: (-max(SequenceMatcher(None, one, name).ratio() for name in names), one))
    return ", ".join(order[:5]) + (f" and {len(order) - 5} more" if len(order) > 5 else "")


def _called(file: Upstream) -> str:
    """What a file is called where it lies beside the others."""
    return " or ".join((file.path, *file.also)) if file.is_glob else PurePosixPath(file.path).name


def _read_roles(row: Row, roles: dict[str, str]) -> None:
    for message in row.get("messages", ()):
        message["role"] = roles.get(message["role"], message["role"])


def _leave_out(count: Tally, why: Unmapped, number: int, upstream: Row | None, wanted: bool = True) -> None:
    # what a published set, or the source itself, never wanted is no loss
    leave_out = count.leave_out if wanted and not isinstance(why, Unwanted) else count.rule_out
    leave_out(str(why), number, why.rows, upstream)
