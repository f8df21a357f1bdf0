"""Where a file comes from. One rule for every source; what a call names wins over the environment, and one door decides alone:

1. `data_dir=`       a folder of files placed by hand
2. `mirror=`         a folder laid out <owner>/<repo>/<path>, as `okinst fetch` fills it; OKINST_MIRROR where no call names a door
3. `sample=True`     the corpus that comes with okinst, itself a mirror
4. the network       Hub files through huggingface_hub, GitHub files pinned to a commit

A door never falls through to the next: a mirror with a gap says so instead of reaching for a network that may not be
there, and a build is never half one thing and half another.
"""

import functools
import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from okinst.builders.errors import Drift, MissingFile, WrongCall
from okinst.builders.network import Network
from okinst.builders.upstream import ByHand, Located, Upstream, matching, whole_set

MIRROR_VARIABLE = "OKINST_MIRROR"
SAMPLE = Path(__file__).parents[1] / "sample"


class Door(Protocol):
    """What every door can do."""

    @property
    def name(self) -> str:
        """What the door is called."""

    def locate(self, upstream: Upstream, source: str) -> list[Located]:
        """The files behind one upstream name, at least one. Raises MissingFile or NoNetwork."""

    def there(self, upstream: Upstream) -> list[str]:
        """The files behind one upstream name, as far as they are known without asking; maybe none."""

    def fingerprint(self, upstream: Upstream) -> str:
        """A string that changes when the files do; never asks the network."""


class Listing:
    """The files below a folder, looked through once: a folder of downloads may be large."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._names: dict[str, list[str]] = {}
        self._whole: list[str] | None = None

    def below(self, nest: str, wanted: str) -> list[str]:
        """The files that a path or a glob means below a folder in the root, by their names from there.

        macOS unzips Hangul in pieces (decomposed): the same name. Raises Drift where it is there in both spellings.
        """
        folder = self.root / nest
        glob = any(mark in wanted for mark in "*?[")
        if not glob and wanted.isascii():
            return [wanted] if (folder / wanted).is_file() else []
        if not folder.is_dir():
            return []
        found = matching(self._inside(nest, deep="/" in wanted), wanted)
        spelt = Counter(unicodedata.normalize("NFC", name) for name in found)
        if twice := [name for name, count in spelt.items() if count > 1]:
            raise Drift(
                f"{folder} has {twice[0]} twice, its Hangul in one piece and in several: the same file, or nobody can tell. "
                f"Take one away."
            )
        return found

    def anywhere(self, wanted: str) -> list[str]:
        """The files whose path ends so, however deep they lie: people unzip in many ways."""
        depth = wanted.count("/") + 1
        ends = {name: "/".join(name.split("/")[-depth:]) for name in self._inside("", deep=True)}
        fitting = set(matching(set(ends.values()), wanted))
        return sorted(name for name, end in ends.items() if end in fitting)

    def _inside(self, nest: str, deep: bool) -> list[str]:
        if not deep:
            if nest not in self._names:
                folder = self.root / nest
                self._names[nest] = [path.name for path in folder.iterdir() if _is_data(path)]
            return self._names[nest]
        if self._whole is None:
            self._whole = [path.relative_to(self.root).as_posix() for path in self.root.rglob("*") if _is_data(path)]
        start = f"{nest}/" if nest else ""
        return [name[len(start) :] for name in self._whole if name.startswith(start)]


@dataclass(frozen=True)
class Folder:
    """Files placed by hand: in the upstream tree or a part of it, side by side, or laid out like a mirror."""

    root: Path
    name: str = "folder"

    @functools.cached_property
    def _listing(self) -> Listing:
        return Listing(self.root)

    def _find(self, upstream: Upstream) -> list[Located]:
        nests = (*upstream.repo.ids, "")  # the surest place first
        return _find(self._listing, upstream, nests, tuple(upstream.ends()))

    def locate(self, upstream: Upstream, source: str) -> list[Located]:
        if found := self._find(upstream):
            return found
        if isinstance(upstream.repo, ByHand):
            raise MissingFile(upstream.repo.how(source, upstream.path, str(self.root)))
        raise MissingFile(
            f"{source}: {upstream.path} is not in {self.root}{_nature(self.root)}. "
            f"Put the file there under that name (with or without its folders), or leave data_dir= (--data-dir) out."
        )

    def there(self, upstream: Upstream) -> list[str]:
        return [found.place for found in self._find(upstream)]

    def fingerprint(self, upstream: Upstream) -> str:
        return ";".join(map(_stamp, self._find(upstream)))


@dataclass(frozen=True)
class Mirror:
    """A folder laid out <owner>/<repo>/<path>; what was placed by hand may lie flat in it."""

    root: Path
    name: str = "mirror"

    @functools.cached_property
    def _listings(self) -> dict[str, Listing]:
        return {}

    def _find(self, upstream: Upstream) -> list[Located]:
        for id in upstream.repo.ids:
            listing = self._listings.setdefault(id, Listing(self.root / id))
            wanted = tuple(upstream.ends()) if isinstance(upstream.repo, ByHand) else (upstream.path,)
            if found := _find(listing, upstream, ("",), wanted):
                return found
        return []

    def locate(self, upstream: Upstream, source: str) -> list[Located]:
        if found := self._find(upstream):
            return found
        if isinstance(upstream.repo, ByHand):
            raise MissingFile(upstream.repo.how(source, upstream.path, str(self.root / upstream.repo.id)))
        raise MissingFile(
            f"{source}: the {self.name} {self.root}{_nature(self.root)} has no {upstream}. "
            f"Fetch it on a machine with a network: okinst fetch {source} --to {self.root}"
        )

    def there(self, upstream: Upstream) -> list[str]:
        return [found.place for found in self._find(upstream)]

    def fingerprint(self, upstream: Upstream) -> str:
        return ";".join(map(_stamp, self._find(upstream)))


def _find(listing: Listing, upstream: Upstream, nests: Sequence[str], wanted: Sequence[str]) -> list[Located]:
    """What is found under the first of some names, in the first of some folders."""
    first: list[Located] = []
    for name in wanted:
        for nest in nests:
            found = [_located(upstream, listing.root / nest, each) for each in listing.below(nest, name)]
            if found and not upstream.is_glob:
                return found
            if found and first and {each.place for each in found} - {each.place for each in first}:
                raise Drift(
                    f"{upstream.path} is in two places: {first[0].place} and {found[0].place}. Nobody can tell whether they are "
                    f"parts of one set or two of them: leave one place."
                )
            first = first or found
    if not first and isinstance(upstream.repo, ByHand):
        first = _deeper(listing, upstream, wanted)
    whole_set(str(listing.root), [each.path for each in first])
    return first


def _deeper(listing: Listing, upstream: Upstream, wanted: Sequence[str]) -> list[Located]:
    for name in wanted:
        found = listing.anywhere(name)
        if len(found) > 1 and not upstream.is_glob:
            raise Drift(
                f"{name} is in several places below {listing.root}: {', '.join(found)}. Leave the one that is meant."
            )
        if found:
            return [
                Located(
                    upstream,
                    upstream.path if not upstream.is_glob else PurePosixPath(each).name,
                    str(listing.root / each),
                )
                for each in found
            ]
    return []


def _is_data(path: Path) -> bool:
    # what macOS leaves beside each file it copies to another disk
    return not path.name.startswith("._") and path.is_file()


def _located(upstream: Upstream, nest: Path, name: str) -> Located:
    # wherever the file lies and however its name is spelt, its rows get the same ids
    path = unicodedata.normalize("NFC", name) if upstream.is_glob else upstream.path
    return Located(upstream, path, str(nest / name))


def choose(
    *, data_dir: str | None, mirror: str | None, sample: bool, token: str | bool | None = None, streaming: bool = False
) -> Door:
    """The one door that is open. Raises WrongCall where a caller opens two."""
    if not isinstance(sample, bool):
        raise WrongCall(f"sample = {sample!r} should be True or False.")
    for what, folder in (("data_dir", data_dir), ("mirror", mirror)):
        if folder is not None and (not isinstance(folder, str | Path) or not str(folder)):
            raise WrongCall(f"{what} = {folder!r} should be the name of a folder.")
    if sum((bool(data_dir), bool(mirror), sample)) > 1:
        raise WrongCall("data_dir, mirror and sample exclude each other: name one.")
    if data_dir:
        return Folder(_existing(data_dir, "data_dir"))
    if mirror:
        return Mirror(_existing(mirror, "the mirror"))
    if sample:
        return Mirror(SAMPLE, name="sample")
    if mirror := os.environ.get(MIRROR_VARIABLE):
        return Mirror(_existing(mirror, f"the mirror in {MIRROR_VARIABLE}"))
    return Network(token=token, streaming=streaming)


def sha256(path: str | Path) -> str:
    """The checksum of a file on disk, as measured.tsv has it."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _stamp(located: Located) -> str:
    stat = Path(located.place).stat()
    return f"{located.place}:{stat.st_size}:{stat.st_mtime_ns}:{stat.st_ctime_ns}:{stat.st_ino}"


def _nature(root: Path) -> str:
    return "" if root.is_dir() else " (which is no folder)"


def _existing(folder: str, what: str) -> Path:
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise WrongCall(f"{what} is {folder}, and there is no such folder.")
    return root
