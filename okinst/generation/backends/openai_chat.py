"""A chat model behind any server that speaks OpenAI's chat completions, by its own client."""

import asyncio
import json
import logging
import os
import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any, cast
from urllib.parse import urlsplit

from okinst.builders import WrongCall
from okinst.generation.backends import Options, Reply, count_of, usable
from okinst.generation.job import Answer, Ask
from okinst.generation.troubles import (
    FILTERED,
    NO_TEXT,
    TOO_LONG,
    Busy,
    Halt,
    Learnt,
    Refused,
    Trouble,
    Unanswerable,
    hidden,
    masked,
    short,
    unreached,
)

logger = logging.getLogger("okinst")

KEY, BASE_URL = "OPENAI_API_KEY", "OPENAI_BASE_URL"
#: what a server calls a request that it will not read whole
_TOO_LONG = re.compile(
    r"context[_ ]length|maximum context|context window|too many (input )?tokens|prompt is too long|too long|request too large",
    re.I,
)
_NO_MONEY = re.compile(r"insufficient_quota|billing|credit balance|payment required", re.I)
#: what a server calls an answer, or a question, that its rules forbid
_FILTERED = re.compile(r"content_filter|content_policy|content management policy|requires moderation|was flagged", re.I)
#: statuses that another attempt may not meet
PASSING = {408, 409, 425, 429}
#: what is added to a temperature of 0 each time that the same request is asked again, whose likeliest answer was rejected
WARMER = 0.3


class OpenAIChat:
    """One model, one connection pool."""

    translator = False
    steady = False

    def __init__(self, options: Options) -> None:
        try:
            import openai
        except ImportError:
            raise WrongCall(
                "a model behind a server needs the package openai: pip install 'okinst[generate]'. Without one: --backend local."
            ) from None
        if not options.model:
            raise WrongCall("--backend openai needs a model: --model gpt-4o-mini, or whatever the server calls it.")
        url = options.base_url or os.environ.get(BASE_URL) or None
        if url is not None and urlsplit(url).scheme not in ("http", "https"):
            raise WrongCall(f"--base-url {masked(url)}: it should be an address, such as http://127.0.0.1:8000/v1.")
        self._key = usable(os.environ.get(KEY, ""), KEY)
        if not self._key and url is None and options.asking:
            raise WrongCall(
                f"there is no key in {KEY}, and no other server is named. Set it in the environment (okinst writes it nowhere), or name a "
                f"server with --base-url or {BASE_URL}: one of your own needs no key."
            )
        self._openai = openai
        self._timeout = options.timeout
        self._client = openai.AsyncOpenAI(
            api_key=self._key or "none", base_url=url, max_retries=0, timeout=options.timeout
        )
        self._model = options.model
        self._sampling: dict[str, Any] = {"temperature": options.temperature}
        if options.top_p is not None:
            self._sampling["top_p"] = options.top_p
        if options.seed is not None:
            self._sampling["seed"] = options.seed
        self.settings = {"name": "openai", "model": options.model, **self._sampling}
        # a folder of whoever serves it, as vLLM calls a model, is nobody else's matter
        called = PurePath(options.model).name if options.model.startswith(("/", "~", ".")) else options.model
        self.machine = called if url else f"{called} (OpenAI)"
        self.told = f"{options.model} at {masked(str(self._client.base_url), (self._key,)).rstrip('/')}"
        #: what this server turned out not to know
        self._unknown: set[str] = set()

    async def answer(self, ask: Ask) -> Reply:
        openai = self._openai
        varied = self._varied(ask.again)
        wanted = self._wanted(ask, varied)
        try:
            json.dumps(ask.messages, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            unsent = Unanswerable(NO_TEXT, f"half a character that is no Unicode: {error.reason}")
            unsent.requests = 0
            raise unsent from None
        try:
            raw = await asyncio.wait_for(
                self._client.chat.completions.with_raw_response.create(
                    model=self._model, messages=cast(Any, list(ask.messages)), **wanted
                ),
                self._timeout,
            )
        except (asyncio.TimeoutError, openai.APITimeoutError) as error:
            there = not unreached(error)
            raise Busy(f"no answer within {self._timeout:g} s (--timeout)", worked=there, there=there) from None
        except openai.APIStatusError as error:
            if (name := self._learns(error, wanted)) is not None:
                raise Learnt(f"{name} is not known") from None
            raise self._trouble(error) from None
        except openai.APIConnectionError as error:
            cause = error.__cause__ or error
            said, there = short(f"{type(cause).__name__}: {cause}", (self._key,)), not unreached(error)
            # a connection that is closed before an answer begins was left open too long, mostly: nothing was done
            worked = there and "without sending a response" not in said
            raise Busy(f"the connection broke off ({said})", worked=worked, there=there) from None
        except openai.OpenAIError as error:  # an answer that the client itself cannot read
            said = short(str(error), (self._key,))
            raise Busy(f"no answer that can be read ({said})", worked=True) from None
        return self._reply(raw.text, raw.headers, {name: wanted[name] for name in varied if name in wanted})

    def _varied(self, again: int) -> dict[str, Any]:
        """What draws another answer to a request that was answered before: what is fixed would bring the same once more."""
        varied: dict[str, Any] = {}
        if again and self._sampling["temperature"] == 0:
            varied["temperature"] = round(min(1.0, WARMER * again), 2)
        if again and "seed" in self._sampling:
            varied["seed"] = self._sampling["seed"] + again
        return varied

    def _wanted(self, ask: Ask, varied: Mapping[str, Any]) -> dict[str, Any]:
        """What is said beside the messages, as far as this server knows it."""
        sampling = {**self._sampling, **varied}
        wanted = {name: value for name, value in sampling.items() if name not in self._unknown}
        if ask.json and "response_format" not in self._unknown:
            wanted["response_format"] = {"type": "json_object"}
        if ask.max_tokens is not None:
            name = "max_completion_tokens" if "max_tokens" in self._unknown else "max_tokens"
            if name not in self._unknown:
                wanted[name] = ask.max_tokens
        return wanted

    def _learns(self, error: Any, wanted: Mapping[str, Any]) -> str | None:
        """The option that the server does not know, as a number of them do, where it can be done without.

        A temperature that somebody has named cannot.
        """
        if error.status_code not in (400, 422):
            return None
        text = _text(error)
        own: tuple[str, ...] = ("temperature",) if self._sampling["temperature"] == 0 else ()
        for name in ("response_format", "max_tokens", "max_completion_tokens", *own):
            if name in wanted and re.search(rf"\b{name}\b", text) and not _TOO_LONG.search(text):
                if name not in self._unknown:
                    logger.warning("%s does not know %s: it is asked without", self.told, name)
                self._unknown.add(name)
                return name
        return None

    def _trouble(self, error: Any) -> Trouble:
        """What a status means."""
        status, text = error.status_code, _text(error)
        said = f"{status}: {short(text, (self._key,))}"
        if status in (400, 403) and _FILTERED.search(text):
            return Unanswerable(FILTERED, said)
        if status in (401, 403):
            why = f"{self.told} does not accept the key in {KEY} ({said}). Set one that is valid there, then run the same again."
            return Halt(why) if status == 401 else Refused(said, why)  # 403 is said of a text that is moderated, too
        if status == 402 or (status == 429 and _NO_MONEY.search(text)):
            return Halt(f"there is no money left at {self.told} ({said}). Pay in there, then run the same again.")
        if status == 429 and _TOO_LONG.search(text):  # for the tokens of a minute: waiting does not help
            return Unanswerable(TOO_LONG, said)
        if status in PASSING or status >= 500:
            return Busy(said, status, {name.lower(): value for name, value in error.response.headers.items()})
        if status in (400, 413, 422) and _TOO_LONG.search(text):
            return Unanswerable(TOO_LONG, said)
        return Refused(
            said,
            f"{self.told} does not take the request ({said}). Look at --model and --base-url, and at the prompt with --dry-run; then run the "
            f"same again.",
        )

    def _reply(self, body: str, headers: Mapping[str, str], varied: Mapping[str, Any]) -> Reply:
        """What the body of an answer says. Raises Busy for garbage."""
        try:
            told = json.loads(body)
            choice = told["choices"][0]
            message = choice["message"]
            text, refusal = message.get("content"), message.get("refusal")
            usage = told.get("usage")
            counts = {
                name: count_of(usage.get(key) if isinstance(usage, dict) else None) for name, key in _USAGE.items()
            }
            if not isinstance(text, str | None) or not isinstance(refusal, str | None):
                raise TypeError("the content is no text")
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError, OverflowError) as error:
            said = short(body, (self._key,)) or "nothing"
            raise Busy(f"an answer that cannot be read ({type(error).__name__}): {said}", worked=True) from None
        finish = "refusal" if text is None and refusal else str(choice.get("finish_reason") or "stop")
        content = text if text is not None else refusal or ""
        return Reply(
            Answer(text=self._kept(content), finish=self._kept(finish)),
            request_id=self._kept(headers.get("x-request-id") or told.get("id") or ""),
            model=self._kept(told.get("model") or self._model),
            headers={name.lower(): value for name, value in headers.items()},
            counted=None not in counts.values(),
            varied=varied,
            **{name: count or 0 for name, count in counts.items()},
        )

    def _kept(self, said: Any) -> str:
        return hidden(str(said), (self._key,))

    def requests(self, ask: Ask) -> int:
        return 1

    async def close(self) -> None:
        await self._client.close()


_USAGE = {"tokens_in": "prompt_tokens", "tokens_out": "completion_tokens"}


def _text(error: Any) -> str:
    """All that the server said of an error: its code, too."""
    try:
        body = error.response.text
    except Exception:  # a body that broke off, in any of the ways it can
        body = ""
    return body or str(error.message)
