"""DeepL, by its own client. The client does not pass headers on: after a 429 only the back-off waits."""

import json
import os
from collections.abc import Sequence
from typing import Any

from okinst.builders import WrongCall
from okinst.generation.backends import Options, Reply, count_of, usable
from okinst.generation.backends.chunks import Sender, Translated
from okinst.generation.job import Answer, Ask
from okinst.generation.troubles import Busy, Halt, Refused, Trouble, hidden, masked, short, unreached

KEY, SERVER_URL = "DEEPL_AUTH_KEY", "DEEPL_SERVER_URL"
#: texts, and bytes of them as they are sent, in one request; DeepL's own limit is 128 KiB, with what stands around them
TEXTS, BYTES = 50, 120_000
#: languages that DeepL asks for more exactly, as targets
EXACT = {"en": "EN-US", "pt": "PT-BR"}


class DeepL:
    """DeepL's API, free or paid, which the key decides."""

    translator = True
    steady = False

    def __init__(self, options: Options) -> None:
        try:
            import deepl
        except ImportError:
            raise WrongCall("--backend deepl needs the package deepl: pip install 'okinst[deepl]'") from None
        self._key = usable(os.environ.get(KEY, ""), KEY)
        if not self._key and options.asking:
            raise WrongCall(
                f"--backend deepl: there is no key in {KEY}. Set it in the environment; okinst writes it nowhere."
            )
        if not options.target:
            raise WrongCall(
                "--backend deepl translates, and does nothing else: it works with `okinst generate translate --to ko`."
            )
        # the engine waits and tries again, by its own counts; these two are how the client is told, for the whole process
        deepl.http_client.max_network_retries = 0
        deepl.http_client.min_connection_timeout = options.timeout
        self._deepl: Any = deepl
        url = options.base_url or os.environ.get(SERVER_URL) or None
        self._client: Any = deepl.Translator(self._key or "none", server_url=url)
        self._languages = {
            "source_lang": options.source.partition("-")[0].upper() if options.source else None,
            "target_lang": EXACT.get(options.target, options.target.upper()),
        }
        # the client writes what is not ASCII as \uXXXX: six bytes for a Hangul syllable
        self._sender = Sender(options.timeout, TEXTS, BYTES, lambda text: len(json.dumps(text)))
        self.settings: dict[str, Any] = {"name": "deepl", **self._languages}
        self.machine = "DeepL"
        self.told = f"DeepL at {masked(str(self._client.server_url), (self._key,))}"

    async def answer(self, ask: Ask) -> Reply:
        sent = await self._sender.send(ask.texts, self._send)
        answer = Answer(text=sent.odd, texts=sent.texts)
        return Reply(answer, model="deepl", characters=sent.characters, requests=sent.requests)

    def requests(self, ask: Ask) -> int:
        return self._sender.requests(ask.texts)

    def _send(self, texts: Sequence[str]) -> Translated:
        deepl = self._deepl
        try:
            found = self._client.translate_text(
                list(texts),
                **self._languages,
                tag_handling="xml",
                splitting_tags=["br"],  # a line break ends a sentence, as it does where DeepL is sent plain text
                preserve_formatting=True,
            )
            return Translated(
                tuple(hidden(str(each.text), (self._key,)) for each in found),
                sum(count_of(getattr(each, "billed_characters", None)) or 0 for each in found) or sum(map(len, texts)),
            )
        except deepl.exceptions.DeepLException as error:
            raise self._trouble(error) from None
        except (
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
            RecursionError,
            OverflowError,
        ) as error:  # what the client makes of garbage
            raise Busy(
                f"an answer that cannot be read ({type(error).__name__}: {short(str(error), (self._key,))})",
                worked=True,
            ) from None

    def _trouble(self, error: Any) -> Trouble:
        said, status = short(str(error), (self._key,)), error.http_status_code
        if isinstance(error, self._deepl.exceptions.AuthorizationException) or status in (401, 403):
            why = f"{self.told} does not accept the key in {KEY} ({said}). Set one that is valid, then run the same again."
            return Halt(why) if status == 401 else Refused(said, why, at_once=True)
        if isinstance(error, self._deepl.exceptions.QuotaExceededException) or status == 402:
            return Halt(
                f"{self.told} has no characters left for this key ({said}). Buy some, or wait; then run the same again."
            )
        if status is None:
            there = not unreached(error)
            return Busy(said, worked=there, there=there)
        if status == 429 or status >= 500 or 200 <= status < 300:
            return Busy(said, status, worked=status < 300)
        return Refused(
            said,
            f"{self.told} does not take the request ({said}). Look at --to and --from; then run the same again.",
        )

    async def close(self) -> None:
        self._client.close()
