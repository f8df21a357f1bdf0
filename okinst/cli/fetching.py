"""What `okinst fetch` and `okinst measure` do: fill a mirror, and measure what is in one."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from okinst import catalogue
from okinst.builders import ByHand, Upstream, doors, measured, network
from okinst.catalogue import Entry
from okinst.mixtures import MIXTURES
from okinst.mixtures.meta import builder_class


def sources(name: str) -> list[Entry]:
    """The sources behind a name: itself, or the parts of a mixture."""
    builder_class(name)
    if name in MIXTURES:
        return [catalogue.source(config) for config in dict.fromkeys(part.config for part in MIXTURES[name].parts)]
    return [catalogue.source(name)]


def fetch(entry: Entry, root: Path, accept_drift: bool = False) -> Iterator[tuple[Path, int]]:
    """Fetch the files of one source into a mirror, and compare each with what was measured of it."""
    for split, file in wanted(entry):
        for path in (
            _placed(entry, file, root) if isinstance(file.repo, ByHand) else network.fetch(file, root, entry.name)
        ):
            size = path.stat().st_size
            for known in entry.builder.measures():
                if (known.config, known.split) == (entry.name, split) and path.match(known.file) and not accept_drift:
                    measured.compare(known, bytes=size, sha256=doors.sha256(path))
            yield path, size


def _placed(entry: Entry, file: Upstream, root: Path) -> list[Path]:
    """What a person has put into the mirror; where it is not there, the error says how to come by it."""
    root.mkdir(parents=True, exist_ok=True)
    mirror = entry.builder(config_name=entry.name, mirror=str(root))
    return [Path(found.place) for found in mirror.locate([file])]


def wanted(entry: Entry) -> list[tuple[str, Upstream]]:
    """The files of a source by split, those included that only a published mixture reads."""
    files = [(split, file) for split, files in entry.variant.files.items() for file in files]
    for mixture in MIXTURES.values():
        for part in mixture.parts:
            if part.config == entry.name and part.files:
                files += [(part.split, file) for file in part.files]
    return list(dict.fromkeys(files))


def measure(name: str, **door: Any) -> list[measured.Measure]:
    """Read the files of one source whole, and put what was found into its room's measured.tsv."""
    entry = catalogue.source(name)
    with tempfile.TemporaryDirectory() as cache:
        builder = entry.builder(config_name=name, cache_dir=cache, accept_drift=True, **door)
        builder.download_and_prepare()
        found = [
            measured.Measure(
                config=tally.config,
                split=tally.split,
                file=f"{tally.file['repo']}/{tally.file['path']}",
                revision=tally.file["revision"],
                bytes=tally.bytes or 0,
                sha256=tally.sha256 or "",
                rows=tally.read,
                kept=tally.kept,
                left_out=", ".join(f"{reason}={count}" for reason, count in tally.left_out.items()),
            )
            for tally in builder.tallies()
        ]
    path = entry.builder.measured_file()
    others = [line for line in measured.read(path) if line.config != name]
    measured.write(path, [*others, *found])
    return found
