"""A stand-in for the Hub and for GitHub's raw files: a real HTTP server on loopback that huggingface_hub and datasets talk to.

It serves repositories with commits and branches, answers Range requests, takes uploads (create, preupload, LFS, commit), knows
users by their tokens, and fails on a schedule: `cuts` and `statuses` for what is read, `faults` for anything. Every request is
kept, with its headers.
"""

import base64
import hashlib
import io
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

NOW = "2026-01-01T00:00:00.000Z"
#: what the Hub's .gitattributes sends to large file storage
LARGE = (".parquet", ".arrow", ".bin", ".safetensors", ".zst", ".gz", ".zip", ".png")
TOO_LARGE = 10 << 20


@dataclass
class Repo:
    """A repository: what stands in main now, and the commits before."""

    files: dict[str, bytes]
    #: readable with this very token only
    token: str | None = None
    gated: bool = False
    #: readable by its owner
    private: bool = False
    #: the files of earlier commits
    past: dict[str, dict[str, bytes]] = field(default_factory=dict)
    #: the files of branches beside main
    branches: dict[str, dict[str, bytes]] = field(default_factory=dict)
    #: how many commits were made through the API
    made: int = 0

    @property
    def commit(self) -> str:
        return self.head("main")

    def head(self, branch: str) -> str:
        """The commit a branch is at now."""
        files = self.files if branch == "main" else self.branches[branch]
        return hashlib.sha1(repr((branch, self.made) * bool(self.made)).encode() + _told(files)).hexdigest()

    def at(self, revision: str) -> tuple[str, dict[str, bytes]] | None:
        """The whole commit and the files of a branch or a commit."""
        for branch in ("main", *self.branches):
            head = self.head(branch)
            if revision in (branch, head):
                return head, self.files if branch == "main" else self.branches[branch]
        return (revision, self.past[revision]) if revision in self.past else None

    def replace(self, branch: str, files: dict[str, bytes]) -> str:
        """Make a commit."""
        head, before = self.at(branch) or ("", {})
        self.past[head] = before
        self.made += 1
        if branch == "main":
            self.files = files
        else:
            self.branches[branch] = files
        return self.head(branch)


def _told(files: dict[str, bytes]) -> bytes:
    return repr(sorted(files.items())).encode()


@dataclass
class Fault:
    """What the next requests meet whose method and path fit."""

    method: str
    path: str
    #: answered in place of the work; None breaks the connection off instead
    status: int | None = None
    times: int = 1
    retry_after: str | None = None
    #: so many bytes of the request are taken before it happens; all of them where it is None
    after: int | None = None
    #: the work is done, and the answer is lost
    done: bool = False


@dataclass
class Hub:
    url: str = ""
    #: datasets; those whose name begins with models/ are models
    repos: dict[str, Repo] = field(default_factory=dict)
    #: GitHub's files by path /<owner>/<repo>/<commit>/<path>
    raw: dict[str, bytes] = field(default_factory=dict)
    #: by token: the user's name, and "write" or "read"
    users: dict[str, tuple[str, str]] = field(default_factory=dict)
    #: large files that were uploaded, by sha256
    large: dict[str, bytes] = field(default_factory=dict)
    #: break off so many bodies after so many bytes
    cuts: list[int] = field(default_factory=list)
    #: answer so many requests with these statuses first
    statuses: list[int] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    #: what /api/validate-yaml finds wrong with a card
    yaml_errors: list[str] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    #: set when a fault has happened
    failed: threading.Event = field(default_factory=threading.Event)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def bodies(self, path: str) -> list[dict[str, str]]:
        """The headers of the GET requests for a path."""
        return [headers for method, asked, headers in self.requests if method == "GET" and asked.endswith(path)]

    def asked(self, method: str, path: str) -> list[str]:
        """The paths that were asked for with a method and fit a pattern, in order."""
        return [asked for did, asked, _ in self.requests if did == method and re.search(path, asked)]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        hub, split = self.server.hub, urlsplit(self.path)
        path = unquote(split.path)
        self.query = {name: values[0] for name, values in parse_qs(split.query, keep_blank_values=True).items()}
        hub.requests.append((self.command, path, {name.lower(): value for name, value in self.headers.items()}))
        fault = self.fault(path)
        if fault and fault.after is not None:
            self.rfile.read(fault.after)
        else:
            self.sent = self.received()
        if fault and fault.status is not None:
            headers = {"Retry-After": fault.retry_after} if fault.retry_after is not None else {}
            return self.refuse(fault.status, "Fault", headers)
        if fault and not fault.done:
            hub.failed.set()
            return self.cut()
        if fault:
            self.wfile = io.BytesIO()  # nobody gets the answer
            self.route(path)
            hub.failed.set()
            return self.cut()
        if self.command == "GET" and hub.statuses:
            return self.refuse(hub.statuses.pop(0), "InternalError")
        return self.route(path)

    do_HEAD = do_POST = do_PUT = do_DELETE = do_GET

    def fault(self, path: str) -> Fault | None:
        hub = self.server.hub
        with hub.lock:
            for fault in hub.faults:
                if fault.times and fault.method == self.command and re.search(fault.path, path):
                    fault.times -= 1
                    return fault
        return None

    def received(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def route(self, path: str) -> None:
        hub = self.server.hub
        if path in hub.raw:
            return self.body(hub.raw[path], {})
        if path == "/api/whoami-v2":
            return self.whoami()
        if path == "/api/validate-yaml":
            found_wrong = [{"message": each} for each in hub.yaml_errors]
            return self.json({"errors": found_wrong, "warnings": []}, status=400 if found_wrong else 200)
        if path == "/api/repos/create":
            return self.create(json.loads(self.sent))
        if found := re.fullmatch(r"/_large/([0-9a-f]{64})", path):
            return self.upload(found[1])
        if found := re.fullmatch(r"(/datasets)?/([^/]+/[^/]+)\.git/info/lfs/objects/batch", path):
            return self.batch(found[2] if found[1] else f"models/{found[2]}", json.loads(self.sent))
        if found := re.fullmatch(r"(/datasets)?/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            kind, id, revision, file = found.groups()
            return self.resolve(id if kind else f"models/{id}", revision, file)
        if found := re.fullmatch(r"/api/(datasets|models)/([^/]+/[^/]+)(?:/([^/]+))?(?:/([^/]+))?(?:/(.*))?", path):
            kind, id, verb, revision, rest = found.groups()
            return self.api(id if kind == "datasets" else f"models/{id}", verb or None, revision, rest or "")
        return self.refuse(404, "EntryNotFound")

    # -- who may -------------------------------------------------------------------------------------------------------

    @property
    def user(self) -> tuple[str, str]:
        """Who asks, and whether they may write."""
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        return self.server.hub.users.get(token, ("", ""))

    def whoami(self) -> None:
        name, role = self.user
        if not name:
            return self.refuse(401, "Unauthorized")
        auth = {"type": "access_token", "accessToken": {"displayName": "test", "role": role}}
        return self.json({"type": "user", "name": name, "fullname": name, "orgs": [], "auth": auth})

    def repo(self, id: str, write: bool = False) -> Repo | None:
        repo, (name, role) = self.server.hub.repos.get(id), self.user
        owner = id.removeprefix("models/").partition("/")[0]
        if repo and repo.gated:
            return self.refuse(403, "GatedRepo")
        hidden = repo and repo.private and name != owner
        if repo is None or hidden or (repo.token and self.headers.get("Authorization") != f"Bearer {repo.token}"):
            return self.refuse(404 if name else 401, "RepoNotFound")
        if write and not name:
            return self.refuse(401, "Unauthorized")
        if write and (name != owner or role != "write"):
            return self.refuse(403, "Forbidden", {"X-Error-Message": "You have no rights to write here."})
        return repo

    # -- what is read --------------------------------------------------------------------------------------------------

    def resolve(self, id: str, revision: str, path: str) -> None:
        if (repo := self.repo(id)) is None:
            return None
        if (found := repo.at(revision)) is None:
            return self.refuse(404, "RevisionNotFound")
        commit, files = found
        if path not in files:
            return self.refuse(404, "EntryNotFound", {"X-Repo-Commit": commit})
        return self.body(files[path], {"X-Repo-Commit": commit, "ETag": f'"{_sha256(files[path])}"'})

    def api(self, id: str, verb: str | None, revision: str | None, rest: str) -> None:
        writes = {"preupload": self.preupload, "commit": self.commit, "branch": self.branch}
        with self.server.hub.lock:
            if (repo := self.repo(id, write=verb in writes)) is None:
                return None
            if verb == "branch":
                return self.branch(repo, "/".join(filter(None, (revision, rest))))
            if (found := repo.at(revision or "main")) is None:
                return self.refuse(404, "RevisionNotFound")
            commit, files = found
            if verb == "preupload":
                return self.preupload(files)
            if verb == "commit":
                return self.commit(id, repo, revision or "main", files)
        if verb == "commits":
            return self.json([{"id": commit, "title": "", "message": "", "authors": [], "date": NOW}])
        if verb == "tree":
            return self.tree(files, rest.strip("/"))
        if verb == "paths-info":
            return self.paths_info(files)
        if verb not in (None, "revision"):
            return self.refuse(404, "EntryNotFound")
        siblings = [{"rfilename": path} for path in files]
        private = bool(repo.token) or repo.private
        return self.json({"id": id, "sha": commit, "private": private, "siblings": siblings, "tags": []})

    def tree(self, files: dict[str, bytes], folder: str) -> None:
        start = f"{folder}/" if folder else ""
        below = {path: data for path, data in files.items() if path.startswith(start)}
        if folder and not below:
            return self.refuse(404, "EntryNotFound")
        deep = self.query.get("recursive", "").lower() in ("true", "1")
        parents = {
            "/".join(parts[:depth])
            for path in below
            for parts in [path.split("/")]
            for depth in range(start.count("/") + 1, len(parts))
            if deep or depth == start.count("/") + 1
        }
        found = [_entry(path, data) for path, data in below.items() if deep or "/" not in path[len(start) :]]
        return self.json([_folder(path) for path in sorted(parents)] + found)

    def paths_info(self, files: dict[str, bytes]) -> None:
        if "json" in self.headers.get("Content-Type", ""):
            paths = json.loads(self.sent)["paths"]
        else:
            paths = parse_qs(self.sent.decode()).get("paths", [])
        found = [_entry(path, files[path]) for path in paths if path in files]
        folders = [_folder(path) for path in paths if any(name.startswith(f"{path.rstrip('/')}/") for name in files)]
        return self.json(found + folders)

    # -- what is written -----------------------------------------------------------------------------------------------

    def create(self, asked: dict[str, Any]) -> None:
        hub, (name, role) = self.server.hub, self.user
        owner = asked.get("organization") or name
        id = f"{owner}/{asked['name']}"
        key = id if asked.get("type") == "dataset" else f"models/{id}"
        if not name:
            return self.refuse(401, "Unauthorized")
        if role != "write" or owner != name:
            return self.refuse(403, "Forbidden", {"X-Error-Message": f"You have no rights to create {id}."})
        url = f"{hub.url}/{'datasets/' if key == id else ''}{id}"
        with hub.lock:
            if key in hub.repos:
                return self.json({"error": "You already created this dataset repo", "url": url}, status=409)
            private = asked.get("private") or asked.get("visibility") == "private"
            hub.repos[key] = Repo({".gitattributes": b"*.parquet filter=lfs\n"}, private=bool(private))
        return self.json({"url": url, "name": id, "id": id})

    def branch(self, repo: Repo, name: str) -> None:
        if repo.at(name):
            return self.refuse(409, "Conflict")
        start = repo.at(json.loads(self.sent or b"{}").get("startingPoint") or "main")
        assert start is not None
        repo.branches[name] = dict(start[1])
        return self.json({})

    def preupload(self, files: dict[str, bytes]) -> None:
        ignored = files.get(".gitignore", b"").decode().split()
        told = [
            {
                "path": each["path"],
                "uploadMode": "lfs" if _is_large(each["path"], each["size"]) else "regular",
                "shouldIgnore": any(each["path"].endswith(name) for name in ignored),
                "oid": _blob(files[each["path"]]) if each["path"] in files else None,
            }
            for each in json.loads(self.sent)["files"]
        ]
        return self.json({"files": told})

    def batch(self, id: str, asked: dict[str, Any]) -> None:
        hub = self.server.hub
        if self.repo(id, write=True) is None:
            return None
        objects = []
        for each in asked["objects"]:
            entry = {"oid": each["oid"], "size": each["size"]}
            if each["oid"] not in hub.large:
                entry["actions"] = {"upload": {"href": f"{hub.url}/_large/{each['oid']}"}}
            objects.append(entry)
        return self.json({"transfer": "basic", "objects": objects})

    def upload(self, digest: str) -> None:
        if _sha256(self.sent) != digest:
            return self.refuse(400, "BadRequest")
        self.server.hub.large[digest] = self.sent
        return self.body(b"", {})

    def commit(self, id: str, repo: Repo, branch: str, before: dict[str, bytes]) -> None:
        hub, files = self.server.hub, dict(before)
        lines = [json.loads(line) for line in self.sent.splitlines() if line.strip()]
        parent = next(each["value"].get("parentCommit") for each in lines if each["key"] == "header")
        if parent and parent != repo.head(branch):
            told = {"X-Error-Message": "A commit has happened since. Please refresh and try again."}
            return self.refuse(412, "PreconditionFailed", told)
        for each in lines:
            value = each["value"]
            if each["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif each["key"] == "lfsFile" and value["oid"] not in hub.large:
                return self.refuse(400, "BadRequest")
            elif each["key"] == "lfsFile":
                files[value["path"]] = hub.large[value["oid"]]
            elif each["key"] == "deletedFile":
                del files[value["path"]]
            elif each["key"] == "deletedFolder":
                files = {path: data for path, data in files.items() if not path.startswith(f"{value['path']}/")}
        oid = repo.replace(branch, files)
        url = f"{hub.url}/{'' if id.startswith('models/') else 'datasets/'}{id.removeprefix('models/')}/commit/{oid}"
        return self.json({"success": True, "commitOid": oid, "commitUrl": url, "hookOutput": ""})

    # -- answers -------------------------------------------------------------------------------------------------------

    def json(self, value: Any, status: int = 200) -> None:
        self.body(json.dumps(value).encode(), {"Content-Type": "application/json"}, status)

    def refuse(self, status: int, code: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"X-Error-Code": code, "Content-Length": "0", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()

    def cut(self) -> None:
        self.connection.close()
        self.close_connection = True

    def body(self, data: bytes, headers: dict[str, str], status: int = 200) -> None:
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if found:
            start, stop = int(found[1]), int(found[2] or len(data) - 1)
            if start >= len(data):
                return self.refuse(416, "Range")
            headers = {**headers, "Content-Range": f"bytes {start}-{min(stop, len(data) - 1)}/{len(data)}"}
            data = data[start : stop + 1]
        self.send_response(206 if found else status)
        for name, value in {"Accept-Ranges": "bytes", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return None
        cuts = self.server.hub.cuts
        if cuts and "json" not in headers.get("Content-Type", ""):
            self.wfile.write(data[: cuts.pop(0)])
            self.wfile.flush()
            return self.cut()
        self.wfile.write(data)
        return None


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _blob(data: bytes) -> str:
    """What git calls a file of these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def _is_large(path: str, size: int) -> bool:
    return path.endswith(LARGE) or size > TOO_LARGE


def _entry(path: str, data: bytes) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": "file", "path": path, "size": len(data), "oid": _blob(data)}
    if _is_large(path, len(data)):
        entry["lfs"] = {"oid": _sha256(data), "size": len(data), "pointerSize": 134}
    return entry


def _folder(path: str) -> dict[str, Any]:
    return {"type": "directory", "path": path, "size": 0, "oid": hashlib.sha1(path.encode()).hexdigest()}


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, hub: Hub) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.hub = hub

    def handle_error(self, *_: Any) -> None:
        pass


@contextmanager
def serving() -> Iterator[Hub]:
    """A Hub on a free port, until the block ends."""
    hub = Hub()
    server = Server(hub)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
