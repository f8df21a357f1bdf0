"""Where a file comes from. One rule for every source, in this order; the first that is set decides alone:

1. `data_dir=`            a folder of files placed by hand
2. `mirror=` or OKINST_MIRROR   a folder laid out <owner>/<repo>/<path>, as `okinst fetch` fills it
3. `sample=True`          the corpus that comes with okinst, itself a mirror
4. the network            Hub files through huggingface_hub, GitHub files pinned to a commit

A door never falls through to the next: a mirror with a gap says so instead of reaching for a network that may not be
there, and a build is never half one thing and half another.
"""

import fnmatch
import functools
import hashlib
import os
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol

from datasets.utils import tqdm as hf_tqdm

from okinst.builders.errors import MissingFile, NoNetwork, WrongCall

MIRROR_VARIABLE = "OKINST_MIRROR"
#: where GitHub's raw files are served; a company's proxy may stand in
GITHUB_VARIABLE = "OKINST_GITHUB_ENDPOINT"
SAMPLE = Path(__file__).parents[1] / "sample"

_COMMIT = re.compile(r"[0-9a-f]{40}")
_CHUNK = 1 << 20


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

    def matching(self, names: Iterator[str] | list[str]) -> list[str]:
        return sorted(name for name in names if fnmatch.fnmatchcase(name, self.path))


@dataclass(frozen=True)
class Located:
    """A file that a door found: `place` is a path on disk, or a URL where the rows are streamed."""

    upstream: Upstream
    path: str
    place: str

    @property
    def is_local(self) -> bool:
        return "://" not in self.place

    def __str__(self) -> str:
        return self.place


class Door(Protocol):
    """What every door can do."""

    @property
    def name(self) -> str:
        """What the door is called."""

    def locate(self, upstream: Upstream, source: str) -> list[Located]:
        """The files behind one upstream name, at least one. Raises MissingFile or NoNetwork."""

    def fingerprint(self, upstream: Upstream) -> str:
        """A string that changes when the files do; never asks the network."""


@dataclass(frozen=True)
class Folder:
    """Files placed by hand: in the upstream tree, side by side, or laid out like a mirror."""

    root: Path
    name: str = "folder"

    def _find(self, upstream: Upstream) -> list[Located]:
        nests = [self.root, *(self.root / id for id in upstream.repo.ids)]
        if upstream.is_glob:
            flat = Upstream(upstream.repo, PurePosixPath(upstream.path).name)
            for nest in nests:
                for wanted in (upstream, flat):
                    if names := wanted.matching(_below(nest) if wanted is upstream else _inside(nest)):
                        return [Located(upstream, name, str(nest / name)) for name in names]
            return []
        candidates = [nest / upstream.path for nest in nests] + [self.root / PurePosixPath(upstream.path).name]
        return [Located(upstream, upstream.path, str(path)) for path in candidates if path.is_file()][:1]

    def locate(self, upstream: Upstream, source: str) -> list[Located]:
        if found := self._find(upstream):
            return found
        raise MissingFile(
            f"{source}: {upstream.path} is not in {self.root}{_nature(self.root)}. "
            f"Put the file there under that name (with or without its folders), or leave data_dir out."
        )

    def fingerprint(self, upstream: Upstream) -> str:
        return ";".join(map(_stamp, self._find(upstream)))


@dataclass(frozen=True)
class Mirror:
    """A folder laid out <owner>/<repo>/<path>."""

    root: Path
    name: str = "mirror"

    def _find(self, upstream: Upstream) -> list[Located]:
        for id in upstream.repo.ids:
            nest = self.root / id
            if upstream.is_glob:
                names = upstream.matching(_below(nest))
            else:
                names = [upstream.path] if (nest / upstream.path).is_file() else []
            if names:
                return [Located(upstream, name, str(nest / name)) for name in names]
        return []

    def locate(self, upstream: Upstream, source: str) -> list[Located]:
        if found := self._find(upstream):
            return found
        raise MissingFile(
            f"{source}: the {self.name} {self.root}{_nature(self.root)} has no {upstream}. "
            f"Fetch it on a machine with a network: okinst fetch {source} --to {self.root}"
        )

    def fingerprint(self, upstream: Upstream) -> str:
        return ";".join(map(_stamp, self._find(upstream)))


@dataclass(frozen=True)
class Network:
    """The Hub and GitHub. `streaming` gives URLs; otherwise files are downloaded, resumed, and kept in the Hub's cache."""

    token: str | bool | None = None
    streaming: bool = False
    name: str = "network"

    def locate(self, upstream: Upstream, source: str) -> list[Located]:
        if isinstance(upstream.repo, GitHub):
            url = upstream.repo.url(upstream.path)
            if self.streaming:
                return [Located(upstream, upstream.path, url)]
            target = _github_cache() / upstream.repo.id / upstream.repo.revision / upstream.path
            return [Located(upstream, upstream.path, str(download(url, target, source)))]
        assert isinstance(upstream.repo, Hub), upstream.repo
        with _hub_errors(source, upstream):
            id, revision = _reachable(upstream.repo, self.token)
            names = _hub_names(id, revision, upstream, self.token)
            return [self._hub_file(upstream, id, revision, name) for name in names]

    def _hub_file(self, upstream: Upstream, id: str, revision: str, name: str) -> Located:
        import huggingface_hub

        if self.streaming:
            return Located(upstream, name, f"hf://datasets/{id}@{revision}/{name}")
        place = huggingface_hub.hf_hub_download(id, name, repo_type="dataset", revision=revision, token=self.token)
        return Located(upstream, name, place)

    def fingerprint(self, upstream: Upstream) -> str:
        return f"{upstream.repo.id}@{upstream.repo.revision}/{upstream.path}"


def choose(
    *, data_dir: str | None, mirror: str | None, sample: bool, token: str | bool | None = None, streaming: bool = False
) -> Door:
    """The one door that is open."""
    if data_dir:
        return Folder(_existing(data_dir, "data_dir"))
    if mirror:
        return Mirror(_existing(mirror, "the mirror"))
    if sample:
        return Mirror(SAMPLE, name="sample")
    if mirror := os.environ.get(MIRROR_VARIABLE):
        return Mirror(_existing(mirror, f"the mirror in {MIRROR_VARIABLE}"))
    return Network(token=token, streaming=streaming)


def open_binary(located: Located, token: str | bool | None = None) -> IO[bytes]:
    """The bytes of a file, from disk or as a stream."""
    if located.is_local:
        return Path(located.place).open("rb")
    if located.place.startswith("hf://"):
        import huggingface_hub

        opened: IO[bytes] = huggingface_hub.HfFileSystem(token=token).open(located.place.removeprefix("hf://"), "rb")
        return opened
    return _request(located.place, "streaming", start=0)


def fetch(upstream: Upstream, root: Path, source: str, token: str | bool | None = None) -> list[Path]:
    """Fill a mirror with the files behind one upstream name. What is there already is not fetched again."""
    if isinstance(upstream.repo, GitHub):
        target = root / upstream.repo.id / upstream.path
        return [download(upstream.repo.url(upstream.path), target, source)]
    assert isinstance(upstream.repo, Hub), upstream.repo
    import huggingface_hub

    with _hub_errors(source, upstream):
        id, revision = _reachable(upstream.repo, token)
        return [
            Path(
                huggingface_hub.hf_hub_download(
                    id, name, repo_type="dataset", revision=revision, token=token, local_dir=root / id
                )
            )
            for name in _hub_names(id, revision, upstream, token)
        ]


def download(url: str, target: Path, source: str) -> Path:
    """Download a file whole or not at all; an interrupted download goes on where it stopped."""
    if target.is_file():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(target.name + ".incomplete")
    start = partial.stat().st_size if partial.is_file() else 0
    with _request(url, source, start=start) as answer:
        resumed = getattr(answer, "status", 200) == 206
        length = int(getattr(answer, "headers", {}).get("Content-Length") or 0)
        expected = length + (start if resumed else 0) if length else None
        bar = hf_tqdm(
            desc=f"Downloading {target.name}",
            total=expected,
            initial=start if resumed else 0,
            unit="B",
            unit_scale=True,
        )
        with bar, partial.open("ab" if resumed else "wb") as sink:
            try:
                while chunk := answer.read(_CHUNK):
                    sink.write(chunk)
                    bar.update(len(chunk))
            except (OSError, EOFError) as error:
                if getattr(error, "errno", None) is not None and not isinstance(error, ConnectionError):
                    raise
                raise _cut(source, url) from error
    if expected is not None and partial.stat().st_size != expected:
        raise _cut(source, url)
    partial.replace(target)
    return target


def sha256(path: str | Path) -> str:
    """The checksum of a file on disk, as measured.tsv has it."""
    digest = hashlib.sha256()
    with Path(path).open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _cut(source: str, url: str) -> NoNetwork:
    return NoNetwork(
        f"{source}: the connection broke off while {url} came in. Run the same again: it goes on from there."
    )


def _request(url: str, source: str, start: int) -> IO[bytes]:
    headers = {"User-Agent": "okinst", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        answer: IO[bytes] = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=60)
        return answer
    except urllib.error.HTTPError as error:
        if error.code == 416:  # nothing is missing any more, or the part is not of this file: begin again
            return _request(url, source, start=0)
        if error.code == 404:
            raise MissingFile(
                f"{source}: {url} is gone upstream (404). If you have the file, put it into a folder and pass data_dir=."
            ) from error
        raise NoNetwork(f"{source}: {url} answered {error.code} {error.reason}. Try again later.") from error
    except (urllib.error.URLError, TimeoutError) as error:
        raise NoNetwork(f"{source}: {url} cannot be reached ({getattr(error, 'reason', error)}). {_OFFLINE}") from error


_OFFLINE = (
    "Without a network: okinst fetch NAME --to DIR where there is one, then --mirror DIR (or OKINST_MIRROR=DIR) here; "
    "--sample tries things out with the sample corpus."
)


class _hub_errors:
    """Turn what the Hub's client raises into what a user can act on."""

    def __init__(self, source: str, upstream: Upstream) -> None:
        self.source, self.upstream = source, upstream

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is None or isinstance(error, (MissingFile, NoNetwork)):
            return
        from huggingface_hub import errors

        what = f"{self.source}: {self.upstream} at {self.upstream.repo.revision}"
        if isinstance(error, errors.GatedRepoError):
            raise MissingFile(
                f"{what} asks for your consent. Accept its terms on the Hub, then: hf auth login"
            ) from error
        if isinstance(error, errors.LocalEntryNotFoundError | errors.OfflineModeIsEnabled):
            raise NoNetwork(f"{what} is not in the Hub's cache, and the Hub cannot be reached. {_OFFLINE}") from error
        if isinstance(error, errors.RepositoryNotFoundError):
            raise MissingFile(f"{what}: the Hub has no such repository, or it is private: hf auth login") from error
        if isinstance(error, errors.RevisionNotFoundError | errors.EntryNotFoundError):
            raise MissingFile(f"{what} is not on the Hub any more. If you have the file, pass data_dir=.") from error
        if isinstance(error, errors.HfHubHTTPError):
            raise NoNetwork(f"{what}: the Hub refused ({error}). Try again later.") from error
        # httpx and requests both keep their network errors under one root, and both roots have this name
        if any(base.__name__ in ("RequestException", "TransportError") for base in type(error).__mro__):
            raise NoNetwork(f"{what}: the Hub cannot be reached ({error}). {_OFFLINE}") from error


@functools.lru_cache(maxsize=256)
def _reachable(repo: Hub, token: str | bool | None) -> tuple[str, str]:
    """The first of a repository's names that the Hub knows, and the whole commit of its revision."""
    from huggingface_hub import errors

    gone = None
    for id in repo.ids:
        try:
            return id, _whole_commit(id, repo.revision, token)
        except errors.GatedRepoError:
            raise
        except errors.RepositoryNotFoundError as error:
            gone = gone or error
    assert gone is not None
    raise gone


def _whole_commit(id: str, revision: str, token: str | bool | None) -> str:
    # The Hub resolves whole commits and branch names only, and of some sources a shortened commit is all that is known.
    if _COMMIT.fullmatch(revision):
        return revision
    import huggingface_hub

    api = huggingface_hub.HfApi(token=token)
    if not re.fullmatch(r"[0-9a-f]{7,39}", revision):
        return str(api.dataset_info(id, revision=revision).sha)
    for commit in api.list_repo_commits(id, repo_type="dataset"):
        if commit.commit_id.startswith(revision):
            return str(commit.commit_id)
    raise MissingFile(f"{id}: the Hub has no commit {revision} any more. If you have the file, pass data_dir=.")


def _hub_names(id: str, revision: str, upstream: Upstream, token: str | bool | None) -> list[str]:
    if not upstream.is_glob:
        return [upstream.path]
    import huggingface_hub

    api = huggingface_hub.HfApi(token=token)
    names = upstream.matching(api.list_repo_files(id, repo_type="dataset", revision=revision))
    if not names:
        raise MissingFile(f"{id} at {revision} has no file named like {upstream.path}. If you have it, pass data_dir=.")
    return names


def _github_cache() -> Path:
    from datasets import config

    return Path(config.DOWNLOADED_DATASETS_PATH) / "okinst"


def _below(folder: Path) -> list[str]:
    return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


def _inside(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_file()] if folder.is_dir() else []


def _stamp(located: Located) -> str:
    stat = Path(located.place).stat()
    return f"{located.place}:{stat.st_size}:{stat.st_mtime_ns}"


def _nature(root: Path) -> str:
    return "" if root.is_dir() else " (which is no folder)"


def _existing(folder: str, what: str) -> Path:
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise WrongCall(f"{what} is {folder}, and there is no such folder.")
    return root


def describe(located: Located) -> dict[str, Any]:
    """What provenance.json says of a file."""
    repo = located.upstream.repo
    return {"repo": repo.id, "revision": repo.revision, "path": located.path}
