"""The rows of a name of `okinst list`, or of a recipe."""

from collections.abc import Iterator
from typing import Any

from okinst.builders import SourceBuilder, Unmapped, WrongCall
from okinst.generation.sources.reading import Reading, Wanted, first_question, read, text_of
from okinst.generation.sources.source import Found, Source
from okinst.licences import known_facts, standing
from okinst.mixtures.builder import facts
from okinst.mixtures.meta import builder_for


def of_set(name: str, wanted: Wanted, split: str | None, door: dict[str, Any]) -> Source:
    builder = builder_for(name, **{key: value for key, value in door.items() if value})
    reading = _reading_of_set(name, wanted, set(builder.info.features))
    builder.download_and_prepare()
    there = list(builder.info.splits)
    chosen = split or ("train" if "train" in there or len(there) > 1 else there[0])
    if chosen not in there:
        raise WrongCall(f"{name} has no split {chosen!r}; it has {', '.join(there)}. Name one with --split.")
    called = str(builder.config.name)

    def rows() -> Iterator[Found]:
        for row in builder.as_dataset(split=chosen):
            # a row of a mixture has the id of the set that it came from: all of it is kept
            place = row["id"].removeprefix(f"{called}/{chosen}/")
            yield Found(place, read(reading, row), row["license"], row["making"])

    if wanted == "passage" and all(isinstance(found.row, Unmapped) for found in rows()):
        raise WrongCall(
            f"{name} has no passages: context is empty in all rows of {chosen}. okinst list shows the sets."
        )
    left_out: dict[str, int] = {}
    for count in builder.tallies() if isinstance(builder, SourceBuilder) else ():
        if count.split == chosen:
            for reason, number in count.left_out.items():
                left_out[reason] = left_out.get(reason, 0) + number
    of_each = {**known_facts(), **facts(builder)}
    whose = sorted(
        set(zip(*(builder.as_dataset(split=chosen)[column] for column in ("source", "making")), strict=True))
    )
    from_ = tuple(dict.fromkeys(source for source, _ in whose))
    known = [of_each[name] for name in from_ if name in of_each]
    # part by part: a machine that nobody names is not made good by one that is named beside it
    stand = [standing(None, making, of_each.get(source)) for source, making in whose]
    return Source(
        called,
        chosen,
        {"source": called, "split": chosen},
        rows,
        f"That of {called}: {builder.card.license_note}"
        if isinstance(builder, SourceBuilder)
        else f"That of each row of {called}.",
        tuple(dict.fromkeys(each.named for at in stand for each in at.generators)),
        tuple(dict.fromkeys(each.named for at in stand for each in at.translators)),
        from_,
        any(each.research_only for each in known),
        any(each.not_passed_on for each in known),
        left_out,
    )


def _reading_of_set(name: str, wanted: Wanted, columns: set[str]) -> Reading:
    if wanted == "conversation" and "messages" in columns:
        return lambda row: {"messages": row["messages"]}
    if wanted == "passage" and "context" in columns:
        return lambda row: {"title": row.get("title", ""), "context": text_of(row["context"], "passage")}
    if wanted == "instruction" and "messages" in columns:
        return lambda row: {"instruction": first_question(row["messages"])}
    if wanted == "instruction" and "prompt" in columns:
        return lambda row: {"instruction": first_question(row["prompt"])}
    if wanted == "instruction" and "question" in columns:
        return lambda row: {"instruction": text_of(row["question"], "instruction")}
    raise WrongCall(
        f"{name} has no {wanted}s: its columns are {', '.join(sorted(columns))}. okinst list shows what each set holds."
    )
