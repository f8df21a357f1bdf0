"""What can go wrong, in words a user can act on.

OkinstError
├── WrongCall            the call itself was wrong: an unknown name, a bad recipe (exit code 2)
├── MissingFile          a file is not where the chosen door looks for it
├── NoNetwork            the network, or the Hub, did not give the file, or take it
├── NotPushed            the Hub does not take what is pushed
├── NotGenerated         no model answers any more
├── DiskFull             no room to write
├── LostProcess          a worker process was killed before it was done
└── DamagedFile          a file is there, but is not what the source promises
    ├── Drift            its size, sha256 or row count differ from measured.tsv
    └── TooManyLost      more rows failed to come through than the source declares normal

Every message names the source, the file and the row or value, and says what to do next. The exceptions hold one string
each, so that they survive the way back from a worker process. `DamagedFile` is a `DatasetGenerationError`, because
`datasets` hides every other exception raised during generation behind "An error occurred".
"""

from datasets.exceptions import DatasetGenerationError


class OkinstError(Exception):
    """The root: catch this to catch everything okinst raises on purpose."""


class WrongCall(OkinstError, ValueError):
    """The call was wrong; nothing was read or written."""


class MissingFile(OkinstError, FileNotFoundError):
    """A file is not where the chosen door looks for it."""


class NoNetwork(OkinstError, ConnectionError):
    """The network did not give a file that no folder had."""


class NotPushed(OkinstError, RuntimeError):
    """The Hub does not take what is pushed; the repository is as it was."""


class NotGenerated(OkinstError, RuntimeError):
    """A run that makes new data stopped before its end; what was answered is kept."""


class DamagedFile(OkinstError, DatasetGenerationError):
    """A file is there, but is not what the source promises."""


class Drift(DamagedFile):
    """A file differs from what was measured; `accept_drift=True` goes on and records it."""


class TooManyLost(DamagedFile):
    """More rows failed to come through than the source declares normal."""


class DiskFull(OkinstError, DatasetGenerationError):
    """No room to write; nothing half-written is left."""


class LostProcess(OkinstError, RuntimeError):
    """A worker process was killed before it was done, mostly by a system that ran out of memory."""


class Unmapped(OkinstError):
    """One row has no place in the shape; its message is the reason the row is counted under.

    Where several rows would have come of it, `rows` says how many: all of them are lost.
    """

    def __init__(self, reason: str, rows: int = 1) -> None:
        super().__init__(reason)
        self.rows = rows


class Unwanted(Unmapped):
    """One row that the set leaves out on purpose, as its card says: counted, but no loss."""
