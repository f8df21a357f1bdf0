"""Models and translators that wrote text in the sets, and what their providers' terms ask of whoever uses that text.

Terms bind who agreed to them, and they change: each entry says as of when it is known. Cards name machines in free text; the
rule is that a text names every family whose pattern is found in it, so "gpt-4 and gpt-3.5-turbo (the rows from airoboros)" is
OpenAI's, and "unstated (OpenAI's API)" is too.
"""

import re
from dataclasses import dataclass
from typing import Literal

#: what the terms forbid doing with the text
Forbidden = Literal["competing models", "commercial use", "competing translators", "nothing", "unknown"]
#: of these, what stands against training a model that is sold or offered
NOT_COMMERCIAL: frozenset[Forbidden] = frozenset(("competing models", "commercial use", "unknown"))


@dataclass(frozen=True)
class Terms:
    """The terms of one provider."""

    provider: str
    forbids: Forbidden
    explanation: str
    #: year and month in which the terms are known to have said so; "" where there is nothing to know
    as_of: str = ""
    url: str = ""


OPENAI = Terms(
    "OpenAI",
    "competing models",
    "OpenAI's terms of use say that output may not be used to develop models that compete with OpenAI.",
    "2023-03",
    "https://openai.com/policies/terms-of-use",
)
ANTHROPIC = Terms(
    "Anthropic",
    "competing models",
    "Anthropic's terms say that the services may not be used to develop products that compete with Anthropic, models included.",
    "2023-09",
    "https://www.anthropic.com/legal/commercial-terms",
)
GOOGLE = Terms(
    "Google",
    "competing models",
    "Google's generative AI terms say that the services may not be used to develop machine learning models.",
    "2023-08",
    "https://policies.google.com/terms/generative-ai",
)
MICROSOFT = Terms(
    "Microsoft",
    "competing models",
    "Microsoft's services agreement says that output of its AI services may not be used to create or train other AI services.",
    "2023-09",
    "https://www.microsoft.com/servicesagreement",
)
BAIDU = Terms(
    "Baidu",
    "competing models",
    "The user agreement of ERNIE Bot says that its output may not be used to develop models that compete with it.",
    "2023-08",
    "https://yiyan.baidu.com",
)
META_OPT = Terms(
    "Meta (OPT)",
    "commercial use",
    "The licence of OPT-175B and OPT-IML is for research, and forbids commercial use.",
    "2022-12",
    "https://github.com/facebookresearch/metaseq/tree/main/projects/OPT",
)
META_LLAMA_2 = Terms(
    "Meta (Llama 2)",
    "competing models",
    "Gugugo is a Llama 2, whose community license says that output may not be used to improve any other large language model.",
    "2023-07",
    "https://ai.meta.com/llama/license/",
)
DEEPL = Terms(
    "DeepL",
    "competing translators",
    "DeepL's terms forbid developing or training machine translation with its translations; they name no other models.",
    "2023-05",
    "https://www.deepl.com/pro-license",
)
GOOGLE_TRANSLATE = Terms(
    "Google Translate",
    "competing translators",
    "Google's terms for its translation services forbid building a similar or competing service with the translations.",
    "2023-05",
    "https://cloud.google.com/terms/service-terms",
)
NAVER = Terms(
    "Naver Papago",
    "unknown",
    "okinst has not seen what Naver's terms for Papago asked of its translations.",
)
OPEN_WEIGHTS = Terms("open weights", "nothing", "A model with open weights, whose licence asks nothing of its output.")
#: a machine of which a card says that upstream does not name it
NAMELESS = Terms("not named", "unknown", "Upstream does not name the machine, so its terms are unknown.")
#: a machine that this table has not heard of
UNHEARD = Terms("unknown", "unknown", "okinst does not know the terms of this machine.")

FAMILIES: tuple[tuple[str, Terms], ...] = (
    (r"\bgpt-[345]|\bchatgpt|\b(?:text|code)-(?:davinci|ada|babbage|curie)|\bopenai\b|\bdavinci\b", OPENAI),
    (r"\banthropic|\bclaude\b", ANTHROPIC),
    (r"\bbard\b|\bgemini\b", GOOGLE),
    (r"\bbing\b", MICROSOFT),
    (r"\bernie\b", BAIDU),
    (r"\bopt-(?:iml|\d)", META_OPT),
    (r"\bgugugo\b", META_LLAMA_2),
    (r"\bdeepl\b", DEEPL),
    (r"\bgoogle translate\b", GOOGLE_TRANSLATE),
    (r"\bnaver\b", NAVER),
    (r"\b(?:synatra|blender ?(?:bot)? ?\d)", OPEN_WEIGHTS),
)
_NOTE = re.compile(r"\s*\(([^)]*)\)")


@dataclass(frozen=True)
class Machine:
    """One machine as a card names it, and the terms it came with."""

    named: str
    terms: tuple[Terms, ...]

    @property
    def name(self) -> str:
        """
        >>> machine("gpt-3.5-turbo (GPT4ALL)").name, machine("unstated (OpenAI's API)").name, machine("unstated").name
        ('gpt-3.5-turbo', "a model behind OpenAI's API", 'a machine that is not named')
        """
        note = _NOTE.search(self.named)
        if not is_nameless(self.named):
            return _NOTE.sub("", self.named)
        if note and self.terms != (NAMELESS,):
            return f"a model behind {note[1]}"
        return "a machine that is not named" + (f" ({note[1]})" if note else "")


def is_nameless(named: str) -> bool:
    return named == "" or named.lower().startswith("unstated")


def machine(named: str) -> Machine:
    """The machine that a card names, with the terms of every family it names.

    >>> [terms.provider for terms in machine("text-davinci-003 (if it is Alpaca)").terms]
    ['OpenAI']
    >>> [terms.provider for terms in machine("unstated (OIG small-chip2)").terms]
    ['not named']
    """
    text = named.lower()
    found = tuple(terms for pattern, terms in FAMILIES if re.search(pattern, text))
    return Machine(named, found or ((NAMELESS if is_nameless(named) else UNHEARD),))
