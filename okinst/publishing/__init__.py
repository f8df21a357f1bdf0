"""From a built set to a folder the Hub, and anyone without okinst, can read."""

from okinst.publishing.folder import Built, build

__all__ = ["Built", "build"]
