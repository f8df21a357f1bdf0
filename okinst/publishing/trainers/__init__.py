"""The config files that trainers take as they are, for a set that okinst built or one on the Hub.

A trainer is a module with what `Trainer` asks for. What it can read where it lies is left there, and its files point to it;
what it could not read, or would leave out in silence, is written anew beside them, and counted.
"""

from okinst.publishing.trainers.export import TRAINERS, Exported, export

__all__ = ["TRAINERS", "Exported", "export"]
