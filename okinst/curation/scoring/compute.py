"""Where scores are made and kept, as a caller says it: it decides the time, never the scores."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from okinst.builders import WrongCall
from okinst.curation.scoring.engines import Engine
from okinst.curation.scoring.engines.local import Local
from okinst.curation.scoring.engines.rays import Rays
from okinst.curation.scoring.scorer import Scorer
from okinst.curation.scoring.store import ROWS, Store, default_folder

Engines = Literal["local", "ray"]
ENGINES: tuple[Engines, ...] = get_args(Engines)


@dataclass(frozen=True)
class Compute:
    """This machine or a Ray cluster (`address`; None starts one here), the device or the share of a GPU an actor, and the store.

    `shard` is the number of rows that are scored and written as one: what a kill loses at most, and what a process gets at a time.
    """

    engine: Engines = "local"
    device: str | None = None
    store: str | None = None
    address: str | None = None
    gpus: float = 0.0
    shard: int = ROWS

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise WrongCall(f"engine = {self.engine!r}: there is no such engine. There are {', '.join(ENGINES)}.")
        if self.engine == "ray" and self.device is not None:
            raise WrongCall(
                f"engine = 'ray' has no device = {self.device!r}: its actors take what gpus says (gpus = 1, or 0.5)."
            )
        if self.engine == "local" and (self.address is not None or self.gpus):
            raise WrongCall("address and gpus are for engine = 'ray'. This machine takes all its GPUs, or device.")
        if isinstance(self.shard, bool) or not isinstance(self.shard, int) or self.shard < 1:
            raise WrongCall(f"shard = {self.shard!r} should be a number of rows, 1 or more.")
        self.run_by()  # which knows what is wrong with gpus

    def check(self, scorers: Iterable[Scorer]) -> None:
        """Raise WrongCall where Ray, or a device that these scorers would use, is not there; nothing is opened or started."""
        engine = self.run_by()
        if isinstance(engine, Rays):
            engine.check()
        elif isinstance(engine, Local):
            engine.check()
            for scorer in scorers:
                engine.devices(scorer)

    def run_by(self, processes: int = 1) -> Engine:
        """The engine."""
        if self.engine == "ray":
            return Rays(address=self.address, gpus=self.gpus)
        return Local(processes=processes, device=self.device)

    def kept_in(self) -> Store:
        """The store of scores."""
        return Store(Path(self.store).expanduser() if self.store else default_folder(), self.shard)
