"""How far a run is: items, what was set aside, requests a second, the cost so far, the time left."""

import time
from typing import Any

from datasets.utils import tqdm

from okinst.generation.budget import Purse


class Progress(tqdm):
    """A bar on standard error; none where that is no terminal."""

    def __init__(self, job: str, total: int, purse: Purse) -> None:
        self._purse, self._before = purse, purse.spent
        self._aside = self._asked = 0
        self._began = time.monotonic()
        shape = "{desc}: {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} items [{elapsed}{postfix}]"
        super().__init__(total=total, desc=f"Generating ({job})", bar_format=shape)

    def item(self, *, aside: bool, asked: bool) -> None:
        """Count an item; `asked`: for which requests were made, which the time left is told by."""
        self._aside += aside
        self._asked += asked
        if not self.disable:
            seconds = max(time.monotonic() - self._began, 1e-6)
            told = [
                f"{self._aside:,} set aside",
                f"{(self._purse.spent - self._before).requests / seconds:,.1f} requests/s",
                self._cost(),
            ]
            if self._asked:
                left = (self.total - self.n - 1) * seconds / self._asked
                told.append(f"{self.format_interval(left)} left")
            self.set_postfix_str(", ".join(told), refresh=False)
        self.update()

    def _cost(self) -> str:
        spent = self._purse.spent
        if spent.usd:
            return f"${spent.usd:,.4f}"
        return f"{spent.characters:,} characters" if spent.characters else f"{spent.tokens:,} tokens"

    def say(self, text: str) -> None:
        """A line above the bar."""
        self.write(f"okinst: {text}", file=_stderr())


def _stderr() -> Any:
    import sys

    return sys.stderr
