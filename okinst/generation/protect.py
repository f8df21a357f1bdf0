"""What must come through a translation untouched: taken out before a text is sent, and put back where its mark came back.

Code blocks (fenced, indented behind a blank line, or bare: `okinst.generation.bare_code`), command lines, CONSTANT_NAMES, blanks to fill in, code in backticks, LaTeX, addresses, e-mail addresses, paths, tags, a chat template's tokens,
and placeholders such as {name}, {0:>10}, {{x}}, ${x}, $HOME, %s, <name> and [NAME]. In
their place stand marks, ⟦1⟧, ⟦2⟧, ... for a chat model, `<x id="1"/>` for a translator that keeps XML tags, and `<br id="2"/>` for a line
break, which a translator of HTML would lose. Each has to come back exactly
once, in whatever order the target language wants. A text with marks of its own is no danger: they are protected like the rest.

An address goes on in letters that are not ASCII where a part of its path begins with them (/wiki/한강); a particle behind an ASCII letter
(/wiki/Han를) is none of it, nor one alone behind a slash. Han and kana, which no blank ends, only count behind a part with a name (/wiki/長江).
What is indented is code where no line of it begins with words, and a sign of code is in it.
"""

import functools
import html
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from okinst.generation import bare_code
from okinst.generation.job import Rejected

_WHAT = r"""
    ^[ \t]*```[^`\n]*\n.*?```+                                     # a code block
  | ^[ \t]*```[\w.+#-]{0,30}[ \t]*\n.*\Z                           # one that is not closed
  | ^[ \t]*~~~+[ \t]*[\w.+#-]{0,30}[ \t]*\n(?:.{0,8000}?\n)??[ \t]*~~~+[ \t]*$ # "Hi~~~ there~~~" is chat
  | ```(?:[\w.+#-]{0,30}[ \t]*\n.{0,20000}?|[^`\n]{1,500}?)```       # one that begins in a line
  | (?<![A-Za-z`])(?P<ticks>`{1,2})(?!`)[^\n]{1,500}?(?<!`)(?P=ticks)(?!`)  # code in a line, not "don`t"
  | \\begin\{(?P<environment>[A-Za-z]{1,30}\*?)\}.{0,3000}?\\end\{(?P=environment)\}
  | \\\[.{1,3000}?\\\] | \\\(.{1,1000}?\\\)
  | \\(?:[dt]?frac|[dt]?binom|sqrt|vec|hat|bar|overline|math(?:bb|bf|cal|rm))(?:\[[^\[\]\n]{0,20}\])?(?:\{(?:[^{}\n]|\{[^{}\n]{0,80}\}){0,80}\}){1,2}
  | \$\$(?!PROSE).{1,3000}?\$\$
  | \$(?![\s$])(?!PROSE)[^$\n]{0,300}?(?<![\s\\])\$(?!\d|[A-Z]{2})          # not the dollars of "$5 and $10"
  | \$[A-Z_][A-Z0-9_]{1,40}(?![A-Za-z0-9_$])(?:/[\w.-]{1,60}){0,15}(?<![.-])  # $HOME/bin
  | (?:https?|ftp)://(?:(?:LETTER{1,30}\.)+(?:LETTER{1,30}(?=[/:?#\s]|$)|(?=[A-Za-z]))|(?=[!-~]))ADDRESS | \bwww\.(?=[!-~])ADDRESS
  | (?<![\w@/.:-])(?:[a-z0-9][a-z0-9-]{0,62}\.){1,4}[a-z]{2,10}/(?=[A-Za-z0-9])ADDRESS  # example.com/path
  | (?<![\w./:~<>()-])(?:~/|\.{1,2}/|/(?=[A-Za-z0-9_.@+-]{1,60}/[A-Za-z0-9_.]))(?=[A-Za-z0-9_.@+/-]{0,60}[A-Za-z])[A-Za-z0-9_.@+/-]{1,300}(?<![.,-])
  | [\w.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}
  | \{\{[^{}\n]{1,80}\}\} | \$?\{[A-Za-z_0-9][\w.\[\]:!-]{0,60}\} # {{x}}, {name}, ${x}, {0}
  | \{(?:[A-Za-z_0-9][A-Za-z0-9_.\[\]]{0,60})?(?:![rsa])?(?::(?:[^{}\n]?[<>=^])?[+\- ]?\#?\d{0,4}[,_]?(?:\.\d{1,3})?[bcdeEfFgGnosxX%]?|:%[-%A-Za-z0-9 :/.]{1,40})?\}
  | %\(\w{1,40}\)[sdfr] | %(?:\d{1,2}\$)?[-+0]?\d{0,3}(?:\.\d{1,2})?[sdifgxr](?![A-Za-z])
  | </?[A-Za-z][\w:.-]{0,60}(?:\s+ATTRIBUTE){0,30}\s*/?>           # <name>, and the tags of HTML
  | \[/?[A-Z][A-Z0-9_ -]{1,40}\]                                  # [NAME], [/INST]
  | <\|/?\w{1,40}\|> | <</?[A-Z]{2,20}>>                           # <|im_start|>, <<SYS>>
  | (?:\A|(?<=\n\n))(?=(?:INDENT[^\n]*\n+){0,40}?INDENT[^\n]*[=(){};<>\[\]$|\\_/])CODE(?:\n+CODE){0,400}$(?!\n+INDENT)
  | ^[ \t]*\$[ ](?!PROSE_LINE)[a-z][\w.-]{0,30}(?:[ ][^\n]*)?$          # a command behind its prompt: $ ls -l
  | (?<![A-Za-z0-9_])(?:git|npm|pip3?|docker|conda|apt|apt-get|brew|cargo|yarn)(?:[ ][a-z][a-z-]{1,20}){0,2}(?:[ ]--?[A-Za-z][\w-]{0,40}(?![\w-]))+
  | (?<![A-Za-z0-9_])[A-Z][A-Z0-9]{0,30}(?:_[A-Z0-9]{1,30}){1,8}(?![A-Za-z0-9_])  # MAX_RETRIES
  | (?<![A-Za-z])[A-Za-z]:\\(?:[\w.$~%+@-]{1,80}\\){0,20}[A-Za-z0-9_.$~%+@-]{0,80}(?<![.]) # C:\Users\me
  | _{3,}                                                         # a blank to fill in
  | ⟦[^⟦⟧\n]{0,40}⟧ | [⟦⟧]                                        # what would be taken for a mark
"""
#: words side by side, or a number and a word: prices stand around them, not a formula ("$5 here and in Canada it is 7$")
_PROSE = (
    r"[^$\n\\]{0,300}?(?<![A-Za-z\\{])[A-Za-z]{2,}[,.]?[ ]+[A-Za-z]{2,}|[0-9][0-9.,]*[ ]+[A-Za-z]{2,}"
    r"|[^$\n\\={}^_]{0,300}?[가-힣\u3041-\u30ff\u4e00-\u9fff]{2}[^$\n\\={}^_]{0,300}?\$"
)
_PROSE_LINE = r"(?:[a-z'’]{2,},?[ ]){3}[a-z'’]{2,}"
_ATTRIBUTE = (
    r"""(?:[A-Za-z_:@][\w:.@-]{0,60}\s*=\s*(?:"[^"<>]{0,2000}"|'[^'<>]{0,2000}'|[^\s"'<>=`]{1,500})"""
    r"""|async|autoplay|checked|controls|defer|disabled|hidden|loop|multiple|muted|open|readonly|required|selected)"""
)
_LETTER = r"[^\x00-\u00bf\s\u2000-\u206f\u27e6\u27e7\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]"
_PARTICLE = (
    "(?:은|는|이|가|을|를|에|의|로|와|과|도|만|나|란|라|며|고|및|에서|에게|에는|에도|으로|로는|까지|부터|처럼|보다|이나|이란|라는|이라는|이라고|라고|이고|이며|"
    "에서는|에서도|으로는|에서의|입니다|이다|예요|이에요|인데|인가요|이죠|하고|등|등의|등을)"
)
_HAN = r"[\u3041-\u30ff\u3400-\u9fff]"
# the characters of a path: letters that are not ASCII go on from a sign, not from an ASCII letter
_ADDRESS = (
    rf"(?:[!-~]|(?<=[/=_+~@#-])(?!{_PARTICLE}(?![!-~]|{_LETTER}))(?!{_HAN}){_LETTER}{{1,200}}"
    rf"|(?<=[A-Za-z0-9_][/=_+~@#-])(?<!\.[a-z][a-z]/)(?<!\.[a-z][a-z][a-z]/)(?={_HAN}){_LETTER}{{1,40}}"
    rf"|(?<={_LETTER}[:/=_+~@#-])(?!{_PARTICLE}(?![!-~]|{_LETTER})){_LETTER}{{1,200}}"
    rf"|(?<=[?&]){_LETTER}{{1,30}}(?==))+"
    rf"""(?<![.,;:!?)'"\]}}>*_`$|(])(?:(?:_|(?<={_LETTER}))\([^\s()]{{1,80}}\))?"""
)
_INDENT = r"(?:[ ]{4}|\t)"
# a line that begins with four words, or with an item of a list, or has letters that are not ASCII outside a comment or a string
_CODE = (
    rf"{_INDENT}(?![ \t]*(?:[-*+•·][ \t]|\d{{1,3}}[.)][ \t]|(?:[A-Z]?[a-z'’]{{2,}}|[aAI])(?:,?[ ](?:[A-Z]?[a-z'’]{{2,}}|[aAI])\b){{3}}(?![(\[=:;])))"
    rf"(?![^\n#\"'/]*{_LETTER})[^\n]+"
)
PROTECTED = re.compile(
    functools.reduce(
        lambda text, part: text.replace(*part),
        {
            "PROSE_LINE": _PROSE_LINE,
            "PROSE": _PROSE,
            "ATTRIBUTE": _ATTRIBUTE,
            "ADDRESS": _ADDRESS,
            "LETTER": _LETTER,
            "INDENT": _INDENT,
            "CODE": _CODE,
        }.items(),
        _WHAT,
    ),
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_MARK = re.compile(r"⟦\s*(\d{1,6})\s*⟧")
_STRAY = re.compile("[⟦⟧]")
_BREAK = re.compile(r"(?<![^\S\n])[^\S\n]*\n\s*")
# an HTML parser closes no <br>, and closes <x/> with a tag of its own
_TAG = re.compile(
    r"""<(?:x\s+id\s*=\s*["'](?=\d{1,6}["']\s*(?:/|>\s*</x))|br\s+id\s*=\s*["'])(\d{1,6})["']\s*(?:/>|>(?:\s*</(?:x|br)\s*>)?)""",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"</?[A-Za-z!?]")


@dataclass(frozen=True)
class Masked:
    """A text with marks in the place of what must not change."""

    text: str  # with ⟦1⟧
    pieces: tuple[str, ...]  # the first is what ⟦1⟧ stands for
    own_lines: frozenset[int]  # the numbers of marks that stand alone on a line, as code blocks do

    @property
    def speaks(self) -> bool:
        """Whether anything is left to translate: a letter outside the marks."""
        return any(map(str.isalpha, _MARK.sub("", self.text)))

    @property
    def bare(self) -> str:
        """The text without the marks."""
        return _MARK.sub(" ", self.text).strip()

    @property
    def tagged(self) -> str:
        """The text for a translator that keeps XML tags; its line breaks are tags, too, as white space means nothing in HTML."""
        first, *others = _BREAK.split(_MARK.sub(r'<x id="\1"/>', html.escape(self.text, quote=False)))
        numbered = enumerate(others, len(self.pieces) + 1)
        return first + "".join(f'<br id="{number}"/>{line}' for number, line in numbered)

    @property
    def breaks(self) -> tuple[str, ...]:
        """The line breaks, with the white space around them; a translator has them by the numbers after those of the pieces."""
        return tuple(_BREAK.findall(self.text))


def masked(text: str) -> Masked:
    """Take out what must not change.

    >>> masked("Run `pip install {name}` or see https://example.org/a (it is short).").text
    'Run ⟦1⟧ or see ⟦2⟧ (it is short).'
    >>> masked("It costs $5, not $10. But $x^2$ is math, {{user}} ⟦1⟧.").pieces
    ('$x^2$', '{{user}}', '⟦1⟧')
    """
    pieces: list[str] = []
    alone: set[int] = set()
    told, at = [], 0
    for start, end in _protected(text):
        line_before, line_after = text[:start].rpartition("\n")[2], text[end:].partition("\n")[0]
        pieces.append(text[start:end])
        if not line_before.strip() and not line_after.strip():
            alone.add(len(pieces))
        told += [text[at:start], f"⟦{len(pieces)}⟧"]
        at = end
    return Masked("".join((*told, text[at:])), tuple(pieces), frozenset(alone))


def _protected(text: str) -> Iterator[tuple[int, int]]:
    """Where the pieces of a text stand, in their order; a run of code that is begun or ended by another piece, as a fence's, is that piece's."""
    found = [piece.span() for piece in PROTECTED.finditer(text)]
    taken: list[tuple[int, int]] = []
    for start, end in bare_code.runs(text):
        if not any(
            first < start < last or first < end < last or (first, last) == (start, end) for first, last in found
        ):
            taken.append((start, end))
    inside = [piece for piece in found if not any(start <= piece[0] and piece[1] <= end for start, end in taken)]
    return iter(sorted(taken + inside))


def unmasked(answer: str, masks: Masked) -> str:
    """A chat model's translation with everything back in its place. Raises Rejected where a mark is lost, doubled or made up.

    >>> unmasked("⟦2⟧에서 ⟦1⟧을 보세요.", masked("See `a` at https://example.org/b."))
    'https://example.org/b에서 `a`을 보세요.'
    """
    if len(_STRAY.findall(answer)) != 2 * len(_MARK.findall(answer)):
        raise Rejected("protected text broken", f"a mark came back changed: {answer[:200]!r}")
    return _put_back(answer, _MARK, masks, lambda words: words)


def untagged(answer: str, masks: Masked) -> str:
    """A translator's translation with everything back in its place. Raises Rejected as `unmasked` does.

    >>> untagged('<x id="1"></x> &amp; <br id="2"> 나머지', masked("`a` &\\n- the rest"))
    '`a` &\\n나머지'
    """
    if _ANY_TAG.search(_TAG.sub("", answer)):
        raise Rejected("protected text broken", f"a tag came back changed: {answer[:200]!r}")
    return _put_back(answer, _TAG, masks, html.unescape, masks.breaks)


def _put_back(
    answer: str, mark: re.Pattern[str], masks: Masked, plain: Callable[[str], str], breaks: tuple[str, ...] = ()
) -> str:
    parts = mark.split(answer)
    words, numbers = [plain(each) for each in parts[::2]], list(map(int, parts[1::2]))
    there, pieces = Counter(numbers), (*masks.pieces, *breaks)
    lost = [number for number in range(1, len(pieces) + 1) if not there[number]]
    if lost and lost[0] > len(masks.pieces):
        raise Rejected("lines lost", f"{len(lost)} of {len(breaks)} line breaks")
    if lost:
        raise Rejected("protected text lost", _listed(lost, pieces))
    if twice := [number for number, times in there.items() if 0 < number <= len(pieces) and times > 1]:
        raise Rejected("protected text doubled", _listed(twice, pieces))
    if unknown := [number for number in there if not 0 < number <= len(pieces)]:
        raise Rejected("protected text broken", f"a mark that was not sent came back: ⟦{min(unknown)}⟧")
    if (lines := [number for number in numbers if number > len(masks.pieces)]) != sorted(lines):
        raise Rejected("lines in another order", f"{lines[:20]}")
    for place, number in enumerate(numbers):
        if number > len(masks.pieces):  # the white space around a line break comes with it
            words[place], words[place + 1] = words[place].rstrip(" \t"), words[place + 1].lstrip(" \t")
    whole = words[0]
    for number, after in zip(numbers, words[1:], strict=True):
        if number in masks.own_lines:  # a fence that does not begin its line is none
            whole = whole.rstrip(" \t") + "\n" if whole.rpartition("\n")[2].strip() else whole
            after = "\n" + after.lstrip(" \t") if after.partition("\n")[0].strip() else after
        whole += pieces[number - 1] + after
    return whole


def _listed(numbers: list[int], pieces: tuple[str, ...]) -> str:
    return ", ".join(repr(pieces[number - 1][:80]) for number in numbers[:5])
