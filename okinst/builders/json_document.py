"""One JSON document as a stream of its values, so that a file of gigabytes costs no more memory than one of its rows."""

import codecs
import json
import re
from collections.abc import Iterator
from typing import IO, Any, NoReturn

from okinst.builders.errors import DamagedFile

ENDS = "it ends in the middle"
_BLANK = re.compile(r"[ \t\r\n]*")
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
#: characters read at a time, and more of them the longer a row is
_PIECE = 1 << 16


class Document:
    """A place in a JSON document that moves forward: brackets are opened, items walked over, values read.

    The standard library's decoder reads one value after another from a buffer; where it fails for want of text the buffer
    grows, where it fails for another reason that is the error. Every error names `row`, which whoever reads counts.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.name, self.row = name, 0
        #: whether the last value has an escaped surrogate: half of one is no character
        self.escaped = False
        self._text, self._at, self._decoder = _Text(file), 0, json.JSONDecoder()
        self._closing = ""

    def mark(self) -> str:
        """The next character that is not blank; "" at the end."""
        text = self._text
        while True:
            found = _BLANK.match(text.buffer, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(text.buffer) or not text.more(keep=self._at):
                return text.buffer[self._at : self._at + 1]
            self._at = 0

    def open(self, bracket: str) -> None:
        """Step into an array or an object."""
        mark = self.mark()
        if mark != bracket:
            kind = "array" if bracket == "[" else "object"
            found = f"it begins with {mark!r}" if mark else "it is empty"
            hint = " Is it JSON Lines?" if (bracket, mark) == ("[", "{") else ""
            raise DamagedFile(f"{self.name} should be one JSON {kind}, but {found}.{hint}")
        self._closing = self._closing or {"[": "]", "{": "}"}[bracket]
        self._at += 1

    def items(self, end: str, trailing_comma: bool = False) -> Iterator[None]:
        """Stop before each item of what was opened; the last step goes past the closing bracket."""
        wanted = ""
        while (mark := self.mark()) != end or (wanted == "value" and not trailing_comma):
            if mark == "," and wanted == "comma":
                self._at, wanted = self._at + 1, "value"
            elif not mark or wanted == "comma" or mark in ",]}":
                self.damaged(f"there is {mark!r} where a comma or the end should be" if mark else ENDS)
            else:
                yield
                wanted = "comma"
        self._at += 1

    def named(self) -> Iterator[str]:
        """The keys of the object that was opened; the value of each waits to be read."""
        for _ in self.items("}"):
            key = self.value() if self.mark() == '"' else self.damaged("there is a key without quotes")
            if self.mark() != ":":
                self.damaged(f"there is no colon behind the key {key!r}" if self.mark() else ENDS)
            self._at += 1
            self.mark()
            yield key

    def value(self) -> Any:
        """The next value, whole."""
        text = self._text
        while True:
            try:
                value, end = self._decoder.raw_decode(text.buffer, self._at)
            except json.JSONDecodeError as error:
                short = _wants_more(error, text.buffer)
                if short and text.more(keep=self._at):
                    self._at = 0
                    continue
                there = text.buffer.rstrip()
                cut = short and (error.pos >= len(there) or not there.endswith(self._closing))
                self.damaged(ENDS if cut else f"{error.msg} at character {error.pos - self._at} of the row", error)
            except RecursionError as error:
                self.damaged("it is nested too deeply", error)
            except ValueError as error:  # an integer of thousands of digits
                self.damaged(str(error).splitlines()[0], error)
            if end == len(text.buffer) and text.more(keep=self._at):
                self._at = 0  # a number at the very end of the buffer may go on
                continue
            if text.bad(self._at, end):
                self.damaged("a byte of it is not UTF-8")
            self.escaped = text.escapes and _SURROGATE.search(text.buffer, self._at, end) is not None
            self._at = end
            return value

    def close(self) -> None:
        """Make sure that nothing follows."""
        if self.mark():
            self.damaged("there is more behind the end of it")

    def damaged(self, cause: str, error: Exception | None = None) -> NoReturn:
        """Raise DamagedFile for the row at hand."""
        raise DamagedFile(f"{self.name} is damaged at row {self.row}: {cause}.") from error


class _Text:
    """A stream of UTF-8 as a growing buffer of text. Bytes that are not UTF-8 become lone surrogates, to be named later."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.buffer = file, ""
        self.decode = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape").decode
        #: whether there may be bytes that were not UTF-8, and escaped characters: most files have neither, and are not searched
        self.suspect = self.escapes = False

    def more(self, keep: int = 0) -> bool:
        """Drop the text before `keep` and read on; False, and all as it was, where the file has no more."""
        rest = self.buffer[keep:]
        # a row that did not fit is decoded anew each time: twice as much each time keeps that linear
        data = self.file.read(max(_PIECE, len(rest)))
        piece = self.decode(data, final=not data)
        if not piece and not data:
            return False
        self.suspect = self.suspect or (not piece.isascii() and _UNDECODED.search(piece) is not None)
        self.escapes = self.escapes or "\\u" in piece or piece[-1:] == "\\"
        self.buffer = rest + piece
        return True

    def bad(self, start: int, end: int) -> bool:
        """Whether a byte between two places was not UTF-8."""
        return self.suspect and _UNDECODED.search(self.buffer, start, end) is not None


_UNDECODED = re.compile("[\udc80-\udcff]")


def _wants_more(error: json.JSONDecodeError, buffer: str) -> bool:
    """Whether a decoder failed because the text stopped, not because it is wrong: \\u12, tru and -1. are short enough."""
    return error.msg.startswith("Unterminated string") or len(buffer) - error.pos < 16
