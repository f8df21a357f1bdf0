"""Code without a fence: runs of lines that are code and nothing else, and so stay as they are in a translation.

Every line of a run is code by itself (`okinst.curation.filters.code`), indented under such a one, or a command line; one of them can be nothing
else; none has three words side by side outside strings and comments, which prose has. A run that does not make up its whole paragraph has two
lines. An object or array of JSON counts where its strings are names, not sentences. In 65,748 turns of KoAlpaca v1.0, alpaca-chinese-dataset and
GPT-4-LLM that were looked at once by hand there are 474 runs, 25 of them read: all code or an equation.
"""

import json
import re
from collections.abc import Iterator

from okinst.builders import scripts
from okinst.curation.filters.code import ALONE, LINE

_PARAGRAPH = re.compile(r"^[^\S\n]*\S[^\n]*(?:\n[^\S\n]*\S[^\n]*)*", re.MULTILINE)
# an option, or a pipe, behind a word: wc -l < file.txt
_COMMAND = re.compile(
    r"(?:\$ )?(?:sudo )?[a-z./][\w./+-]{0,20}(?= (?:[^\s]{1,40} ){0,3}(?:--?[A-Za-z]|[|<>]{1,2} ))"
    r"(?: +(?:--?[A-Za-z][\w-]{0,40}(?:=\S{1,200})?|[|<>&]{1,2}|\"[^\"]{0,200}\"|'[^']{0,200}'|[\w./*$~@:=+-]{1,200})){1,30}\s*"
)
# what prose hardly has: a call, an assignment, an operator, a brace at an end, a query, an import
_SURE = re.compile(
    r"\w\(|\w[ ]?(?:[-+*/]|[=!<>])?=[ ]?[\w\"'(\[{-]|[{};][ \t]*$|\w\[\w|</\w|^[ \t]*(?:SELECT .{1,200} FROM|INSERT INTO|CREATE TABLE|UPDATE \w+ SET"
    r"|DELETE FROM|ALTER TABLE|#include|from [\w.]+ import \w|import [\w.]+(?: as \w+)?;?[ \t]*$)",
    re.MULTILINE,
)
_QUERY = re.compile(
    r"\s*(?:SELECT .{1,200} FROM|INSERT INTO|CREATE TABLE|UPDATE \w+ SET|DELETE FROM|ALTER TABLE)\b", re.DOTALL
)
#: what a line in a shell begins with
SHELL = frozenset(
    [
        "apt",
        "apt-get",
        "awk",
        "bash",
        "brew",
        "cat",
        "cd",
        "chmod",
        "chown",
        "conda",
        "cp",
        "curl",
        "cut",
        "df",
        "diff",
        "docker",
        "du",
        "echo",
        "find",
        "gcc",
        "git",
        "grep",
        "gunzip",
        "gzip",
        "head",
        "java",
        "javac",
        "jq",
        "kill",
        "kubectl",
        "ln",
        "ls",
        "make",
        "mkdir",
        "mv",
        "node",
        "npm",
        "npx",
        "perl",
        "pip",
        "pip3",
        "ps",
        "psql",
        "python",
        "python3",
        "rm",
        "rsync",
        "ruby",
        "scp",
        "sed",
        "sh",
        "sort",
        "ssh",
        "tail",
        "tar",
        "tee",
        "touch",
        "tr",
        "uniq",
        "unzip",
        "wc",
        "wget",
        "xargs",
        "yarn",
        "zip",
    ]
)
_SAID = re.compile(r"\"[^\"\n]{0,500}\"|'[^'\n]{0,500}'|(?:#|//)[^\n]*")
_KEYWORD = re.compile(
    r"\b(?:and|as|async|await|class|const|def|else|elif|except|export|extends|final|for|from|function|if|import|in|int|is|let|new|not|or|private"
    r"|protected|public|return|static|String|try|var|void|while|with|ALTER|AND|AS|ASC|BETWEEN|BY|CREATE|DELETE|DESC|DISTINCT|DROP|FROM|GROUP|HAVING|IN"
    r"|INNER|INSERT|INTO|IS|JOIN|KEY|LEFT|LIKE|LIMIT|NOT|NULL|ON|OR|ORDER|OUTER|PRIMARY|RIGHT|SELECT|SET|TABLE|UNION|UPDATE|VALUES|VARCHAR|WHERE)\b"
)
_PROSE = re.compile(r"[A-Za-z'’]{2,},? [A-Za-z'’]{2,},? [A-Za-z'’]{2,}|[^\x00-\u00bf\u2000-\u206f]")
#: so many words in a string of JSON are a sentence
SENTENCE = 4


def runs(text: str) -> Iterator[tuple[int, int]]:
    """Where lines stand that are code and nothing else.

    >>> [text[slice(*run)] for text in ("Look:\\nfor x in xs:\\n    print(x)\\nThat is all.",) for run in runs(text)]
    ['for x in xs:\\n    print(x)']
    >>> list(runs("return to the office for tea")), list(runs("wc -l < file.txt")), list(runs('{"name": "Kim", "age": 30}'))
    ([], [(0, 16)], [(0, 26)])
    """
    for paragraph in _PARAGRAPH.finditer(text):
        if _is_json(paragraph[0]):
            yield paragraph.span()
            continue
        start = at = paragraph.start()
        count, inside = 0, False
        for line in (*paragraph[0].splitlines(keepends=True), ""):
            inside = bool(line.strip()) and (
                bool(LINE.match(line) or ALONE.match(line) or _is_command(line))
                or (inside and (line[0].isspace() or _only_closes(line)))
            )
            if inside:
                count += 1
            else:
                end = start + len(text[start:at].rstrip())
                if count and (count > 1 or (start, end) == _stripped(paragraph)) and is_code(text[start:end]):
                    yield start, end
                start, count = at + len(line), 0
            at += len(line)


def is_code(run: str) -> bool:
    """Whether a run of lines that look like code can be nothing else."""
    commands = all(_is_command(line) for line in run.splitlines())
    if not commands and not _SURE.search(run):
        return False
    bare = _KEYWORD.sub(";", _SAID.sub(";", run))
    # a query is words, too: one of prose's own is enough
    return not _PROSE.search(bare) and not (_QUERY.match(run) and scripts.ENGLISH.search(bare))


def _is_command(line: str) -> bool:
    """Whether a line is one for a shell.

    >>> [_is_command(line) for line in ("wc -l < file.txt", "yes | no", "sort -r the list", "thanks -John", "$ ./run --all")]
    [True, False, False, False, True]
    """
    first = line.removeprefix("$ ").removeprefix("sudo ").split(" ")[0].strip()
    known = first in SHELL or line.startswith("$ ")
    return known and bool(_COMMAND.fullmatch(line)) and not scripts.ENGLISH.search(_SAID.sub(";", line))


def _only_closes(line: str) -> bool:
    return set(line.strip()) <= set("{}[]();,")


def _stripped(paragraph: re.Match[str]) -> tuple[int, int]:
    return paragraph.start(), paragraph.start() + len(paragraph[0].rstrip())


def _is_json(text: str) -> bool:
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    told = any(len(each.split()) >= SENTENCE or not each.isascii() for each in re.findall(r'"([^"]*)"', text))
    return bool(found) and not told and '":' in text.replace(" ", "")
