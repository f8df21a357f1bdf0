"""What a source's files are called upstream: repositories, pinned, and files in them."""

import fnmatch
import os
import urllib.parse
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

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

    def url(self, path: str) -> str:
        endpoint = os.environ.get(GITHUB_VARIABLE, "https://raw.githubusercontent.com").rstrip("/")
        return f"{endpoint}/{self.id}/{self.revision}/{urllib.parse.quote(path)}"


@dataclass(frozen=True)
class Upstream:
    """One file of a repository, or the files a glob names (shard names may carry hashes)."""

    repo: Repo
    path: str
    #: where the file's language is not its source's
    language: str | None = None

    def __str__(self) -> str:
        return f"{self.repo.id}/{self.path}"

    @property
    def is_glob(self) -> bool:
        return any(mark in self.path for mark in "*?[")

    def matching(self, names: Iterable[str]) -> list[str]:
        """The names that the glob means; a * does not cross a /."""
        wanted = self.path.split("/")
        return sorted(
            name
            for name in names
            if len(parts := name.split("/")) == len(wanted) and all(map(fnmatch.fnmatchcase, parts, wanted))
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
