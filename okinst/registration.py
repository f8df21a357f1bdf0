"""How datasets comes to know the name "okinst".

Since version 4 `datasets` runs no loading scripts, but builders are as alive as ever: only their discovery is gone. What
`load_dataset`, `load_dataset_builder`, `get_dataset_config_names` and `get_dataset_split_names` all ask is
`dataset_module_factory`; it is wrapped, in both modules that hold it, to answer for this one name and to pass every other
on. The wrapping waits until `datasets` is imported, so that importing okinst alone costs next to nothing.
"""

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

import wrapt

NAME = "okinst"
BUILDER_MODULE = "okinst.mixtures.meta"
HOOKED = ("datasets.load", "datasets.inspect")


def register() -> None:
    """Make the name known to `datasets`, now or as soon as it is imported. Harmless when called again."""
    for module in HOOKED:
        wrapt.register_post_import_hook(_wrap, module)


def _wrap(module: ModuleType) -> None:
    factory = module.dataset_module_factory
    if not hasattr(factory, "knows_okinst"):
        module.dataset_module_factory = _knowing_okinst(factory)  # type: ignore[attr-defined]


def _knowing_okinst(factory: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(factory)
    def dataset_module_factory(path: str, *args: Any, **kwargs: Any) -> Any:
        if path != NAME:
            return factory(path, *args, **kwargs)
        if kwargs.get("revision") is not None:
            from okinst.builders import WrongCall

            raise WrongCall("okinst pins the revision of every upstream file itself: leave revision= out.")
        from datasets.load import DatasetModule

        # No hash: each builder names its cache after its own code and files.
        return DatasetModule(BUILDER_MODULE, "", {"dataset_name": NAME})

    dataset_module_factory.knows_okinst = True  # type: ignore[attr-defined]
    return dataset_module_factory
