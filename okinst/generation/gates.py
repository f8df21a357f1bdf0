"""What requests wait at: until something has changed, or the run makes no new ones."""

import asyncio

from okinst.generation.troubles import Stopped


class Gate:
    """Whoever waits is woken by every change, and looks for himself."""

    def __init__(self) -> None:
        self._waiters: set[asyncio.Future[None]] = set()
        self._closed = False

    def open(self) -> None:
        """Raises Stopped where nobody is let in any more."""
        if self._closed:
            raise Stopped

    async def changed(self, seconds: float | None = None) -> None:
        """Wait for a change, or so many seconds. Raises Stopped where the run ends meanwhile."""
        self.open()
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await asyncio.wait((waiter,), timeout=seconds)
        finally:
            self._waiters.discard(waiter)
        self.open()

    def change(self) -> None:
        """Wake all who wait."""
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)

    def close(self) -> None:
        """Let nobody in any more."""
        self._closed = True
        self.change()
