"""Whether a text holds code: a fenced block, or lines that no language but a programming one has."""

import re

#: RE2: what every candidate has
HINT = r"```|~~~|[;{})>:\]]\s*\n|\)\s*;|(?i:\bselect\s.{1,200}\sfrom\b|<!doctype|</\w+>|#include)|(?m:^\s*(?:import|from|def|class|return|print|#!/|\$ |sudo|pip|npm|git|public|int|const|let|var)\b)"
# a fence that names its language, or that is closed (or not) around something that is more than words
FENCE = re.compile(
    r"```(?:[A-Za-z+#]{1,15}[ \t]*\n|(?=(?:(?!```).){0,3000}?(?:[=;{}<>]|\w\(|^[ \t]*[$#]|\bprint\b)))",
    re.DOTALL | re.MULTILINE,
)
# Lines that are code by themselves. Bounded, so that a long line costs one pass.
LINE = re.compile(
    r"""^[ \t]*(?:
      (?:from[ ][\w.]{1,60}[ ])?import[ ][\w.{*][\w.,{}*\t ]{0,100};?$             # import x / from x import y
    | (?:async[ ])?def[ ]\w{1,60}[(（].{0,200}[)）].{0,40}[:：]                               # Python
    | class[ ]\w{1,60}(?:\(.{0,100}\))?[ ]?[:{]
    | (?:for|while|if|elif)[ ].{1,120}:[ \t]*(?:\#.{0,100})?$
    | (?:public|private|protected|static|function|func|fn|void|int|double|String|const|let|var)[ ].{0,120}[;{(][ \t]*$
    | \#include[ ]?[<"].{1,60}[>"] | using[ ]namespace[ ] | package[ ][\w.]{1,60};$
    | (?:print|printf|console\.log|System\.out\.print(?:ln)?|echo)[ ]?\(.{0,200}\);?
    | [\w.\[\]]{1,60}[ ]?(?:=|\+=|-=|:=)[ ]?[^=].{0,200};[ \t]*$
    | [a-z_][\w.]{0,60}[ ]=[ ](?:[\w.]{1,60}\(.{0,200}\)|\[.{0,200}\]|\{.{0,200}\}|["'\d].{0,100})[ \t]*(?:\#.{0,100})?$
    | return[ ][\w.(\[{"'+*/<>=!%&| -]{1,120};?$
    | (?:SELECT[ ].{1,200}[ ]FROM|INSERT[ ]INTO|CREATE[ ]TABLE|UPDATE[ ]\w{1,60}[ ]SET|DELETE[ ]FROM|ALTER[ ]TABLE)\b
    | <(?:!DOCTYPE|html|head|body|div|script|style|table|form|ul|p|h[1-6]|a[ ]|img[ ]|input[ ])[^<]{0,200}>
    | <(\w{1,12})(?:[ ][^<>]{0,200})?>.{0,300}</\1>$
    | </?(?:table|tr|td|th|thead|tbody|ul|ol|li|p|div|span|form|select|option|section|head|body|html|표|头|头部|正文|表|表格|脚本|样式)>$
    | [^\n]{0,150}[)）\w"'-][ ]?\{$                                                  # a block in any language opens
    | \}[;,)]{0,2}$
    | [a-z-]{2,40}:[ ]?[^;:\n]{1,80};$                                               # CSS
    | (?:\$[ ])?(?:sudo|pip3?|npm|git|docker|apt-get|cd|mkdir|curl|wget)[ ][\w./:-]{1,100}(?:[ ][\w./:=-]{1,100}){0,8}$
    )""",
    re.VERBOSE | re.MULTILINE,
)
# one such line may be quoted in prose; a select or a function is code alone
ENOUGH = 2
ALONE = re.compile(
    r"^[ \t]*(?:SELECT .{1,200} FROM|(?:async )?def \w{1,60}[(（].{0,200}[)）].{0,40}[:：]|#include|<!DOCTYPE|print\(|<(\w{1,12})(?: [^<>]{0,200})?>.{0,300}</\1>$)",
    re.MULTILINE,
)


def code_in(text: str) -> str | None:
    """Where code begins in a text, or None.

    Fences are believed, but for those around plain words. Without one it takes two lines that are code in themselves, or
    one that can be nothing else.

    >>> code_in("이렇게 합니다.\\n\\ndef add(a, b):\\n    return a + b")
    'def add(a, b):'
    >>> code_in("SELECT name FROM users WHERE age > 20;"), code_in("다음과 같습니다:\\n1. 사과\\n2. 배")
    ('SELECT name FROM', None)
    """
    fence = FENCE.search(text)
    if fence:
        return text[fence.start() : fence.start() + 60].strip()
    alone = ALONE.search(text)
    if alone:
        return alone[0].strip()
    found: list[str] = []
    for line in LINE.finditer(text):
        found.append(line[0].strip())
        if len(found) == ENOUGH:
            return found[0]
    return None


def without_code(text: str) -> str:
    """A text without fenced blocks, without lines that are code in themselves, and without what is indented under those.

    >>> without_code("이렇게 합니다.\\n\\ndef add(a, b):\\n    total = a + b\\n    return total")
    '이렇게 합니다.\\n'
    """
    prose, inside = [], False
    for line in _FENCED.sub("", text).split("\n"):
        inside = bool(LINE.match(line) or ALONE.match(line)) or (inside and line[:1].isspace())
        if not inside:
            prose.append(line)
    return "\n".join(prose)


_FENCED = re.compile(r"```.{0,100000}?(?:```|\Z)", re.DOTALL)
