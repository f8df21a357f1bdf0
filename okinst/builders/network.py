"""The network: Hub files through huggingface_hub (tokens, proxies, HF_ENDPOINT, offline mode), GitHub files by HTTP."""

import functools
import hashlib
import http.client
import io
import logging
import re
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from datasets.utils import tqdm
from filelock import FileLock

from okinst.builders.errors import DamagedFile, MissingFile, NoNetwork, OkinstError
from okinst.builders.upstream import ByHand, GitHub, Hub, Located, Upstream, matching, whole_set

logger = logging.getLogger("okinst")

_COMMIT = re.compile(r"[0-9a-f]{40}")
_CHUNK = 1 << 20
#: how the file begins that Git leaves in the place of one that is stored elsewhere
LFS = b"version https://git-lfs.github.com/spec/"
_OFFLINE = (
    "Without a network: okinst fetch NAME --to DIR where there is one, then --mirror DIR (or OKINST_MIRROR=DIR) here; "
    "--sample tries things out with the sample corpus."
)
_PIN = "Open it once where the Hub can be reached, with the same HF_HOME, or name a file on disk."


@dataclass(frozen=True)
class Network:
    """The Hub and GitHub. `streaming` gives URLs; otherwise files are downloaded, resumed, and kept in a cache."""

    token: str | bool | None = None
    streaming: bool = False
    name: str = "network"

    def locate(self, upstream: Upstream, source: str) -> list[Located]:
        """The files behind one upstream name, at least one. Raises MissingFile or NoNetwork."""
        if isinstance(upstream.repo, ByHand):
            raise MissingFile(upstream.repo.how(source, upstream.path))
        if isinstance(upstream.repo, GitHub):
            url = upstream.repo.url(upstream.path)
            if self.streaming:
                return [Located(upstream, upstream.path, url)]
            target = _github_cache() / upstream.repo.id / upstream.repo.revision / upstream.path
            return [Located(upstream, upstream.path, str(download(url, target, source)))]
        assert isinstance(upstream.repo, Hub), upstream.repo
        with _hub_errors(source, upstream, upstream.repo.revision):
            id, revision = _reachable(upstream.repo, self.token)
            return [
                Located(upstream, name, self._hub_place(id, revision, name), id, revision)
                for name in _hub_names(id, revision, upstream, self.token)
            ]

    def _hub_place(self, id: str, revision: str, name: str) -> str:
        if self.streaming:
            return f"hf://datasets/{id}@{revision}/{name}"
        import huggingface_hub

        return str(huggingface_hub.hf_hub_download(id, name, repo_type="dataset", revision=revision, token=self.token))

    def there(self, upstream: Upstream) -> list[str]:
        """The files behind a glob, from the listing that a glob of the same repository has asked for; else none."""
        if not isinstance(upstream.repo, Hub) or not upstream.is_glob:
            return []
        with _hub_errors(upstream.repo.id, upstream, upstream.repo.revision):
            return matching(_hub_listing(*_reachable(upstream.repo, self.token), self.token), upstream.path)

    def fingerprint(self, upstream: Upstream) -> str:
        """What is asked for; the network itself is not."""
        return f"{upstream.repo.id}@{upstream.repo.revision}/{upstream.path}"


@contextmanager
def open_binary(located: Located, source: str, token: str | bool | None = None) -> Iterator[IO[bytes]]:
    """The bytes of a file, from disk or as a stream; a stream that breaks off is an error, not the end of the file."""
    if located.is_local:
        with Path(located.place).open("rb") as file:
            if file.peek(len(LFS)).startswith(LFS):
                raise DamagedFile(
                    f"{source}: {located} is a Git LFS pointer, a few lines in the place of the file. Run `git lfs pull` where it "
                    f"was cloned, or download the file itself."
                )
            yield file
    elif located.place.startswith("hf://"):
        import huggingface_hub

        with (
            _hub_errors(source, located.upstream, located.upstream.repo.revision),
            huggingface_hub.HfFileSystem(token=token).open(located.place.removeprefix("hf://"), "rb") as remote,
        ):
            yield remote
    else:
        with (
            _request(located.place, source) as answer,
            io.BufferedReader(_Whole(answer, located.place, source)) as whole,
        ):
            yield whole


def fetch(upstream: Upstream, root: Path, source: str, token: str | bool | None = None) -> list[Path]:
    """Fill a mirror with the files behind one upstream name. What is there already is not fetched again."""
    if isinstance(upstream.repo, ByHand):
        raise MissingFile(upstream.repo.how(source, upstream.path))
    if isinstance(upstream.repo, GitHub):
        return [download(upstream.repo.url(upstream.path), root / upstream.repo.id / upstream.path, source)]
    assert isinstance(upstream.repo, Hub), upstream.repo
    import huggingface_hub

    with _hub_errors(source, upstream, upstream.repo.revision):
        id, revision = _reachable(upstream.repo, token)
        return [
            Path(
                huggingface_hub.hf_hub_download(
                    id, name, repo_type="dataset", revision=revision, token=token, local_dir=root / id
                )
            )
            for name in _hub_names(id, revision, upstream, token)
        ]


def commit_of(repo: Hub, source: str, token: str | bool | None = None, kind: str = "dataset") -> str:
    """The whole commit that a revision of a Hub repository is now; a whole commit is itself, and nobody is asked.

    Where the Hub cannot be reached it is the commit that the revision was when it was last asked for, which is told, or
    NoNetwork where it never was. Raises MissingFile for a repository or a revision that the Hub does not have. `kind` is the
    Hub's: dataset or model.
    """
    if _COMMIT.fullmatch(repo.revision):
        return repo.revision
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    # where the Hub's client keeps what a branch was, for others that are offline too
    folder = Path(constants.HF_HUB_CACHE, repo_folder_name(repo_id=repo.id, repo_type=kind))
    known = folder / "refs" / repo.revision
    try:
        with _hub_errors(source, repo.id, repo.revision, offline=_PIN, gone="Name a revision that it has."):
            commit = _whole_commit(repo.id, repo.revision, token, kind)
    except NoNetwork as error:
        commit = known.read_text(encoding="utf-8").strip() if known.is_file() else ""
        if not (folder / "snapshots" / commit).is_dir() or not commit:
            raise
        logger.warning(
            "%s: the Hub cannot be reached; %s of %s is taken at commit %s, as it was when it was last asked for",
            source, repo.revision, repo.id, commit,
        )  # fmt: skip
        logger.debug("%s", error)
        return commit
    with suppress(OSError):  # a cache that is only read is one, too
        known.parent.mkdir(parents=True, exist_ok=True)
        known.write_text(commit, encoding="utf-8")
    return commit


def model_file(id: str, commit: str, name: str, source: str, token: str | bool | None = None) -> Path:
    """A file of a model on the Hub, at a whole commit: from the Hub's cache, or downloaded."""
    import huggingface_hub

    with _hub_errors(source, f"{id}/{name}", commit, offline=_PIN, gone="Name a model that has it."):
        return Path(huggingface_hub.hf_hub_download(id, name, revision=commit, token=token))


def download(url: str, target: Path, source: str) -> Path:
    """Download a file whole or not at all; an interrupted download goes on where it stopped."""
    # the name of a part holds what it is a part of: another commit's is another file
    key = hashlib.sha256(url.encode()).hexdigest()[:12]
    partial = target.with_name(f"{target.name}.{key}.incomplete")
    place = hashlib.sha256(str(target.absolute()).encode()).hexdigest()[:32]
    with FileLock(Path(tempfile.gettempdir(), f"okinst-{place}.lock")):
        if target.is_file():
            return target
        target.parent.mkdir(parents=True, exist_ok=True)
        start = partial.stat().st_size if partial.is_file() else 0
        with _request(url, source, start) as answer:
            resumed = answer.status == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {start}-")
            whole = _Whole(answer, url, source)
            bar = tqdm(
                desc=f"Downloading {target.name}",
                total=whole.left + (start if resumed else 0) if whole.left is not None else None,
                initial=start if resumed else 0,
                unit="B",
                unit_scale=True,
            )
            with bar, partial.open("ab" if resumed else "wb") as sink:
                while chunk := whole.read(_CHUNK):
                    sink.write(chunk)
                    bar.update(len(chunk))
        partial.replace(target)
    return target


class _Whole(io.RawIOBase):
    """An answer that is read to its announced end, or not at all: a short one is an error."""

    def __init__(self, answer: http.client.HTTPResponse, url: str, source: str) -> None:
        self.answer, self.url, self.source = answer, url, source
        length = answer.headers.get("Content-Length")
        self.left = int(length) if length and length.isdigit() else None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            got = self.answer.readinto(buffer)
        except (http.client.HTTPException, ConnectionError, TimeoutError) as error:
            raise self._cut() from error
        if self.left is not None:
            if not got and self.left:
                raise self._cut()
            self.left -= got
        return got

    def _cut(self) -> NoNetwork:
        return NoNetwork(
            f"{self.source}: the connection broke off while {self.url} came in. Run the same again: a download goes on from "
            f"there."
        )


def _request(url: str, source: str, start: int = 0) -> http.client.HTTPResponse:
    from huggingface_hub.constants import HF_HUB_OFFLINE

    if HF_HUB_OFFLINE:
        raise NoNetwork(f"{source}: {url} is not here yet, and HF_HUB_OFFLINE forbids to fetch it. {_OFFLINE}")
    headers = {"User-Agent": "okinst", "Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        answer: http.client.HTTPResponse = urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=60
        )
        return answer
    except urllib.error.HTTPError as error:
        if error.code == 416 and start:  # nothing is missing any more, or the part is too long to be one: begin again
            return _request(url, source)
        if error.code == 404:
            raise MissingFile(
                f"{source}: {url} is gone upstream (404). If you have the file, put it into a folder and pass data_dir= "
                f"(--data-dir)."
            ) from error
        raise NoNetwork(f"{source}: {url} answered {error.code} {error.reason}. Try again later.") from error
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        raise NoNetwork(f"{source}: {url} cannot be reached ({getattr(error, 'reason', error)}). {_OFFLINE}") from error


@contextmanager
def _hub_errors(
    source: str,
    what: object,
    revision: str,
    *,
    offline: str = _OFFLINE,
    gone: str = "If you have the file, pass data_dir= (--data-dir).",
) -> Iterator[None]:
    """Turn what the Hub's client raises into what a user can act on: `offline` and `gone` say how."""
    from huggingface_hub import errors

    what = f"{source}: {what} at {revision}"
    try:
        yield
    except OkinstError:
        raise
    except errors.GatedRepoError as error:
        raise MissingFile(f"{what} asks for your consent. Accept its terms on the Hub, then: hf auth login") from error
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled) as error:
        raise NoNetwork(f"{what} is not in the Hub's cache, and the Hub cannot be reached. {offline}") from error
    except errors.RepositoryNotFoundError as error:
        raise MissingFile(f"{what}: the Hub has no such repository, or it is private: hf auth login") from error
    except (errors.RevisionNotFoundError, errors.EntryNotFoundError) as error:
        raise MissingFile(f"{what} is not on the Hub{' any more' * (offline is _OFFLINE)}. {gone}") from error
    except errors.HfHubHTTPError as error:
        raise NoNetwork(f"{what}: the Hub refused ({error}). Try again later.") from error
    except (
        Exception
    ) as error:  # the client's two HTTP libraries have no root in common; what is not theirs goes on as it is
        if is_of_the_network(error):
            raise NoNetwork(f"{what}: the Hub cannot be reached ({error}). {offline}") from error
        raise


def is_of_the_network(error: BaseException) -> bool:
    """Whether an error of the Hub's client is that nobody could be reached."""
    # httpx and requests both keep their network errors under one root, and these are the roots' names
    return any(base.__name__ in ("RequestException", "TransportError") for base in type(error).__mro__)


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


def _whole_commit(id: str, revision: str, token: str | bool | None, kind: str = "dataset") -> str:
    # The Hub resolves whole commits and branch names only, and of some sources a shortened commit is all that is known.
    if _COMMIT.fullmatch(revision):
        return revision
    import huggingface_hub

    api = huggingface_hub.HfApi(token=token)
    if not re.fullmatch(r"[0-9a-f]{7,39}", revision):
        return str(api.repo_info(id, revision=revision, repo_type=kind).sha)
    for commit in api.list_repo_commits(id, repo_type=kind):
        if commit.commit_id.startswith(revision):
            return str(commit.commit_id)
    raise MissingFile(
        f"{id}: the Hub has no commit {revision} any more. If you have the file, pass data_dir= (--data-dir)."
    )


def _hub_names(id: str, revision: str, upstream: Upstream, token: str | bool | None) -> list[str]:
    if not upstream.is_glob:
        return [upstream.path]
    there = _hub_listing(id, revision, token)
    if names := matching(there, upstream.path):
        whole_set(f"{id} at {revision}", names)
        return names
    raise MissingFile(
        f"{id} at {revision} has no file named like {upstream.path}; it has {', '.join(there[:20])}. If you have the file, pass "
        f"data_dir= (--data-dir)."
    )


@functools.lru_cache(maxsize=256)
def _hub_listing(id: str, revision: str, token: str | bool | None) -> list[str]:
    # of a whole commit: it never changes
    import huggingface_hub

    return list(huggingface_hub.HfApi(token=token).list_repo_files(id, repo_type="dataset", revision=revision))


def _github_cache() -> Path:
    from datasets import config

    return Path(config.DOWNLOADED_DATASETS_PATH) / "okinst"
