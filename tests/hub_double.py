"""A stand-in for the Hub (the part that reads) and for GitHub's raw files: a real HTTP server on loopback.

It serves dataset repositories with commits, asks for tokens where a repository is private, answers Range requests, and can
be told to break a connection off in the middle of a body. Every request is kept, with its headers.
"""

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

NOW = "2026-01-01T00:00:00.000Z"


@dataclass
class Repo:
    """A dataset repository of one commit."""

    files: dict[str, bytes]
    token: str | None = None
    gated: bool = False

    @property
    def commit(self) -> str:
        return hashlib.sha1(repr(sorted(self.files.items())).encode()).hexdigest()


@dataclass
class Hub:
    url: str = ""
    #: datasets; those whose name begins with models/ are models
    repos: dict[str, Repo] = field(default_factory=dict)
    #: GitHub's files by path /<owner>/<repo>/<commit>/<path>
    raw: dict[str, bytes] = field(default_factory=dict)
    #: break off so many bodies after so many bytes
    cuts: list[int] = field(default_factory=list)
    #: answer so many requests with these statuses first
    statuses: list[int] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def bodies(self, path: str) -> list[dict[str, str]]:
        """The headers of the GET requests for a path."""
        return [headers for method, asked, headers in self.requests if method == "GET" and asked.endswith(path)]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        hub, path = self.server.hub, unquote(urlsplit(self.path).path)
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        hub.requests.append((self.command, path, {name.lower(): value for name, value in self.headers.items()}))
        if self.command == "GET" and hub.statuses:
            return self.refuse(hub.statuses.pop(0), "InternalError")
        if path in hub.raw:
            return self.body(hub.raw[path], {})
        if found := re.fullmatch(r"(/datasets)?/([^/]+/[^/]+)/resolve/([^/]+)/(.+)", path):
            kind, id, revision, file = found.groups()
            return self.resolve(id if kind else f"models/{id}", revision, file)
        if found := re.fullmatch(
            r"/api/(datasets|models)/([^/]+/[^/]+)(?:/(revision|tree|commits|paths-info)/([^/]+))?/?", path
        ):
            kind, id, verb, revision = found.groups()
            return self.api(id if kind == "datasets" else f"models/{id}", verb, revision)
        return self.refuse(404, "EntryNotFound")

    do_HEAD = do_POST = do_GET

    def repo(self, id: str) -> Repo | None:
        repo = self.server.hub.repos.get(id)
        if repo and repo.gated:
            self.refuse(403, "GatedRepo")
            return None
        if repo is None or (repo.token and self.headers.get("Authorization") != f"Bearer {repo.token}"):
            self.refuse(401, "RepoNotFound")
            return None
        return repo

    def resolve(self, id: str, revision: str, path: str) -> None:
        if (repo := self.repo(id)) is None:
            return None
        if revision not in (repo.commit, "main"):
            return self.refuse(404, "RevisionNotFound")
        if path not in repo.files:
            return self.refuse(404, "EntryNotFound")
        data = repo.files[path]
        return self.body(data, {"X-Repo-Commit": repo.commit, "ETag": f'"{hashlib.sha256(data).hexdigest()}"'})

    def api(self, id: str, verb: str | None, revision: str | None) -> None:
        if (repo := self.repo(id)) is None:
            return None
        if revision not in (None, "main", repo.commit):
            return self.refuse(404, "RevisionNotFound")
        files = [
            {"type": "file", "path": path, "size": len(data), "oid": hashlib.sha1(data).hexdigest()}
            for path, data in repo.files.items()
        ]
        if verb == "commits":
            return self.json([{"id": repo.commit, "title": "", "message": "", "authors": [], "date": NOW}])
        if verb in ("tree", "paths-info"):
            return self.json(files)
        siblings = [{"rfilename": path} for path in repo.files]
        return self.json({"id": id, "sha": repo.commit, "private": bool(repo.token), "siblings": siblings, "tags": []})

    def json(self, value: Any) -> None:
        self.body(json.dumps(value).encode(), {"Content-Type": "application/json"})

    def refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def body(self, data: bytes, headers: dict[str, str]) -> None:
        start = 0
        if found := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
            start, stop = int(found[1]), int(found[2] or len(data) - 1)
            if start >= len(data):
                return self.refuse(416, "Range")
            headers = {**headers, "Content-Range": f"bytes {start}-{min(stop, len(data) - 1)}/{len(data)}"}
            data = data[start : stop + 1]
        self.send_response(206 if start or found else 200)
        for name, value in {"Accept-Ranges": "bytes", "Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return None
        cuts = self.server.hub.cuts
        if cuts and "json" not in headers.get("Content-Type", ""):
            self.wfile.write(data[: cuts.pop(0)])
            self.wfile.flush()
            self.connection.close()
            self.close_connection = True
            return None
        self.wfile.write(data)
        return None


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
