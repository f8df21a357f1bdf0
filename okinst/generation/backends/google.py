"""Google Cloud Translation v3, by its own client over REST, with application default credentials."""

import os
from collections.abc import Sequence
from typing import Any, cast

from okinst.builders import WrongCall
from okinst.generation.backends import Options, Reply
from okinst.generation.backends.chunks import Sender, Translated
from okinst.generation.job import Answer, Ask
from okinst.generation.troubles import Busy, Halt, Refused, Trouble, masked, short, unreached

PROJECT = "GOOGLE_CLOUD_PROJECT"
#: texts, and characters of them, in one request: Google recommends 30,000
TEXTS, CHARACTERS = 1024, 30_000
#: what Google calls languages that go by their script here
NAMES = {"zh": "zh-CN", "zh-Hans": "zh-CN", "zh-Hant": "zh-TW"}


class Google:
    """Google's translation models, in the project that the credentials, or the environment, name."""

    translator = True
    steady = False

    def __init__(self, options: Options) -> None:
        try:
            import google.auth
            from google.api_core import client_options
            from google.auth import credentials as anonymous
            from google.cloud import translate_v3
        except ImportError:
            raise WrongCall(
                "--backend google needs the package google-cloud-translate: pip install 'okinst[google]'"
            ) from None
        if not options.target:
            raise WrongCall(
                "--backend google translates, and does nothing else: it works with `okinst generate translate --to ko`."
            )
        project = os.environ.get(PROJECT)
        if options.base_url and options.base_url.startswith("http://"):
            found: Any = cast(Any, anonymous).AnonymousCredentials()  # a token must not travel in the open
        else:
            try:
                found, own = google.auth.default(scopes=("https://www.googleapis.com/auth/cloud-translation",))
            except google.auth.exceptions.GoogleAuthError as error:
                raise WrongCall(
                    f"--backend google: there are no application default credentials ({short(str(error))}). Run `gcloud auth "
                    f"application-default login`, or name a key file in GOOGLE_APPLICATION_CREDENTIALS."
                ) from None
            project = project or own
        if not project:
            raise WrongCall(f"--backend google: no project is named. Set {PROJECT}.")
        self._parent = f"projects/{project}/locations/global"
        endpoint = client_options.ClientOptions(api_endpoint=options.base_url) if options.base_url else None
        self._client: Any = translate_v3.TranslationServiceClient(
            credentials=found, transport="rest", client_options=endpoint
        )
        self._languages = {
            "source_language_code": NAMES.get(options.source or "", options.source or ""),
            "target_language_code": NAMES.get(options.target, options.target),
        }
        self._model = f"{self._parent}/models/{options.model}" if options.model else ""
        self._timeout = options.timeout
        self._sender = Sender(options.timeout, TEXTS, CHARACTERS, len)
        self.settings: dict[str, Any] = {"name": "google", "model": options.model, **self._languages}
        self.machine = "Google Translate"
        self.told = f"Google Cloud Translation{f' at {masked(options.base_url)}' if options.base_url else ''}"

    async def answer(self, ask: Ask) -> Reply:
        sent = await self._sender.send(ask.texts, self._send)
        answer = Answer(text=sent.odd, texts=sent.texts)
        return Reply(answer, model=self._model or "nmt", characters=sent.characters, requests=sent.requests)

    def requests(self, ask: Ask) -> int:
        return self._sender.requests(ask.texts)

    def _send(self, texts: Sequence[str]) -> Translated:
        import requests
        from google.api_core import exceptions
        from google.auth import exceptions as of_credentials

        asked = {
            "parent": self._parent,
            "contents": list(texts),
            "mime_type": "text/html",  # which keeps tags, and line breaks as tags alone
            "model": self._model,
            **self._languages,
        }
        try:
            found = self._client.translate_text(request=asked, retry=None, timeout=self._timeout)
        except exceptions.GoogleAPICallError as error:
            raise self._trouble(error) from None
        except of_credentials.TransportError as error:
            raise Busy(f"the credentials could not be renewed ({short(str(error))})") from None
        except of_credentials.GoogleAuthError as error:
            raise Halt(
                f"Google does not accept the credentials ({short(str(error))}). Run `gcloud auth application-default login`, then the same "
                f"again."
            ) from None
        except (requests.RequestException, exceptions.GoogleAPIError) as error:
            said, there = short(f"{type(error).__name__}: {error}"), not unreached(error)
            raise Busy(f"the connection broke off ({said})", worked=there, there=there) from None
        except Exception as error:  # what the client makes of garbage is many kinds of error
            said = short(f"{type(error).__name__}: {error}")
            raise Busy(f"an answer that cannot be read ({said})", worked=True) from None
        return Translated(tuple(str(each.translated_text) for each in found.translations), sum(map(len, texts)))

    def _trouble(self, error: Any) -> Trouble:
        said, status = short(str(error)), error.code
        if status in (401, 403):
            why = (
                f"{self.told} refuses the project or the credentials ({said}). Look whether the API and billing are switched on; then run the "
                f"same again."
            )
            return Halt(why) if status == 401 else Refused(said, why, at_once=True)
        if status is None or status == 429 or status >= 500:
            headers = getattr(error.response, "headers", None) or {}
            return Busy(said, status, {name.lower(): value for name, value in headers.items()})
        return Refused(
            said,
            f"{self.told} does not take the request ({said}). Look at --to, --from and --model; then run the same again.",
        )

    async def close(self) -> None:
        self._client.transport.close()
