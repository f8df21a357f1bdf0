"""The commands, each a few lines that call the rooms. Rooms are imported inside, so that --help is quick."""

# in the order of --help
from okinst.cli.commands import looking, making, generate, choosing, checking, publishing, evaluating, upkeep  # isort: skip

__all__ = ["checking", "choosing", "evaluating", "generate", "looking", "making", "publishing", "upkeep"]
