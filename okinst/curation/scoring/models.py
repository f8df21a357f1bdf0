"""Models of transformers, from the Hub or a folder: which one exactly, and opened or refused in words.

A model is a Hub id and a whole commit, or a folder and the sha256 of what decides its answers. The code that some repositories
bring along (`trust_remote_code`) is never run.
"""

import fnmatch
import functools
import hashlib
import importlib.metadata
import importlib.util
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from okinst.builders import NoNetwork, WrongCall
from okinst.builders.network import is_of_the_network

DTYPES = ("float32", "bfloat16", "float16")
#: False, not nothing: without a word transformers would ask at the terminal
_CLOSED = {"trust_remote_code": False, "local_files_only": True}
_COMMIT = re.compile(r"[0-9a-f]{40}")
_HUB_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")
_DIGEST = "sha256:"
_OFFLINE = (
    "Download it where there is a network (hf download {model} --revision {revision}), and set HF_HOME to that cache here, or pass the "
    "folder it was downloaded to as the model."
)
#: what decides the answers of a model in a folder; weights are looked for in this order, as transformers does
_WEIGHTS = ("*.safetensors", "*.bin")
_DECIDES = (
    "config.json",
    "tokenizer*",
    "vocab*",
    "merges.txt",
    "special_tokens_map.json",
    "added_tokens.json",
    "*.model",
    "*.tiktoken",
    "tekken.json",
    "*.index.json",
)
_TOKENIZERS = ("tokenizer.json", "vocab*", "*.model", "tokenizer.model*", "*.tiktoken", "tekken.json")


def libraries(what: str) -> None:
    """Raise WrongCall with the pip command where torch or transformers is missing."""
    if missing := _missing():
        raise WrongCall(f"{what} needs {missing}: pip install 'okinst[gpu]'")


def installed() -> bool:
    """Whether torch and transformers are there."""
    return _missing() is None


def _missing() -> str | None:
    return next((name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None), None)


def is_commit(revision: str | None) -> bool:
    """Whether a revision is a whole commit, which never moves."""
    return bool(revision and _COMMIT.fullmatch(revision))


def identified(model: str, revision: str | None) -> tuple[str, str]:
    """A Hub model and its whole commit, or a folder's absolute path and the `sha256:...` of what it holds.

    A branch or tag is looked up on the Hub; where that cannot be reached, in its cache. A whole commit is taken as it stands, and
    nothing is read. Raises WrongCall or NoNetwork.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        found = digest(folder, model)
        if revision not in (None, found):
            raise WrongCall(
                f"{model}: this is a folder, and its contents are {found}, not {revision}. Leave the revision out to take it as it is; "
                f"a commit is for a model of the Hub."
            )
        return str(folder.resolve()), found
    if not _HUB_ID.fullmatch(model) or model.startswith("."):
        raise WrongCall(f"{model}: there is no such folder, and it is no Hub id (owner/name) either.")
    if revision and revision.startswith(_DIGEST):
        raise WrongCall(f"{model}: there is no such folder here ({revision} names the contents of one).")
    if revision and is_commit(revision):
        return model, revision
    return model, _commit(model, revision or "main")


def title(model: str, revision: str) -> str:
    """What a model is called wherever it is: a Hub id as it stands, a folder by its last name.

    >>> title("/data/models/polyglot", "sha256:1f0c"), title("EleutherAI/polyglot-ko-1.3b", "557e162c")
    ('polyglot', 'EleutherAI/polyglot-ko-1.3b')
    """
    return Path(model).name if revision.startswith(_DIGEST) else model


def digest(folder: Path, model: str) -> str:
    """The sha256 of a model's configuration, tokenizer and weights: names and contents, not where the folder is.

    Raises WrongCall where the configuration or the weights are missing.
    """
    weights = next((found for pattern in _WEIGHTS if (found := sorted(folder.glob(pattern)))), None)
    if not (folder / "config.json").is_file() or not weights:
        missing = "config.json" if not (folder / "config.json").is_file() else "weights (*.safetensors or *.bin)"
        raise WrongCall(
            f"{model}: the folder has no {missing}. It should be what model.save_pretrained(DIR) and "
            f"tokenizer.save_pretrained(DIR) write, or what hf download OWNER/NAME --local-dir DIR fetches."
        )
    files = {path for pattern in _DECIDES for path in folder.glob(pattern) if path.is_file()} | set(weights)
    whole = hashlib.sha256()
    for path in sorted(files, key=lambda path: path.name):
        stat = path.stat()
        whole.update(f"{path.name}\0{_sha256(path, stat.st_size, stat.st_mtime_ns)}\n".encode())
    return _DIGEST + whole.hexdigest()


def folder_of(model: str, revision: str) -> Path:
    """Where the model lies, once it is sure that it is still the one that was identified; from the Hub it is downloaded.

    What the Hub's cache holds whole is used without asking. Of weights in several formats only one is fetched. Raises WrongCall for a
    folder that has changed since and a revision that does not exist, NoNetwork for a model that is out of reach.
    """
    if not revision.startswith(_DIGEST):
        return at_hand(model, revision) or _downloaded(model, revision)
    folder = Path(model)
    if not folder.is_dir():
        raise WrongCall(f"{model}: there is no such folder on this machine. Every machine that scores needs it there.")
    found = digest(folder, model)
    if found != revision:
        raise WrongCall(f"{model}: the folder has changed: its contents were {revision}, and are {found} now.")
    return folder


def at_hand(model: str, revision: str) -> Path | None:
    """Where the model lies, if it is a folder or whole in the Hub's cache; nothing is fetched, nor read."""
    if revision.startswith(_DIGEST):
        return Path(model)
    cached = _cached(model, revision)
    return cached.parent if cached and _is_whole(cached.parent) else None


def configuration(folder: Path, model: str) -> Any:
    """The model's configuration. Raises WrongCall where it needs code of its own repository."""
    import transformers

    with in_words(model, "its configuration"):
        raw = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        kind = raw.get("model_type")
        if kind not in transformers.CONFIG_MAPPING:
            unknown = f"the type {kind!r}, which transformers {transformers.__version__} does not know"
            if "auto_map" in raw:
                raise WrongCall(
                    f"{model} is of {unknown}: it brings its own code along (trust_remote_code), and okinst never runs code of a model's "
                    f"repository. Take a model that transformers knows, or a newer transformers if it has learnt this one: "
                    f"pip install -U transformers"
                )
            raise WrongCall(f"{model} is of {unknown}. A newer one may: pip install -U transformers")
        return transformers.AutoConfig.from_pretrained(folder, **_CLOSED)


def tokenizer(folder: Path, model: str) -> Any:
    """The model's tokenizer. Raises WrongCall where there is none: some types would be given an empty one in silence."""
    import transformers

    absent = not any(path.name != "tokenizer_config.json" for pattern in _TOKENIZERS for path in folder.glob(pattern))
    if not absent:
        with in_words(model, "its tokenizer"):
            opened = transformers.AutoTokenizer.from_pretrained(folder, **_CLOSED)
    if absent or not opened("a 가 中", add_special_tokens=False)["input_ids"]:
        raise WrongCall(
            f"{model}: there is no tokenizer in it (tokenizer.json, or vocabulary files). Save the tokenizer that the model was trained with "
            f"beside it: tokenizer.save_pretrained(DIR)"
        )
    return opened


def weights(loader: Any, folder: Path, model: str, dtype: str) -> tuple[Any, set[str]]:
    """The model, and the names of the weights that its files do not have."""
    import torch
    import transformers

    # the older name still works in new versions, under a warning
    version = tuple(int(part) for part in transformers.__version__.split(".")[:2])
    key = "dtype" if version >= (4, 56) else "torch_dtype"
    with in_words(model, "its weights"):
        opened, info = loader.from_pretrained(
            folder, **_CLOSED, **{key: getattr(torch, dtype)}, output_loading_info=True
        )
    return opened.eval(), set(info["missing_keys"])


def chosen_device(device: str | None, model: str) -> str:
    """The device asked for, if it is there; for None the first GPU, or else the CPU. Raises WrongCall."""
    import torch

    if device is None:
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        asked = torch.device(device)
    except RuntimeError as error:
        raise WrongCall(f"{model}: there is no device {device!r}. There are 'cpu', 'cuda', 'cuda:1', ...") from error
    if asked.type == "cuda":
        there = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if not there:
            why = "this torch was built without CUDA" if torch.version.cuda is None else "torch finds no CUDA GPU"
            raise WrongCall(
                f"{model}: device {device!r} was asked for, and {why} here. Leave the device out (the CPU is used then), or run where "
                f"`nvidia-smi` shows a GPU."
            )
        if (asked.index or 0) >= there:
            raise WrongCall(f"{model}: device {device!r} was asked for, and the last one here is 'cuda:{there - 1}'.")
    elif asked.type != "cpu" and not (asked.type == "mps" and torch.backends.mps.is_available()):
        raise WrongCall(
            f"{model}: device {device!r} is not here. There are 'cpu'" + ", 'cuda'" * torch.cuda.is_available()
        )
    return device


def usual_dtype() -> str:
    """bfloat16 where there is a GPU, else float32."""
    import torch

    return "bfloat16" if torch.cuda.is_available() else "float32"


def settle(scorer: Any, revision: str | None, doing: str) -> None:
    """Fix the model, the revision and the dtype of a scorer's settings (a frozen dataclass), here and now.

    `doing` is for the message where torch or transformers is missing. Raises WrongCall or NoNetwork.
    """
    if scorer.dtype not in (None, *DTYPES):
        raise WrongCall(f"{scorer.model}: dtype = {scorer.dtype!r} should be one of {', '.join(DTYPES)}.")
    model, revision = identified(scorer.model, revision)
    object.__setattr__(scorer, "model", model)
    object.__setattr__(scorer, "revision", revision)
    if scorer.dtype is None:
        libraries(f"{doing} by {model}")
        object.__setattr__(scorer, "dtype", usual_dtype())


def versions(doing: str) -> dict[str, str]:
    """Those of the libraries that decide the tokens and the numbers, for a scorer's settings. Raises WrongCall where they are missing."""
    libraries(doing)
    return {name: importlib.metadata.version(name) for name in ("transformers", "tokenizers")}


@contextmanager
def in_words(model: str, what: str) -> Iterator[None]:
    """Turn what transformers raises while it opens a model into what a user can act on."""
    try:
        yield
    except (WrongCall, NoNetwork):
        raise
    except MemoryError:
        raise
    except (
        Exception
    ) as error:  # a broken model makes transformers raise nearly anything; the cause stays with the message
        reason = " ".join(str(error).split())[:400]
        if "trust_remote_code" in reason:
            raise WrongCall(
                f"{model}: {what} needs code of its own repository (trust_remote_code), and okinst never runs that. Take a model that "
                f"transformers knows by itself."
            ) from error
        raise WrongCall(
            f"{model}: {what} cannot be opened ({type(error).__name__}: {reason}). If the files are incomplete, download them again; if a "
            f"package is named, install it."
        ) from error


@functools.lru_cache(maxsize=4096)
def _sha256(path: Path, size: int, modified: int) -> str:
    """Of a file; as long as its size and time of change stay, it is read once a process."""
    whole = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 22):
            whole.update(chunk)
    return whole.hexdigest()


def _cached(model: str, revision: str) -> Path | None:
    import huggingface_hub

    found = huggingface_hub.try_to_load_from_cache(model, "config.json", revision=revision)
    return Path(found) if isinstance(found, str) else None


def _is_whole(folder: Path) -> bool:
    """Whether a model's weights and tokenizer are there, and not only the first files of an interrupted download."""
    shards = (
        set(json.loads(index.read_text(encoding="utf-8")).get("weight_map", {}).values())
        for index in folder.glob("*.index.json")
    )
    sets = [*filter(None, shards), {"model.safetensors"}, {"pytorch_model.bin"}]
    there = any(all((folder / name).is_file() for name in names) for names in sets)
    return there and any(any(folder.glob(pattern)) for pattern in _TOKENIZERS)


def _commit(model: str, revision: str) -> str:
    """The commit of a revision: what the Hub says, or where it cannot be reached, what it last said."""
    try:
        return str(_asked(model, revision).sha)
    except NoNetwork:
        cached = _cached(model, revision)
        if not cached:
            raise
        return cached.parent.name


def _downloaded(model: str, revision: str) -> Path:
    import huggingface_hub

    names = [file.rfilename for file in _asked(model, revision).siblings or () if "/" not in file.rfilename]
    by_format = ([name for name in names if fnmatch.fnmatch(name, pattern)] for pattern in _WEIGHTS)
    wanted = next(filter(None, by_format), [])
    if not wanted:
        raise WrongCall(
            f"{model} at {revision} holds no weights (*.safetensors or *.bin). Take the repository that does."
        )
    wanted += [
        name for name in names if any(fnmatch.fnmatch(name, pattern) for pattern in ("*.json", *_DECIDES, *_TOKENIZERS))
    ]
    with _hub_errors(model, revision):
        return Path(huggingface_hub.snapshot_download(model, revision=revision, allow_patterns=wanted))


def _asked(model: str, revision: str) -> Any:
    import huggingface_hub
    from huggingface_hub.constants import HF_HUB_OFFLINE

    if HF_HUB_OFFLINE:
        raise _unreachable(model, revision, "HF_HUB_OFFLINE forbids to fetch it")
    with _hub_errors(model, revision):
        return huggingface_hub.HfApi().model_info(model, revision=revision)


@contextmanager
def _hub_errors(model: str, revision: str) -> Iterator[None]:
    """Turn what the Hub's client raises into what a user can act on."""
    from huggingface_hub import errors

    what = f"{model} at {revision}"
    try:
        yield
    except errors.GatedRepoError as error:
        raise WrongCall(f"{what} asks for your consent. Accept its terms on the Hub, then: hf auth login") from error
    except errors.RevisionNotFoundError as error:
        raise WrongCall(
            f"{what}: the model is there, this revision is not. Give a branch, a tag or a whole commit of 40 characters, as its page "
            f"on the Hub lists them."
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise WrongCall(
            f"{what}: the Hub has no such model, or it is private: hf auth login. (A folder would have to be there.)"
        ) from error
    except errors.HfHubHTTPError as error:
        raise _unreachable(model, revision, f"the Hub refused ({error})") from error
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled) as error:
        raise _unreachable(model, revision, "the Hub cannot be reached") from error
    except (
        Exception
    ) as error:  # the client's two HTTP libraries have no root in common; what is not theirs goes on as it is
        if is_of_the_network(error):
            raise _unreachable(model, revision, f"the Hub cannot be reached ({error})") from error
        raise


def _unreachable(model: str, revision: str, why: str) -> NoNetwork:
    return NoNetwork(
        f"{model} at {revision} is not whole in the Hub's cache, and {why}. {_OFFLINE.format(model=model, revision=revision)}"
    )
