"""Where a file comes from. One rule for every source; what a call names wins over the environment, and one door decides alone:

1. `data_dir=`       a folder of files placed by hand
2. `mirror=`         a folder laid out <owner>/<repo>/<path>, as `okinst fetch` fills it; OKINST_MIRROR where no call names a door
3. `sample=True`     the corpus that comes with okinst, itself a mirror
4. the network       Hub files through huggingface_hub, GitHub files pinned to a commit

A door never falls through to the next: a mirror with a gap says so instead of reaching for a network that may not be
there, and a build is never half one thing and half another.
"""

import hashlib
import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from okinst.builders.errors import MissingFile, WrongCall
from okinst.builders.network import Network
from okinst.builders.upstream import ByHand, Located, Upstream, matching

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


@dataclass(frozen=True)
class Folder:
    """Files placed by hand: in the upstream tree or a part of it, side by side, or laid out like a mirror."""

    root: Path
    name: str = "folder"

    def _find(self, upstream: Upstream) -> list[Located]:
        nests = [*(self.root / id for id in upstream.repo.ids), self.root]  # the surest place first
        for wanted in upstream.ends():
            for nest in nests:
                if found := _below(nest, wanted):
                    return [_located(upstream, nest, name) for name in found]
        return []

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

    def _find(self, upstream: Upstream) -> list[Located]:
        for id in upstream.repo.ids:
            nest = self.root / id
            for wanted in upstream.ends() if isinstance(upstream.repo, ByHand) else [upstream.path]:
                if found := _below(nest, wanted):
                    return [_located(upstream, nest, name) for name in found]
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


def choose(
    *, data_dir: str | None, mirror: str | None, sample: bool, token: str | bool | None = None, streaming: bool = False
) -> Door:
    """The one door that is open. Raises WrongCall where a caller opens two."""
    if not isinstance(sample, bool):
        raise WrongCall(f"sample = {sample!r} should be True or False.")
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


def _below(folder: Path, wanted: str) -> list[str]:
    """The files below a folder that a path or a glob means. macOS unzips Hangul in pieces (decomposed): the same name."""
    glob = any(mark in wanted for mark in "*?[")
    if not glob and (folder / wanted).is_file():
        return [wanted]
    if not folder.is_dir() or not (glob or not wanted.isascii()):
        return []
    names = folder.rglob("*") if "/" in wanted else folder.iterdir()
    return matching((path.relative_to(folder).as_posix() for path in names if path.is_file()), wanted)


def _located(upstream: Upstream, nest: Path, name: str) -> Located:
    # wherever the file lies and however its name is spelt, its rows get the same ids
    path = unicodedata.normalize("NFC", name) if upstream.is_glob else upstream.path
    return Located(upstream, path, str(nest / name))


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
