"""A stand-in for servers of models: a real HTTP server on loopback that speaks OpenAI's chat completions, DeepL's and Google's translation.

It answers well by `answer` (a translation into made-up Korean, unless a test gives another), and misbehaves on a schedule: `faults` meet
the next requests one by one, then `share` of all requests, drawn by `seed`, meet one of `kinds`. Every request is kept, with its headers.
`python -m tests.llm_double --latency 0.2` serves from a process of its own, and prints its address.
"""

import argparse
import hashlib
import json
import random
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

#: what a request can meet in place of a good answer: of the transport, and of the answer
TRANSPORT = ("429", "429 reset", "500", "502 page", "503", "garbage", "half", "cut", "nothing", "slow", "null")
ANSWERS = ("empty", "refusal", "missing", "doubled", "more", "source", "length", "prose", "half object")
Answering = Callable[[list[dict[str, str]]], str]

_SYLLABLES = "가나다라마바사아자차하고노도로모보소오조구누두루무부수우주기니디리미비시이지"
_KEPT = re.compile(r"(⟦\d+⟧|<[^<>]*>|&\w+;|\s+|[^\w\s])")


def korean(text: str) -> str:
    """Made-up Korean as long as an English text, with marks, tags and signs where they were; the same for the same text.

    >>> korean("See ⟦1⟧ now.").count("⟦1⟧"), korean("tea") == korean("tea")
    (1, True)
    """
    return "".join(part if not part or _KEPT.fullmatch(part) else _word(part) for part in _KEPT.split(text))


def _word(word: str) -> str:
    if word.isdigit():
        return word
    draw = random.Random(word)
    return "".join(draw.choice(_SYLLABLES) for _ in range((len(word) + 1) // 2)) + "요" * (len(word) == 1)


def translation(messages: list[dict[str, str]]) -> str:
    """The JSON object in the last message, its values translated."""
    return json.dumps({key: korean(text) for key, text in _texts(messages).items()}, ensure_ascii=False)


def _texts(messages: list[dict[str, str]]) -> dict[str, str]:
    text = messages[-1]["content"]
    found: dict[str, str] = json.JSONDecoder().raw_decode(text[text.index("{") :])[0]
    return found


@dataclass
class Request:
    """One that came in."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    fault: str | None
    at: float

    @property
    def question(self) -> str:
        """All that was asked, as one string."""
        return json.dumps(
            self.body.get("messages") or self.body.get("text") or self.body.get("contents"), ensure_ascii=False
        )


@dataclass
class Double:
    url: str = ""
    answer: Answering = translation
    faults: list[str] = field(default_factory=list)
    share: float = 0.0
    kinds: tuple[str, ...] = TRANSPORT + ANSWERS
    #: faults of every request whose messages hold these words
    always: dict[str, str] = field(default_factory=dict)
    seed: int = 0
    #: seconds before an answer, and before a slow one
    latency: float = 0.0
    slow: float = 60.0
    #: the only key that is accepted; None accepts any
    key: str | None = None
    #: after so many requests the key has expired, or the money is gone
    expires: int | None = None
    broke: int | None = None
    #: options that are not known here
    unknown: tuple[str, ...] = ()
    #: characters of messages that a request may have
    longest: int | None = None
    #: characters of messages and answer together that it refuses more of
    context: int | None = None
    #: headers of every answer
    headers: dict[str, str] = field(default_factory=dict)
    #: the name of its model, and how it says that an answer ended, where not as usual
    model: str | None = None
    finish: str | None = None
    #: whether it counts the tokens of an answer, or characters; what it says instead of some of its counts, true or not; and those that it wrote and its bill has, counted or not
    usage: bool = True
    counts: dict[str, Any] = field(default_factory=dict)
    written: int = 0
    #: so many requests are answered in each second, others get a 429
    per_second: int | None = None
    requests: list[Request] = field(default_factory=list)
    #: how often each question got an answer that was good and whole
    paid: dict[str, int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    flying: int = 0
    most_flying: int = 0
    _second: tuple[int, int] = (0, 0)

    def count(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> Request:
        """Keep a request, with what it will meet."""
        with self.lock:
            number = len(self.requests)
            fault = self.faults.pop(0) if self.faults else self._drawn(number)
            if fault is None and self.per_second is not None and self._too_many():
                fault = "429 reset"
            found = Request(path, headers, body, fault, time.monotonic())
            found.fault = next((each for words, each in self.always.items() if words in found.question), fault)
            self.requests.append(found)
            self.flying += 1
            self.most_flying = max(self.flying, self.most_flying)
        return found

    def _drawn(self, number: int) -> str | None:
        draw = random.Random(f"{self.seed} {number}")
        return draw.choice(self.kinds) if draw.random() < self.share else None

    def _too_many(self) -> bool:
        second, count = self._second
        now = int(time.monotonic())
        self._second = (now, count + 1 if second == now else 1)
        return self.per_second is not None and self._second[1] > self.per_second

    def faulty(self) -> int:
        """How many requests met a fault."""
        return sum(request.fault is not None for request in self.requests)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"
    disable_nagle_algorithm = True

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        double = self.server.double
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        json_sent = "json" in self.headers.get("Content-Type", "")
        body = json.loads(raw) if json_sent else dict(parse_qs(raw.decode()))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.path = self.path.partition("?")[0]
        request = double.count(self.path, headers, body)
        try:
            if double.latency:
                time.sleep(double.latency)
            if not self.refused(request):
                self.failed(request) or self.answered(request)
        except (BrokenPipeError, ConnectionResetError):  # who asked has gone
            self.close_connection = True
        finally:
            with double.lock:
                double.flying -= 1

    def refused(self, request: Request) -> bool:
        """What a server refuses, whatever its mood."""
        double, number = self.server.double, len(self.server.double.requests)
        key = request.headers.get("authorization", "").split(" ")[-1]
        if (double.key is not None and key != double.key) or (double.expires is not None and number > double.expires):
            self.error(401, f"Incorrect API key provided: {key}. It may have expired.", "invalid_api_key")
        elif double.broke is not None and number > double.broke:
            self.error(429, "You exceeded your current quota, check your plan and billing.", "insufficient_quota")
        elif unknown := next((name for name in double.unknown if name in request.body), None):
            self.error(
                400, f"Unsupported parameter: '{unknown}' is not supported with this model.", "unsupported_parameter"
            )
        elif (double.longest is not None and len(request.question) > double.longest) or (
            double.context is not None
            and len(request.question) + (request.body.get("max_tokens") or 0) > double.context
        ):
            self.error(400, "This model's maximum context length is 64 tokens.", "context_length_exceeded")
        else:
            return False
        return True

    def failed(self, request: Request) -> bool:
        """A fault of the transport, if the request is to meet one."""
        fault = request.fault
        if fault == "429":
            self.error(429, "Slow down.", "rate_limit_exceeded", {"Retry-After": "0"})
        elif fault == "429 large":
            self.error(
                429, "Request too large for tokens per min (TPM): Limit 10, Requested 12.", "rate_limit_exceeded"
            )
        elif fault == "429 reset":
            headers = {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "120ms"}
            self.error(429, "Too many requests a second.", "rate_limit_exceeded", headers)
        elif fault in ("403", "500", "503"):
            self.error(int(fault), "The server had an error.", "server_error")
        elif fault == "502 page":
            self.send(502, b"<html><title>502 Bad Gateway</title></html>", {"Content-Type": "text/html"})
        elif fault == "garbage":
            self.send(200, b"\x00\xff<html>not what you want", {"Content-Type": "application/json"})
        elif fault == "null":
            self.send(200, json.dumps({"choices": None}).encode())
        elif fault == "deep":
            self.send(200, b"[" * 200_000)
        elif fault == "half":
            whole = self.body(request)
            self.send(200, whole[: len(whole) // 2])
        elif fault == "cut":
            whole = self.body(request)
            self.send_response(200)
            self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            self.wfile.write(whole[: len(whole) // 2])
            self.wfile.flush()
            self.connection.close()
            self.close_connection = True
        elif fault == "nothing":
            self.connection.close()
            self.close_connection = True
        elif fault == "drip":
            whole = self.body(request)
            self.send_response(200)
            self.send_header("Content-Length", str(len(whole)))
            self.end_headers()
            for place in range(len(whole)):
                self.wfile.write(whole[place : place + 1])
                self.wfile.flush()
                time.sleep(0.05)
        elif fault == "slow":
            time.sleep(self.server.double.slow)
            self.answered(request)
        else:
            return False
        return True

    def answered(self, request: Request) -> None:
        body = self.body(request)
        double = self.server.double
        if request.fault is None:
            with double.lock:
                double.paid[request.question] = double.paid.get(request.question, 0) + 1
        self.send(200, body)

    def body(self, request: Request) -> bytes:
        """A whole answer; its text is as wrong as the fault wants it."""
        if request.path.endswith("/v2/translate"):
            return self.deepl(request)
        if request.path.endswith(":translateText"):
            texts = _wrong_texts(
                [korean(text) for text in request.body["contents"]], request.body["contents"], request.fault
            )
            return json.dumps({"translations": [{"translatedText": text} for text in texts]}).encode()
        messages = request.body["messages"]
        good = self.server.double.answer(messages)
        text = _wrong(good, messages, request.fault)
        room = request.body.get("max_tokens") or request.body.get("max_completion_tokens") or len(text)
        text, cut = text[:room], len(text) > room
        with self.server.double.lock:
            self.server.double.written += len(text)
        told: dict[str, Any] = {
            "id": f"chatcmpl-{hashlib.sha256(request.question.encode()).hexdigest()[:12]}",
            "object": "chat.completion",
            "created": 0,
            "model": self.server.double.model or f"{request.body['model']}-2026",
            "choices": [
                {
                    "index": 0,
                    "message": {"role": "assistant", "content": text},
                    "finish_reason": "length"
                    if cut or request.fault == "length"
                    else self.server.double.finish or "stop",
                }
            ],
            "usage": {
                "prompt_tokens": sum(len(each["content"]) for each in messages),
                "completion_tokens": len(text),
                "total_tokens": 0,
                **self.server.double.counts,
            },
        }
        if not self.server.double.usage:
            del told["usage"]
        return json.dumps(told, ensure_ascii=False).encode()

    def deepl(self, request: Request) -> bytes:
        asked = request.body["text"]
        texts = _wrong_texts([korean(text) for text in asked], asked, request.fault)
        billed = sum(map(len, asked))  # of what is read, however many texts come back
        told = [
            {
                "detected_source_language": "EN",
                "text": text,
                "billed_characters": 0 if number else billed,
                **self.server.double.counts,
            }
            for number, text in enumerate(texts)
        ]
        return json.dumps({"translations": told}).encode()

    def error(self, status: int, message: str, code: str, headers: dict[str, str] | None = None) -> None:
        told: dict[str, Any] = {"error": {"message": message, "type": code, "param": None, "code": code}}
        if self.path.endswith("/v2/translate"):
            told = {"message": message}
        elif self.path.endswith(":translateText"):
            told = {"error": {"code": status, "message": message, "status": code.upper()}}
        self.send(status, json.dumps(told).encode(), headers)

    def send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        whole = {"Content-Type": "application/json", **self.server.double.headers, **(headers or {})}
        self.send_response(status)
        for name, value in {**whole, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _wrong(good: str, messages: list[dict[str, str]], fault: str | None) -> str:
    """A good answer as a fault of the model makes it; faults of objects leave an answer that is none as it is."""
    if fault == "empty":
        return ""
    if fault == "refusal":
        return "죄송하지만 그 요청은 도와드릴 수 없습니다."
    if fault == "prose":
        return f"네, 번역해 드릴게요! {good} 더 필요하신 것이 있나요?"
    if fault in ("length", "half object"):
        return good[: len(good) // 2]
    if fault not in ("missing", "doubled", "more", "source") or not good.startswith("{"):
        return good
    texts = json.loads(good)
    if fault == "missing":
        texts.pop(next(reversed(texts)))
    elif fault == "more":
        texts["999-user"] = "덤으로 하나 더."
    elif fault == "source":
        texts = _texts(messages)
    whole = json.dumps(texts, ensure_ascii=False)
    return whole[:-1] + ", " + whole[1:] if fault == "doubled" else whole


def _wrong_texts(good: list[str], asked: list[str], fault: str | None) -> list[str]:
    wrong = {"missing": good[:-1], "more": [*good, good[0]], "empty": [""] * len(good), "source": asked}
    return wrong.get(fault or "", good)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, double: Double, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.double = double
        double.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: Any) -> None:
        pass


@contextmanager
def serving(**how: Any) -> Iterator[Double]:
    """A server on a free port, until the block ends."""
    double = Double(**how)
    server = Server(double)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--share", type=float, default=0.0)
    chosen = parser.parse_args()
    server = Server(Double(latency=chosen.latency, share=chosen.share))
    print(server.double.url, flush=True)
    server.serve_forever()
