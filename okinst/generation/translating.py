"""`okinst generate translate`: the turns of a conversation, one JSON object a request, every one checked before it is kept.

Turns are asked for by key, so that none can slip into another's place. Those that pass are kept; only the others are asked for again.
What must not change is masked (`okinst.generation.protect`); a turn that is nothing else, or in the target language already, is not
sent. An answer that was cut off is asked for in halves.
"""

import functools
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from okinst.builders import Row, WrongCall, clean, scripts
from okinst.builders.schema import Message
from okinst.generation import checks, formats, languages
from okinst.generation.job import NO_ROOM, TRIED, Answer, Ask, Item, OfSource, Rejected, State, UpstreamFile, Way
from okinst.generation.prompts import prompt
from okinst.generation.protect import Masked, masked, unmasked, untagged
from okinst.generation.sources import Source, readable

Output = Literal["oig-smallchip2-ko", "sharegpt-deepl-ko"]
OUTPUTS: tuple[Output, ...] = get_args(Output)
#: of the turns that were translated; how many of those left are asked for at once, where one answer was cut off
DONE, AT_ONCE = "done", "at_once"
_FENCED = re.compile(r"\s*```(?:json|JSON)?\s*(\{.*\})\s*```\s*", re.DOTALL)
#: "IT" is a name
_SHOUTED = re.compile("[A-Z]{2,}")
EXCHANGE = ("user", "assistant")
#: the share of a turn that is in the target language already, from which on it is left as it is where nobody said what it comes from
NEARLY_ALL = 0.9
#: conversations on their way, of which is kept what was found in their turns
KEPT = 64


class Turns(NamedTuple):
    """What there is to translate in a conversation."""

    wanted: dict[str, Masked]  # the turns that need a translation, by key
    speaking: list[str]  # what each turn says that says anything
    likely: str | None  # the language of most turns, as far as anybody can tell: not the target's


@dataclass
class Translating(OfSource):
    """Conversations in another language."""

    source: Source
    to: str
    source_language: str | None = None
    output: str | None = None  # None: what all rows of the source fit into
    prompt_file: Path | None = None
    name: str = "translate"
    way: Way = "translated"
    settings: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.to = languages.checked(self.to, "--to")
        if self.source_language is not None:
            self.source_language = languages.checked(self.source_language, "--from")
            if self.source_language == self.to:
                raise WrongCall(f"--from and --to are both {self.to}: nothing would be translated.")
        if self.output is not None and self.output not in OUTPUTS:
            raise WrongCall(f"--format {self.output} should be one of {', '.join(OUTPUTS)}.")
        self._prompt = prompt("translate.v1", ("language", "source", "texts"), self.prompt_file)
        self._found_out = self.output is None
        self._read_turns = functools.lru_cache(KEPT)(self._turns_of)
        self.output = self.output or self._fitting()
        self.settings = {
            **self.source.settings,
            **self._prompt.settings,
            "to": self.to,
            "from": self.source_language,
            "format": self.output,
        }

    @property
    def language(self) -> str:
        return self.to

    def _fitting(self) -> Output:
        """The format of single exchanges where every row is one, else that of conversations."""
        for item in self.source.items():
            roles = [turn["role"] for turn in item.row.get("messages", ())]
            if roles and tuple(roles) != EXCHANGE:
                return "sharegpt-deepl-ko"
        return "oig-smallchip2-ko"

    def items(self) -> Iterator[Item]:
        return self.source.items()

    def start(self, item: Item) -> State:
        messages = readable(item)["messages"]
        if self.output == "oig-smallchip2-ko" and tuple(turn["role"] for turn in messages) != EXCHANGE:
            raise Rejected("not one exchange", f"{len(messages)} turns; --format sharegpt-deepl-ko holds any number")
        turns = self._turns(messages)
        if not turns.speaking:
            raise Rejected("nothing to translate", "code, formulas or figures alone")
        if not turns.wanted:
            hint = "" if self.source_language else " (if it is not, name its language with --from)"
            raise Rejected(f"already in {self.to}", f"{turns.speaking[0][:80]}{hint}")
        return {DONE: {}}

    def ask(self, item: Item, state: State) -> Ask | None:
        asked = self._asked(item, state)
        if not asked:
            return None
        texts = json.dumps({key: masks.text for key, masks in asked.items()}, ensure_ascii=False, indent=1)
        values = {
            "language": languages.name_of(self.to),
            "source": languages.name_of(self.source_language) if self.source_language else "any language",
            "texts": texts,
        }
        return Ask(
            self._prompt.messages(values, state.get(TRIED, ())),
            {key: masks.tagged for key, masks in asked.items()},
            json=True,
        )

    def read(self, item: Item, state: State, answer: Answer) -> State:
        asked = self._asked(item, state)
        try:
            said = checks.said(answer)
            texts = answer.texts or json_object(said)
        except Rejected as rejected:
            if rejected.reason in NO_ROOM and len(asked) > 1:
                rejected.state = {**state, AT_ONCE: (len(asked) + 1) // 2}
            raise
        if unknown := texts.keys() - asked.keys():
            raise Rejected("keys that were not asked for", ", ".join(sorted(unknown))[:200])
        done, flaws = dict(state[DONE]), []
        spoken = self.source_language or self._turns(item.row["messages"]).likely
        put_back = untagged if answer.texts else unmasked
        for key, masks in asked.items():
            try:
                done[key] = self._translation(masks, texts.get(key), put_back, spoken)
            except Rejected as flaw:
                flaws.append(Rejected(flaw.reason, f"{key}: {flaw.detail}"))
        after = {**state, DONE: done}
        if flaws:
            raise Rejected(flaws[0].reason, "; ".join(flaw.detail for flaw in flaws)[:500], after)
        return after

    def row(self, item: Item, state: State) -> Row:
        messages: list[Message] = item.row["messages"]
        translated = [state[DONE].get(key, text) for key, text in _texts(messages).items()]
        if self.output == "oig-smallchip2-ko":
            return formats.oig_smallchip2_ko(item.number, messages, translated)
        return formats.sharegpt_deepl_ko(item.key, messages, translated)

    def file(self) -> UpstreamFile:
        return formats.OIG_SMALLCHIP2_KO if self.output == "oig-smallchip2-ko" else formats.SHAREGPT_DEEPL_KO

    def others(self) -> tuple[UpstreamFile, ...]:
        both = (formats.OIG_SMALLCHIP2_KO, formats.SHAREGPT_DEEPL_KO)
        return tuple(each for each in both if self._found_out and each != self.file())

    def _asked(self, item: Item, state: State) -> dict[str, Masked]:
        """The turns that the next request is about."""
        wanted = self._turns(item.row["messages"]).wanted
        left = {key: masks for key, masks in wanted.items() if key not in state[DONE]}
        at_once = state.get(AT_ONCE, len(left)) >> state.get(TRIED, ()).count("too long")  # which the engine is told
        return dict(list(left.items())[: max(1, at_once)])

    def _turns(self, messages: list[Message]) -> Turns:
        return self._read_turns(tuple(_texts(messages).items()))

    def _turns_of(self, said: tuple[tuple[str, str], ...]) -> Turns:
        texts = {key: masked(text) for key, text in said}
        if self.source_language:
            spoken = languages.written(self.source_language)
        else:
            spoken = languages.script_of(" ".join(masks.bare for masks in texts.values())) or languages.LATIN
        wanted = {key: masks for key, masks in texts.items() if masks.speaks and not self._there(masks.bare, spoken)}
        told = Counter(languages.likely(masks.bare) for masks in texts.values())
        del told[None], told[self.to.partition("-")[0]]
        likely = next((language for language, _ in told.most_common(1)), None)
        return Turns(wanted, [masks.bare for masks in texts.values() if masks.speaks], likely)

    def _there(self, text: str, spoken: tuple[str, ...]) -> bool:
        """Whether a text is in the target language already, in a conversation that is written in `spoken`."""
        written, own = languages.written(self.to), self.to.partition("-")[0]
        if written == languages.LATIN and spoken != languages.LATIN:
            # a few words in Latin letters do not tell which language they are in
            return languages.share(text, self.to) == 1.0
        if self.source_language and self._says_something(text, set(spoken) - set(written)):
            return False
        if not self.source_language and (languages.share(text, self.to) or 0.0) < NEARLY_ALL:
            return False
        if self.to in ("zh-Hans", "zh-Hant") and languages.likely(text) == "zh":
            tilt = sum(map(scripts.traditional, scripts.HAN.findall(text)))
            return tilt <= 0 if self.to == "zh-Hans" else tilt >= 0  # what is written alike in both is there
        if written == languages.LATIN or (self.source_language and spoken == written):  # Ukrainian is no Russian
            return own == "en" == languages.likely(text)
        return languages.script_of(text) == written

    def _says_something(self, text: str, telling: set[str]) -> bool:
        """Whether a word of the language that is translated from is in a text, as far as scripts and little words tell."""
        english = self.source_language == "en" or str(self.source_language).startswith("en-")
        if english and telling and scripts.ENGLISH.search(_SHOUTED.sub("", text).lower()):
            return True
        return any(languages.counted(text)[script] for script in telling)

    def _translation(self, masks: Masked, text: object, put_back: Any, spoken: str | None) -> str:
        if text is None:
            raise Rejected("missing", "no such key in the answer")
        if not isinstance(text, str):
            raise Rejected("not text", f"a {type(text).__name__}")
        whole = clean(put_back(text, masks))
        known = "\n".join((masks.bare, *masks.pieces))
        checks.sound(whole, known)
        checks.untokened(whole, known)
        # not masked anew: what is glued to a piece now might hide it, or go with it
        said = put_back(text, replace(masks, pieces=(" ",) * len(masks.pieces))).strip()
        checks.translation(masks.bare, said, to=self.to, source_language=spoken)
        return whole


def _texts(messages: list[Message]) -> dict[str, str]:
    """What each turn says, by the key it is asked for under.

    >>> _texts([{"role": "user", "content": "Hi."}, {"role": "assistant", "content": "Hello."}])
    {'1-user': 'Hi.', '2-assistant': 'Hello.'}
    """
    return {f"{number}-{turn['role']}": turn["content"] for number, turn in enumerate(messages, 1)}


def json_object(text: str) -> Mapping[str, Any]:
    """The one JSON object that an answer is, in a code fence or not. Raises Rejected for anything else.

    >>> json_object('```json\\n{"1-user": "네"}\\n```')
    {'1-user': '네'}
    """
    if not clean(text):
        raise Rejected("empty", "nothing came back")
    fenced = _FENCED.fullmatch(text)
    try:
        found = json.loads(fenced[1] if fenced else text, object_pairs_hook=_each_once, strict=False)
    except (ValueError, RecursionError) as error:
        if refusal := checks.refused(text):
            raise Rejected("refusal", refusal) from error
        raise Rejected("no JSON", f"{error}: {text[:200]!r}") from error
    if not isinstance(found, dict):
        raise Rejected("no JSON", f"a {type(found).__name__}, not an object: {text[:200]!r}")
    return found


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise Rejected("doubled key", next(key for key in keys if keys.count(key) > 1))
    return found
