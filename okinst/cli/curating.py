"""What `okinst curate`, `okinst score` and `okinst scores` do: curated sets, scores on their own, and what the store holds."""

import dataclasses
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from okinst.builders import WrongCall
from okinst.catalogue import nearest
from okinst.curation import passages
from okinst.curation.scoring.compute import Compute
from okinst.curation.selection import measures
from okinst.mixtures import MIXTURES, Mixture, recipe
from okinst.mixtures.grid import selecting
from okinst.mixtures.selecting import EMBEDDED, Causal, Encoding, Model, check_score
from okinst.publishing.folder import builder_shape
from okinst.publishing.naming import builder_of

#: shares of the rows that lie below the perplexities that are printed
SHARES = (0.05, 0.25, 0.5, 0.75, 0.95)


def curated(
    name: str, scorer: str | None, embedder: str | None, share: float | None, rows: int | None, rule: str | None
) -> Mixture | str:
    """The mixture that is to be curated: a published one or a recipe's by its name, or a variant of it where something is said.

    Raises WrongCall for one that chooses nothing.
    """
    found = _mixture(name)
    if found.select is None:
        having = [each.name for each in MIXTURES.values() if each.select]
        raise WrongCall(
            f"{name} has no [select]: it is built whole, by okinst build. Curated are {', '.join(having)}; or add a [select] table to a "
            f'recipe that extends it: extends = "{found.name}".'
        )
    changes: dict[str, Any] = {}
    if scorer is not None:
        changes["scorer"] = _model(scorer, Causal)
    if embedder is not None:
        changes["embedder"] = _model(embedder, Encoding)
    amount: dict[str, Any] = {key: value for key, value in (("share", share), ("rows", rows)) if value is not None}
    if len(amount) > 1:
        raise WrongCall("--share and --rows exclude each other: name one.")
    choice: dict[str, Any] = {
        **({"share": None, "rows": None, **amount} if amount else {}),
        **({"rule": rule} if rule else {}),
    }
    if choice:
        changes["choice"] = dataclasses.replace(found.select.choice, **choice)
    return _variant(found, changes) if changes else name


def _variant(mixture: Mixture, changes: dict[str, Any]) -> Mixture:
    """A mixture whose selection is changed. A published set is never changed: what differs from it bears another name."""
    assert mixture.select
    name = f"{mixture.name}-variant" if mixture.name in MIXTURES else mixture.name
    changed: dict[str, Any] = {"name": name, "rows": None, "select": dataclasses.replace(mixture.select, **changes)}
    return dataclasses.replace(mixture, **changed)


def _mixture(name: str) -> Mixture:
    if name in MIXTURES:
        return MIXTURES[name]
    if recipe.is_recipe(name):
        return recipe.read(Path(name))
    raise WrongCall(
        f"there is no mixture {name!r}. The nearest are {', '.join(nearest(name, MIXTURES))}; or name a recipe.toml with a [select] table."
    )


def _model(name: str, kind: type[Model]) -> Any:
    """A model as the command line names it: "embedded", or a Hub id or folder, with @commit or without."""
    if name == EMBEDDED:
        return None
    # a folder's name may have an @ in it
    model, _, revision = (name, "", "") if Path(name).expanduser().is_dir() else name.partition("@")
    if not model or ("/" not in model and SequenceMatcher(None, model.lower(), EMBEDDED).ratio() > 0.8):
        raise WrongCall(f"{name!r} is no model. Name a Hub id (owner/name), a folder, or {EMBEDDED}.")
    if model[:1] in ("/", ".", "~") and not Path(model).expanduser().is_dir():
        raise WrongCall(
            f"{model}: there is no such folder. Name a model's folder, a Hub id (owner/name), or {EMBEDDED}."
        )
    return kind(model, revision or None)


def score(
    name: str,
    of: str | None,
    scorer: str | None,
    compute: Compute,
    output: Path | None,
    num_proc: int | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Score rows, so that they are in the store; what comes out as plain values, and by row into a Parquet file.

    Of a mixture with [select] these are the rows that it chooses from, by its own scorer and embedder where nothing else is said; of any
    other set all rows.
    """
    if of is not None and of not in measures.SCORES:
        raise WrongCall(f"--of {of}: there is no such score. There are {', '.join(measures.SCORES)}.")
    if output and (output.exists() or not output.absolute().parent.is_dir()):
        raise WrongCall(f"-o {output}: it is there already, or its folder is not. Name a file that is yet to be.")
    model = _model(scorer, Causal) if scorer is not None else None
    changes = {**({"scorer": model} if scorer is not None else {}), **({"score": of} if of else {})}
    if (name in MIXTURES or recipe.is_recipe(name)) and (mixture := _mixture(name)).select:
        chosen: Mixture | str = _variant(mixture, changes) if changes else name
        builder, select = selecting(chosen, compute=compute, **options)
        rows, _ = builder.candidates(num_proc)
        candidates = select.measured(rows, compute, num_proc or 1)
        ids, of, values = candidates.ids, select.score, candidates.measures.values
        columns = candidates.measures.columns()
        title = mixture.name
    else:
        # who scores a set without [select] says nothing of where: there is nothing of it to score while it is built
        plain = builder_of(name, **options)
        check_score(of or "given", builder_shape(plain), plain.config.name)
        plain.download_and_prepare(num_proc=num_proc)
        tables = [rows.data.table for rows in plain.as_dataset().values()]
        ids = [id for table in tables for id in table["id"].to_pylist()]
        asked = [text for table in tables for text in passages.instructions(table)]
        answered = [text for table in tables for text in passages.answers(table)]
        of, title = of or "given", plain.config.name
        by, store, engine = model.scorer() if model else None, compute.kept_in(), compute.run_by(num_proc or 1)
        logarithms, columns = measures.score(asked, answered, of, by, store, engine)
        values = measures.of_logarithms(logarithms)
    if output:
        partial = output.with_name(f"{output.name}.incomplete")
        found = {"id": ids, "value": pa.array(values, mask=np.isnan(values))}
        pq.write_table(
            pa.table({**found, **{each: columns[each] for each in columns.column_names}}), partial, compression="zstd"
        )
        partial.replace(output)
    there = values[~np.isnan(values)]
    return {
        "name": title,
        "of": of,
        "scorers": dict(Counter(columns["scorer"].to_pylist())),
        "rows": len(values),
        "scored": len(there),
        "flags": dict(Counter(flag for flag in columns["flag"].to_pylist() if flag)),
        "tokens": int(columns["tokens"].to_numpy().sum()),
        "quantiles": {str(share): round(float(np.quantile(there, share)), 4) for share in SHARES} if len(there) else {},
        "store": str(compute.kept_in().folder),
        "file": str(output) if output else None,
    }


def clusters(folder: Path) -> list[dict[str, Any]]:
    """The length groups of a curated folder, and what was chosen of each."""
    names = ["group", "cluster", "length", "value", "order", "scorer", "chosen"]
    rows = pq.read_table(folder / "selection.parquet", columns=names)
    # values of two scorers are of different scales: their ranks are what they are compared by
    measure = "value" if len(rows["scorer"].unique()) < 2 else "order"
    columns = {name: rows[name].to_numpy(zero_copy_only=False) for name in names if name != "scorer"}
    found = []
    for group in np.unique(columns["group"]).tolist():
        of_group = columns["group"] == group
        chosen = of_group & columns["chosen"]
        values, kept = (columns[measure][some].astype(float) for some in (of_group, chosen))
        sizes = np.unique(columns["cluster"][of_group], return_counts=True)[1]
        found.append(
            {
                "group": group,
                "rows": int(of_group.sum()),
                "chosen": int(chosen.sum()),
                "shortest": int(columns["length"][of_group].min()),
                "longest": int(columns["length"][of_group].max()),
                "clusters": len(sizes) if group >= 0 else 0,
                "smallest": int(sizes.min()),
                "largest": int(sizes.max()),
                "median of": "perplexity" if measure == "value" else "rank",
                "median": None if np.isnan(values).all() else round(float(np.nanmedian(values)), 3),
                "median chosen": None if not len(kept) else round(float(np.nanmedian(kept)), 3),
            }
        )
    return found


def contents(compute: Compute) -> list[dict[str, Any]]:
    """What the store holds, scorer by scorer."""
    return [
        {**dataclasses.asdict(each), "used": each.used.isoformat(timespec="seconds")}
        for each in compute.kept_in().contents()
    ]
