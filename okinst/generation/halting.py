"""When a run gives up on who answers. One item without an answer is that item's matter; several in a row, or none answered at all, are
the server's. A wait of many minutes is a person's.
"""

import logging
import time
from collections.abc import Callable

from okinst.generation.troubles import Busy

logger = logging.getLogger("okinst")

#: attempts of one request that bring no answer, before its item is set aside
ATTEMPTS = 8
#: and of one that no server took, before any was answered: an address that is wrong should not take minutes to be found so
ATTEMPTS_FIRST = 4
#: times that a request is told to wait while others are answered, which are no failures of it: one too large for any minute is told so for ever
WAITS = 32
#: items one after the other that no answer comes to: then it is not them
SEVERAL = 5
#: seconds that a server may ask to wait, before a person is asked instead
MOST = 600.0
#: seconds of a wait that are said
LONG = 5.0


class Patience:
    """What is known of the server in this run; `halt` is called with the reason once there is no more."""

    def __init__(self, server: str, halt: Callable[[str], None]) -> None:
        self._server, self._halt = server, halt
        #: how many requests were answered
        self.answers = 0
        #: the keys of items that came to nothing since the last answer, and why the last did
        self._in_vain: set[str] = set()
        self._why = ""
        self._waits_until = 0.0

    def heard(self) -> None:
        """The server is there, and answers."""
        self.answers += 1
        self._in_vain.clear()

    def attempts(self, last: Busy) -> int:
        """How many attempts a request has, when the last came to this."""
        return ATTEMPTS if self.answers or last.status else ATTEMPTS_FIRST

    def in_vain(self, key: str, why: str) -> None:
        """An item got no answer."""
        self._in_vain.add(key)
        self._why = why
        if len(self._in_vain) >= SEVERAL:
            self._halt(why)

    def end(self, begun: bool) -> None:
        """All items were asked; `begun`: an earlier run had answers."""
        if self._in_vain and not self.answers and not begun:
            self._halt(self._why)

    def dead(self, last: Busy) -> str:
        """What to say where nobody answers."""
        return (
            f"{self._server} does not answer; the last that came of many attempts: {last.said}. Look whether it runs, and at its address; then "
            f"run the same again: what was answered is not asked again."
        )

    def waits(self, seconds: float) -> None:
        """A server's headers ask to wait: say so, or halt where it is for long."""
        if seconds > MOST:
            self.halt_until(seconds)
        elif seconds > LONG and (until := time.monotonic() + seconds) > self._waits_until + LONG:
            self._waits_until = until
            logger.warning("%s asks to wait %.0f s", self._server, seconds)

    def halt_until(self, seconds: float, said: str = "") -> None:
        """A server asks to wait for longer than anybody sits before a screen."""
        self._halt(
            f"{self._server} asks to wait {seconds:,.0f} seconds{said}. Run the same again then: what was answered is not asked again."
        )
