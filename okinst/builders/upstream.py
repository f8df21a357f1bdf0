"""What a source's files are called upstream: repositories, pinned, and files in them."""

import fnmatch
import os
import re
import unicodedata
import urllib.parse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

#: what upstream calls its splits
SPLITS = ("train", "training", "validation", "valid", "val", "dev", "test", "eval")
_SPLIT = re.compile(rf"(?<![a-z])(?:{'|'.join(sorted(SPLITS, key=len, reverse=True))})(?![a-z])", re.IGNORECASE)
#: where GitHub's raw files are served; a company's proxy may stand in
GITHUB_VARIABLE = "OKINST_GITHUB_ENDPOINT"


@dataclass(frozen=True)
class Repo:
    """A place upstream, pinned: `repo / "path"` is one file of it, or several where the path is a glob."""

    id: str
    revision: str

    def __truediv__(self, path: str) -> "Upstream":
        return Upstream(self, path)

    @property
    def ids(self) -> tuple[str, ...]:
        """Every name the repository goes by, the present one first."""
        return (self.id,)


@dataclass(frozen=True)
class Hub(Repo):
    """A dataset repository on the Hugging Face Hub."""

    #: other repositories with the same files, asked where this one is gone
    copies: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def ids(self) -> tuple[str, ...]:
        return (self.id, *self.copies)


@dataclass(frozen=True)
class GitHub(Repo):
    """A repository on GitHub, read file by file at a commit."""

    def __truediv__(self, path: str) -> "Upstream":
        file = super().__truediv__(path)
        if file.is_glob:
            raise ValueError(f"{file}: GitHub lists no folders; its files are named one by one")
        return file

    def url(self, path: str) -> str:
        endpoint = os.environ.get(GITHUB_VARIABLE, "https://raw.githubusercontent.com").rstrip("/")
        return f"{endpoint}/{self.id}/{self.revision}/{urllib.parse.quote(path)}"


@dataclass(frozen=True)
class ByHand(Repo):
    """Files that only a person can get, after a login or an application. `id` is where a mirror has them."""

    #: where a person asks for them
    page: str = field(kw_only=True)
    #: what to ask for there, and what to do with it
    download: str = field(kw_only=True)

    def how(self, source: str, path: str, looked_in: str = "") -> str:
        """What the error for a missing file says: which page to open, what to download, and where to put it."""
        here = f"is not in {looked_in}" if looked_in else "is not to be had from any network"
        return (
            f"{source}: {path} {here}. This source is placed by hand: open {self.page}, download {self.download}, unzip it, and "
            f"pass the folder as data_dir= (--data-dir), with upstream's folders or all files side by side; in a mirror the "
            f"place for it is {self.id}/."
        )


@dataclass(frozen=True)
class Upstream:
    """One file of a repository, or the files a glob names (shard names may carry hashes)."""

    repo: Repo
    path: str
    #: where the file's language is not its source's
    language: str | None = None
    #: where its text was not made as its Card says
    making: str | None = None
    #: what else it may be called below a folder, where the ends of its path would not tell it from other files
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.repo.id}/{self.path}"

    @property
    def is_glob(self) -> bool:
        return any(mark in self.path for mark in "*?[")

    def siblings(self) -> Iterator["Upstream"]:
        """What the files of its other splits would be called, known or not, where its name says which split it is.

        >>> [file.path for file in (Hub("me/mine", "main") / "data/dev-*.parquet").siblings()][:2]
        ['data/train-*.parquet', 'data/training-*.parquet']
        """
        folder, slash, name = self.path.rpartition("/")
        if found := _SPLIT.search(name):
            for split in SPLITS:
                if split != found[0].lower():
                    word = split.title() if found[0][0].isupper() else split
                    yield replace(
                        self, path=folder + slash + name[: found.start()] + word + name[found.end() :], also=()
                    )

    def ends(self) -> Iterator[str]:
        """What it may be called below a folder: its whole path first, then less and less of it, down to its name."""
        parts = self.path.split("/")
        yield self.path
        yield from self.also or ("/".join(parts[start:]) for start in range(1, len(parts)))


def matching(names: Iterable[str], glob: str) -> list[str]:
    """The names that a glob means; a * does not cross a /, and Hangul in one piece or in several is the same.

    >>> matching(["a/1.json", "a/b/2.json", "3.json"], "a/*.json")
    ['a/1.json']
    """
    wanted = unicodedata.normalize("NFC", glob).split("/")
    return sorted(
        name
        for name in names
        if len(parts := unicodedata.normalize("NFC", name).split("/")) == len(wanted)
        and all(map(fnmatch.fnmatchcase, parts, wanted))
    )


@dataclass(frozen=True)
class Located:
    """A file that a door found: `place` is a path on disk, or a URL where the rows are streamed."""

    upstream: Upstream
    path: str
    place: str
    #: the repository and the whole commit it came from, where the network told them
    repo: str = ""
    revision: str = ""

    @property
    def is_local(self) -> bool:
        return "://" not in self.place

    def __str__(self) -> str:
        return self.place

    def describe(self) -> dict[str, Any]:
        """What provenance.json says of the file."""
        pinned = self.upstream.repo
        return {"repo": self.repo or pinned.id, "revision": self.revision or pinned.revision, "path": self.path}
