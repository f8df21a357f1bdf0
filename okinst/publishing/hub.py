"""Push a built set to the Hub: one commit with its Parquet files, card and provenance; nothing else in the repository changes.

    README.md                            the cards of all sets of the repository (okinst.publishing.readme)
    <config>/<split>-00000-of-00001.parquet
    <config>/provenance.json             in the folder of its set, so that sets of one repository do not overwrite each other
    <config>/selection.parquet           what was measured; no text
    <config>/card/*.png, report.html

A file that stands there is replaced or removed only if the set's provenance.json there says that an earlier push put it there.

What holds text of rows that are not in the set stays on the machine (okinst.publishing.public). A report that shows such rows is
written anew without them.
"""

import hashlib
import json
import logging
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from okinst.builders import DamagedFile, NoNetwork, NotPushed, OkinstError, WrongCall
from okinst.builders.doors import sha256
from okinst.builders.network import is_of_the_network
from okinst.mixtures.selecting import SELECTION
from okinst.publishing import plain_set, readme, refusal, report
from okinst.publishing.built import BuiltFolder
from okinst.publishing.card import card
from okinst.publishing.patience import PASSING, chain, patiently, status
from okinst.publishing.place import PROVENANCE, README, readable
from okinst.publishing.public import KEPT_BACK, is_of_the_set, without_folders
from okinst.version import VERSION

if TYPE_CHECKING:
    import huggingface_hub

logger = logging.getLogger("okinst")

#: what a file on the Hub is part of, where README.md names no sets
_DATA = (".parquet", ".arrow", ".csv", ".tsv", ".json", ".jsonl", ".txt", ".zip", ".gz", ".zst", ".tar", ".xz")
_SHARD = re.compile(r"[^/]+-\d{5}-of-\d{5}\.parquet")
_PICTURE = re.compile(r"card/[^/]+\.png")
_CONFIG = re.compile(r"[^\s/\\<>:|\"?*\[\]{}!#.-][^\s/\\<>:|\"?*\[\]{}!#]*")
_BRANCH = re.compile(r"\w[\w.-]*(/\w[\w.-]*)*")
_COMMIT = re.compile(r"[0-9a-f]{40}")
#: what a report of okinst says in its head; provenance.json does not name the report
_REPORT = b'<meta name="okinst-rows"'


@dataclass(frozen=True)
class Pushed:
    """What a push did, or would do."""

    url: str
    #: the commit that has it; empty for a dry run without a repository
    commit: str
    #: whether a commit was made: not where the repository had all of it
    new: bool
    #: what was sent: path, bytes
    files: list[dict[str, Any]]
    repo_id: str = ""
    config: str = ""
    private: bool = False
    revision: str = "main"
    #: files of an earlier push of this set that went
    removed: list[str] = field(default_factory=list)
    #: files of the folder that stay on the machine
    kept_back: list[str] = field(default_factory=list)
    #: nothing was sent or changed
    dry_run: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def push(
    folder: Any,
    repo_id: str,
    *,
    private: bool = False,
    config: str | None = None,
    token: str | None = None,
    revision: str | None = None,
    card_language: str | None = None,
    i_have_the_rights: bool = False,
    with_dropped: bool = False,
    message: str | None = None,
    endpoint: str | None = None,
    dry_run: bool = False,
) -> Pushed:
    """Push a folder that `build` wrote, or a Dataset or DatasetDict, to a dataset repository on the Hub, in one commit.

    `config` is the name the set gets there (the folder's own otherwise); sets of other names stay. `revision` is a branch, which
    is made where it is not there. Pushing the same again makes no commit, and after an interruption what has arrived is not sent
    again. The card is in `card_language` (en, ko, zh), or in that of the folder's own; one that was changed by hand is sent as it
    is. The token comes from HF_TOKEN or `hf auth login` where none is given.

    Raises LicenceRefused for a public push of rows that nobody has permitted to pass on, WrongCall for a call that cannot be meant,
    NotPushed where the Hub does not take it, NoNetwork where it cannot be reached. The repository is then as it was.
    """
    if not isinstance(folder, str | Path):
        config = config or plain_set.named(folder)
        _check_names(repo_id, config, revision)
        _secret(repo_id, token, dry_run)
        with tempfile.TemporaryDirectory(prefix="okinst-push-") as temporary:
            built = plain_set.write(folder, Path(temporary), config)
            return push(
                built, repo_id, private=private, config=config, token=token, revision=revision, card_language=card_language,
                i_have_the_rights=i_have_the_rights, message=message, endpoint=endpoint, dry_run=dry_run,
            )  # fmt: skip
    import huggingface_hub

    built_folder = _of_okinst(Path(folder))
    name = config or built_folder.name
    _check_names(repo_id, name, revision)
    if not (private or i_have_the_rights):
        if with_dropped:
            raise WrongCall(
                f"{built_folder.name} is not pushed to {repo_id}: --with-dropped sends rows that were dropped, often because their "
                f"licence or somebody's privacy forbids to pass them on. Add --private, or leave it out."
            )
        refusal.check(built_folder, repo_id, name)
    secret = _secret(repo_id, token, dry_run)
    api = huggingface_hub.HfApi(endpoint=endpoint, token=secret)
    with _plain_errors(repo_id, secret):
        if "/" not in repo_id:
            repo_id = f"{api.whoami()['name']}/{repo_id}"
        work = _Push(built_folder, name, repo_id, api, private, revision or "main", card_language)
        work.collect(with_dropped)
        told = message or f"{name}: {built_folder.told_rows}, by okinst {VERSION}"
        return work.dry_run() if dry_run else patiently(repo_id, lambda: work.attempt(told))


@dataclass
class _File:
    """A file as it is to stand in the repository. It is read once, however often it is compared."""

    content: Path | bytes

    @cached_property
    def sha256(self) -> str:
        content = self.content
        return sha256(content) if isinstance(content, Path) else hashlib.sha256(content).hexdigest()

    @cached_property
    def size(self) -> int:
        return self.content.stat().st_size if isinstance(self.content, Path) else len(self.content)

    @cached_property
    def _in_git(self) -> str:
        data = self.content.read_bytes() if isinstance(self.content, Path) else self.content
        return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()

    def is_known_as(self, name: str | None) -> bool:
        """Whether the Hub has this very content under what names it there: sha256 of large files, git's name of others."""
        return name is not None and name == (self.sha256 if len(name) == 64 else self._in_git)


@dataclass(frozen=True)
class _There:
    """What a repository has now."""

    #: None where it is not there, or not for this token
    head: str | None
    private: bool
    #: by path, what names the content: sha256 of large files, git's name of others
    files: dict[str, str]
    readme: str
    #: the files that an earlier push of this set put there, so far as its provenance.json there says
    ours: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Sent:
    """A commit whose answer has not come."""

    onto: str | None
    new: dict[str, _File]
    gone: list[str]


@dataclass
class _Push:
    """One set on its way to one repository."""

    built: BuiltFolder
    config: str
    repo_id: str
    api: "huggingface_hub.HfApi"
    private: bool
    branch: str
    language: str | None
    #: what is to stand there, by path, but for README.md
    contents: dict[str, _File] = field(default_factory=dict)
    kept_back: list[str] = field(default_factory=list)
    card: str = ""
    #: additions live through all attempts: what one has uploaded the next does not
    additions: dict[str, "huggingface_hub.CommitOperationAdd"] = field(default_factory=dict)
    unanswered: _Sent | None = None

    # -- what is here ------------------------------------------------------------------------------------------------

    def collect(self, with_dropped: bool) -> None:
        """Find the files of the set, each as its provenance says it was written."""
        known = {each["path"]: each["sha256"] for each in self.built.provenance["files"]}
        shards = [
            path.relative_to(self.built.path).as_posix() for paths in self.built.splits.values() for path in paths
        ]
        if lost := [path for path in known if _SHARD.fullmatch(path.rpartition("/")[2]) and path not in shards]:
            raise DamagedFile(f"{self.built.path} has no {lost[0]} any more, which {PROVENANCE} names. Build it again.")
        for told in shards:
            self._add(told.rpartition("/")[2], self._as_built(told, known))
        for name in (SELECTION, *KEPT_BACK):
            if name not in known and not (self.built.path / name).is_file():
                continue
            if name in KEPT_BACK and not with_dropped:
                self.kept_back.append(name)
            else:
                self._add(name, self._as_built(name, known))
        for name in filter(_PICTURE.fullmatch, known):
            self._add(name, self._as_built(name, known))
        for path in sorted((self.built.path / "card").glob("*.png")):
            if (name := f"card/{path.name}") not in known:
                logger.warning("%s stays here: %s does not name it.", name, PROVENANCE)
        page = self.built.path / report.FILE
        if page.is_file():
            self._add(report.FILE, page if with_dropped or is_of_the_set(page) else self._report())
        self._add(PROVENANCE, self._provenance())
        self.card = _card(self.built, self.language, self.repo_id, self.config)
        for quote in ("](", 'src="'):
            self.card = self.card.replace(f"{quote}card/", f"{quote}{self.config}/card/")

    def _add(self, name: str, content: Path | bytes | _File) -> None:
        self.contents[f"{self.config}/{name}"] = content if isinstance(content, _File) else _File(content)

    def _as_built(self, told: str, known: dict[str, str]) -> _File:
        """A file of the folder. Raises DamagedFile for one that is not what provenance.json says."""
        file, again = _File(self.built.path / told), "Build it again."
        if _PICTURE.fullmatch(told):
            again = f"okinst card {self.built.path} draws it again."
        try:
            if told not in known:
                raise DamagedFile(
                    f"{self.built.path / told} was not built with the rest: {PROVENANCE} does not name it. {again}"
                )
            if file.sha256 != known[told]:
                raise DamagedFile(
                    f"{self.built.path / told} is not as it was built: {PROVENANCE} says another sha256. {again}"
                )
        except FileNotFoundError as error:
            raise DamagedFile(f"{self.built.path} has no {told} any more, which {PROVENANCE} names. {again}") from error
        return file

    def _report(self) -> bytes:
        """The report as others may read it."""
        return report.again(self.built.path / report.FILE, self.built.path)

    def _provenance(self) -> bytes:
        """provenance.json as others may read it: files by their place in the repository, no folders of this machine."""
        told = without_folders(self.built.provenance)
        told["files"] = [
            {**file, "path": f"{self.config}/{file['path'].removeprefix(f'{self.built.name}/')}"}
            for file in told["files"]
            if file["path"] != README and file["path"] not in self.kept_back
        ]
        told["kept_back"] = self.kept_back
        return readable(told)

    # -- what is there -----------------------------------------------------------------------------------------------

    def look(self) -> _There:
        """The repository as it is, all of one commit."""
        import huggingface_hub
        from huggingface_hub import errors

        options: dict[str, Any] = {"repo_id": self.repo_id, "repo_type": "dataset"}
        try:
            whole = self.api.repo_info(**options)
        except errors.RepositoryNotFoundError:
            return _There(None, self.private, {}, "")
        try:
            info = self.api.repo_info(**options, revision=self.branch)
        except errors.RevisionNotFoundError:
            info = whole  # what a new branch begins with
        files = {
            entry.path: entry.lfs.sha256 if entry.lfs else entry.blob_id
            for entry in self.api.list_repo_tree(**options, revision=info.sha, recursive=True)
            if isinstance(entry, huggingface_hub.hf_api.RepoFile)
        }

        def read(path: str) -> bytes:
            if path not in files:
                return b""
            return Path(self.api.hf_hub_download(**options, filename=path, revision=info.sha)).read_bytes()

        try:
            try:
                text = read(README).decode("utf-8")
            except UnicodeDecodeError as error:
                raise DamagedFile(
                    f"README.md of {self.repo_id} on the Hub is no UTF-8 text ({error}). Mend it there, or name another repository. "
                    f"Nothing was sent."
                ) from error
        except UnicodeDecodeError as error:
            raise DamagedFile(
                f"README.md of {self.repo_id} on the Hub is no UTF-8 ({error}). Mend it there, or name another repository."
            ) from error
        own = f"{self.config}/"
        ours = _listed(read(own + PROVENANCE), own)
        page = own + report.FILE
        if page in files and not self._stands(page, files[page]) and _REPORT in read(page):
            ours |= {page}
        return _There(str(info.sha), bool(whole.private), files, text, ours & files.keys())

    def check(self, there: _There) -> None:
        """Raise WrongCall for a repository that would not be what its readers know any more, or not what was asked for."""
        where = f"{self.repo_id} on the Hub"
        if self.private and there.head and not there.private:
            raise WrongCall(
                f"{where} is there and public; --private is for a repository that is private, or not there yet. Make it private in "
                f"its settings, or name another one. Nothing was sent."
            )
        head, _ = readme.parted(there.readme, where)
        own = f"{self.config}/"
        if self.config in there.files:
            raise WrongCall(
                f"{where} has a file {self.config}, and no folder can have its name. Name the set otherwise: --config NAME. Nothing "
                f"was sent."
            )
        data = [path for path in there.files if path.endswith(_DATA) and not path.startswith(own)]
        if not head.get(readme.CONFIGS) and data:
            raise WrongCall(
                f"{where} has data ({data[0]}{', ...' * (len(data) > 1)}) and no configs in its README.md: with {self.config} beside "
                f"it load_dataset would not find that data any more. Name another repository, or its sets in README.md. Nothing was "
                f"sent."
            )
        foreign = [each for each in readme.patterns(head, self.config) if not each.removeprefix("./").startswith(own)]
        if foreign:
            raise WrongCall(
                f"{where} has a set named {self.config} already, of other files ({foreign[0]}). Name this one otherwise: --config "
                f"NAME. Nothing was sent."
            )
        if strange := self._strange(there):
            raise WrongCall(
                f"{where} has {strange[0]}{', ...' * (len(strange) > 1)}, which no push of this set put there, so far as "
                f"{own}{PROVENANCE} says (none is there, it cannot be read, or it does not name the file). It stays, and this set "
                f"cannot stand in the same folder. Name it otherwise, --config NAME, or move what is there. Nothing was sent."
            )
        for name in (entry["config_name"] for entry in head.get(readme.CONFIGS) or []):
            if name != self.config:
                self._check_beside(name, readme.patterns(head, name), there, where)

    def _check_beside(self, name: str, patterns: list[str], there: _There, where: str) -> None:
        """Raise WrongCall where the set cannot stand beside another one."""
        if taken := [path for path in self.contents if any(readme.means(each, path) for each in patterns)]:
            raise WrongCall(
                f"{where} has a set {name} that would take {taken[0]} for its own (data_files in README.md). Name this one otherwise: "
                f"--config NAME. Nothing was sent."
            )
        if lost := [path for path in self._gone(there) if any(readme.means(each, path) for each in patterns)]:
            raise WrongCall(
                f"{where} has a set {name} that reads {lost[0]}, a file of an earlier push of {self.config} which this one would take "
                f"away. Change data_files of {name} in README.md, or name this set otherwise: --config NAME. Nothing was sent."
            )
        others = [path for path in there.files if any(readme.means(each, path) for each in patterns)]
        if others and not others[0].endswith(".parquet"):
            raise WrongCall(
                f"{where} has a set {name} that is no Parquet ({others[0]}), and load_dataset reads all sets of a repository in the "
                f"format of the first. Name another repository. Nothing was sent."
            )

    def _stands(self, path: str, known: str | None) -> bool:
        """Whether a file on the Hub, of which this is known, is as it is to be."""
        return path in self.contents and self.contents[path].is_known_as(known)

    def _strange(self, there: _There) -> list[str]:
        """Files of others in this set's folder that it would overwrite, or that would be read with it; notes may stand there."""
        own = f"{self.config}/"
        taken = [f"{own}{split}-*.parquet" for split in self.built.splits]
        return [
            path
            for path, known in there.files.items()
            if path.startswith(own) and path not in there.ours and not self._stands(path, known)
            if path in self.contents
            or any(readme.means(each, path) for each in taken)
            or (not there.ours and path.endswith(_DATA))
        ]

    def _gone(self, there: _There) -> list[str]:
        """What of an earlier push is to go."""
        return sorted(there.ours - self.contents.keys())

    def wanted(self, there: _There) -> tuple[dict[str, _File], list[str]]:
        """What the repository does not have as it should be, and what of an earlier push is to go."""
        card = readme.merged(there.readme, self.card, self.config, self.built.splits, f"{self.repo_id} on the Hub")
        contents = {**self.contents, README: _File(card.encode())}
        new = {path: file for path, file in contents.items() if not file.is_known_as(there.files.get(path))}
        return new, self._gone(there)

    # -- what is done ------------------------------------------------------------------------------------------------

    def dry_run(self) -> Pushed:
        there = self.look()
        self.check(there)
        new, gone = self.wanted(there)
        return self._told(there, there.head or "", new, gone, made=bool(new or gone), dry_run=True)

    def attempt(self, message: str) -> Pushed:
        """Look, and commit what is missing onto what was seen; a commit that came between is an error of the Hub (412)."""
        there = self.look()
        self.check(there)
        if there.head is None:
            self.api.create_repo(self.repo_id, repo_type="dataset", private=self.private, exist_ok=True)
            there = self.look()
            self.check(there)
        new, gone = self.wanted(there)
        if not new and not gone:
            sent = self.unanswered
            if sent and sent.onto != there.head:  # it was made, and only its answer was lost
                return self._told(there, there.head or "", sent.new, sent.gone, made=True)
            return self._told(there, there.head or "", new, gone, made=False)
        if self.branch != "main":
            self.api.create_branch(self.repo_id, repo_type="dataset", branch=self.branch, exist_ok=True)
        commit = self._commit(there, new, gone, message)
        return self._told(there, commit, new, gone, made=commit != there.head)

    def _commit(self, there: _There, new: dict[str, _File], gone: list[str], message: str) -> str:
        import huggingface_hub

        at: dict[str, Any] = {"repo_id": self.repo_id, "repo_type": "dataset", "revision": self.branch}
        try:
            additions = [self._addition(path, file) for path, file in new.items()]
            self.api.preupload_lfs_files(additions=additions, free_memory=False, **at)
        except Exception as error:  # of the client, of the network, of the disk: each is raised again in words
            if isinstance(error, OkinstError) or status(error) in (401, 403, 404):
                raise
            raise self._not_uploaded(error) from error
        if ignored := [each.path_in_repo for each in additions if getattr(each, "_should_ignore", False)]:
            raise NotPushed(
                f"{self.repo_id}: the .gitignore of the repository leaves {ignored[0]} out, and the set would not be whole. Take that "
                f"line away there. No commit was made."
            )
        deletions = [huggingface_hub.CommitOperationDelete(path, is_folder=False) for path in gone]
        operations: list[Any] = [*additions, *deletions]
        self.unanswered = _Sent(there.head, new, gone)
        try:
            done = self.api.create_commit(operations=operations, commit_message=message, parent_commit=there.head, **at)
        except ValueError as error:
            if not str(error).startswith("Invalid metadata in README.md"):
                raise
            raise NotPushed(
                f"{self.repo_id}: the Hub does not take the head of README.md ({str(error).partition(chr(10))[2].strip()}). Mend it there, or report it. "
                f"No commit was made."
            ) from error
        except Exception as error:  # whatever it is is raised again: here only whether it was an answer matters
            if 400 <= (status(error) or 0) < 500:  # an answer: it was not made
                self.unanswered = None
            raise
        return str(done.oid)

    def _addition(self, path: str, file: _File) -> "huggingface_hub.CommitOperationAdd":
        import huggingface_hub

        if path == README or path not in self.additions:  # README.md is merged anew each time
            self.additions[path] = huggingface_hub.CommitOperationAdd(path, file.content)
        if self.additions[path].upload_info.sha256.hex() != file.sha256:
            raise DamagedFile(
                f"{self.built.path}: the file of {path} has changed while it was pushed. No commit was made. Build it again."
            )
        return self.additions[path]

    def _not_uploaded(self, error: Exception) -> OkinstError:
        """What an error says that came while files were uploaded. The client has tried again already."""
        found = status(error)
        if local := next((each for each in chain(error) if isinstance(each, OSError) and each.filename), None):
            return DamagedFile(
                f"{self.repo_id}: {local.filename} cannot be read ({local.strerror}). No commit was made. Mend that, and run the same "
                f"again."
            )
        if refused := re.search(
            r"HTTP status client error \((\d{3})", str(error)
        ):  # hf_xet calls that a ConnectionError
            found = int(refused[1])
        cut = any(is_of_the_network(each) or isinstance(each, ConnectionError | TimeoutError) for each in chain(error))
        if found in PASSING or (found is None and cut):
            return NoNetwork(
                f"{self.repo_id}: the connection broke off, or the Hub was busy, while files were uploaded ({_short(error)}). No "
                f"commit was made. Run the same again: what has arrived is not sent again."
            )
        return NotPushed(
            f"{self.repo_id}: the files were not uploaded ({_short(error)}). No commit was made; what has arrived is not sent again."
        )

    def _told(
        self,
        there: _There,
        commit: str,
        new: dict[str, _File],
        gone: list[str],
        made: bool,
        dry_run: bool = False,
    ) -> Pushed:
        return Pushed(
            url=f"{self.api.endpoint}/datasets/{self.repo_id}" + f"/tree/{self.branch}" * (self.branch != "main"),
            commit=commit,
            new=made,
            files=[{"path": path, "bytes": file.size} for path, file in sorted(new.items())],
            repo_id=self.repo_id,
            config=self.config,
            private=there.private,
            revision=self.branch,
            removed=gone,
            kept_back=self.kept_back,
            dry_run=dry_run,
        )


def _of_okinst(folder: Path) -> BuiltFolder:
    built = BuiltFolder.at(folder)
    if not built.path.is_dir():
        raise WrongCall(f"there is no folder {folder}. okinst build or okinst curate writes one: -o {folder}")
    if not built.provenance.get("files"):
        raise WrongCall(
            f"{folder} has no {PROVENANCE} with its files: okinst push takes folders that okinst build or curate wrote, and from "
            f"Python a Dataset or DatasetDict."
        )
    return built


def _secret(repo_id: str, token: str | None, dry_run: bool) -> str | None:
    """The token to push with. Raises WrongCall where there is none; a dry run may do without."""
    import huggingface_hub

    secret = token or huggingface_hub.get_token()
    if not secret and not dry_run:
        raise WrongCall(
            f"{repo_id}: there is no token to push with. Make one with write permission in the settings of your account on the Hub; "
            f"then run hf auth login, or set HF_TOKEN."
        )
    return secret


def _check_names(repo_id: str, config: str, revision: str | None) -> None:
    from huggingface_hub.utils import HFValidationError, validate_repo_id  # type: ignore[attr-defined]

    try:
        validate_repo_id(repo_id)
    except HFValidationError as error:
        raise WrongCall(f"{repo_id!r} is no name of a repository, which is owner/name: {error}") from error
    if config.casefold() == README.casefold():
        raise WrongCall(f"{config!r} is the name of the card. Name the set otherwise: --config NAME.")
    if not _CONFIG.fullmatch(config):
        raise WrongCall(
            f'{config!r} cannot be the name of a set on the Hub: no blanks, no / \\ < > : | " ? * [ ] {{ }} ! #, and no dot or hyphen '
            f"first. Name another: --config NAME."
        )
    if revision is not None and not _BRANCH.fullmatch(revision):
        raise WrongCall(
            f"revision = {revision!r} cannot be the name of a branch: letters, digits, and . _ - / between them."
        )
    if revision and _COMMIT.fullmatch(revision):
        raise WrongCall(f"revision = {revision} is a commit, and what is committed stays as it is. Name a branch.")


def _card(built: BuiltFolder, language: str | None, repo_id: str, config: str) -> str:
    own = built.path / README
    if not built.provenance.get("funnel"):  # a Dataset of somebody else's making
        return own.read_text(encoding="utf-8")
    if built.card_by_hand and language is not None:
        raise WrongCall(
            f"{own} was changed by hand, and --card-language {language} would write the card anew. Leave it out to send README.md as it "
            f"is, or write it anew first: okinst card {built.path} --language {language} --force. Nothing was sent."
        )
    if built.card_by_hand:
        text = own.read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            if any(folder in line for folder in _own_folders(built)):
                raise WrongCall(
                    f"{own} was changed by hand, and its line {number} names a folder of this machine, which nobody else need know. "
                    f"Take it out; okinst card {built.path} --force writes the card anew. Nothing was sent."
                )
        return text
    chosen = language or str(built.provenance.get("card_language", "en"))
    return card(built, chosen, repo_id, config)


def _own_folders(built: BuiltFolder) -> list[str]:
    """Folders that tell whose machine this is."""
    found = (Path.home(), built.path.resolve().parent)
    return [f"{folder}/" for folder in found if len(folder.parts) > 1]


def _listed(provenance: bytes, own: str) -> frozenset[str]:
    """The files that a provenance.json in a repository names, itself among them; none where okinst did not write it.

    >>> sorted(_listed(b'{"okinst": "1", "files": [{"path": "a/x.parquet"}, {"path": "b/x.parquet"}]}', "a/"))
    ['a/provenance.json', 'a/x.parquet']
    >>> _listed(b"{", "a/"), _listed(b'{"files": []}', "a/")
    (frozenset(), frozenset())
    """
    try:
        told = json.loads(provenance)
        if "okinst" not in told:
            return frozenset()
        paths = [str(each["path"]) for each in told["files"]]
    except (ValueError, TypeError, KeyError):
        return frozenset()
    return frozenset(path for path in (*paths, own + PROVENANCE) if path.startswith(own))


def _short(error: BaseException) -> str:
    causes = [error, *([error.__cause__] if error.__cause__ else [])]
    return "; ".join(" ".join(str(each).split())[:200] for each in causes)


@contextmanager
def _plain_errors(repo_id: str, token: str | None) -> Iterator[None]:
    """Turn what the Hub's client raises into what a user can act on. No message holds the token."""
    from huggingface_hub import errors

    def said(error: BaseException) -> str:
        told = _short(error)
        return told.replace(token, "(token)") if token else told

    try:
        yield
    except OkinstError as error:
        if token and token in str(error):
            raise type(error)(str(error).replace(token, "(token)")) from None
        raise
    except errors.OfflineModeIsEnabled as error:
        raise NoNetwork(f"{repo_id}: HF_HUB_OFFLINE forbids to reach the Hub. Unset it to push.") from error
    except Exception as error:  # what is neither an answer nor the network's is raised as it is
        found = status(error)
        if found == 401:
            raise NotPushed(
                f"{repo_id}: the Hub does not know this token, or it has run out. Make a new one with write permission in the settings "
                f"of your account; then run hf auth login, or set HF_TOKEN. Nothing was changed there."
            ) from error
        if found == 403:
            raise NotPushed(
                f"{repo_id}: this token may not write there ({said(error)}). It needs write permission, and the repository must be yours "
                f"or of an organisation that lets you write. Nothing was changed there."
            ) from error
        if found == 404:
            raise NotPushed(
                f"{repo_id}: the Hub has it no more, or shows it to others only ({said(error)}). Look at the name, and at whose token "
                f"this is: hf auth whoami."
            ) from error
        if found is not None and found not in PASSING:
            raise NotPushed(f"{repo_id}: the Hub does not take it ({said(error)}). No commit was made.") from error
        if found is not None:
            raise NotPushed(
                f"{repo_id}: the Hub answered {found} again and again ({said(error)}). No commit was made, so far as it told. Run the "
                f"same again later: what has arrived is not sent again."
            ) from error
        if is_of_the_network(error):
            raise NoNetwork(
                f"{repo_id}: the Hub cannot be reached ({said(error)}). Run the same again later: what has arrived is not sent again."
            ) from error
        raise
