"""Which evaluation sets are tasks of lm-evaluation-harness, and what the YAML file of each says.

Where the harness has a task of its own over the same rows, ours sends the same requests, draws the same examples and counts the same.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from okinst import catalogue
from okinst.builders import WrongCall

#: before the harness's name of a task
PREFIX = "okinst_"


class Function(str):
    """A function of the utils.py beside the tasks."""


class Dumper(yaml.SafeDumper):
    """Writes a Function as the harness reads one: `!function utils.rows`."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


Dumper.add_representer(Function, lambda dumper, name: dumper.represent_scalar("!function", f"utils.{name}"))


def _metric(name: str, aggregation: str = "mean") -> dict[str, Any]:
    return {"metric": name, "aggregation": aggregation, "higher_is_better": True}


_ACC, _ACC_NORM = _metric("acc"), _metric("acc_norm")
#: the harness computes it by the same formula; what it asks the network for meanwhile is never used
_F1 = _metric("f1", Function("macro_f1"))
_CHOICE: dict[str, Any] = {
    "output_type": "multiple_choice",
    "doc_to_text": "query",
    "doc_to_choice": "choices",
    "doc_to_target": "answer",
}
_KOBEST = {
    **_CHOICE,
    "training_split": "train",
    "validation_split": "validation",
    "test_split": "test",
    "metric_list": [_ACC, _F1],
}
_FAMILIES: dict[str, dict[str, Any]] = {
    "kobest": _KOBEST,
    # examples are drawn from the test rows, but for the one that is asked
    "haerae": {**_CHOICE, "test_split": "test", "fewshot_split": "test", "metric_list": [_ACC, _ACC_NORM]},
    "haerae-1.0": {**_CHOICE, "test_split": "test", "fewshot_split": "test", "metric_list": [_ACC, _ACC_NORM]},
    "csat-qa": {**_CHOICE, "test_split": "test", "metric_list": [_ACC, _ACC_NORM]},
    "korquad": {
        "output_type": "generate_until",
        "training_split": "train",
        "validation_split": "validation",
        "doc_to_text": "제목: {{title}}\n\n본문: {{context}}\n\n질문: {{question}}\n\n답:",
        "doc_to_target": Function("first_answer"),
        "process_results": Function("span_scores"),
        "generation_kwargs": {"until": ["\n"], "do_sample": False, "temperature": 0.0, "max_gen_toks": 64},
        "metric_list": [_metric("exact_match"), _metric("f1")],
    },
}
_OF_ITS_OWN: dict[str, dict[str, Any]] = {
    "kobest-copa": {"doc_to_target": Function("right_choice")},
    "kobest-hellaswag": {"metric_list": [_ACC, _ACC_NORM, _F1]},
}
#: the harness has these, and their groups' means are of these alone
_HARNESS_HAERAE = tuple(
    f"haerae-{task}" for task in ("general-knowledge", "history", "loan-words", "rare-words", "standard-nomenclature")
)


def families() -> dict[str, tuple[str, ...]]:
    """The sets of each family, by the name that stands for all of them.

    >>> families()["korquad"], len(families()["kobest"]), len(families()["haerae"])
    (('korquad-1.0',), 5, 11)
    """
    # the whole pages of korquad-2.1 fit no model's context, and the denoising tasks of HAE-RAE have no choices
    found: dict[str, list[str]] = {family: [] for family in _FAMILIES}
    found["korquad"] = ["korquad-1.0"]
    for name in catalogue.evaluation_sets():
        if catalogue.SOURCES[name].builder.SHAPE == "choice" and (family := _family(name)):
            found[family].append(name)
    return {family: tuple(names) for family, names in found.items()}


def _family(name: str) -> str | None:
    """The family of a set: the longest that its name begins with."""
    return max((family for family in _FAMILIES if name.startswith(f"{family}-")), key=len, default=None)


def chosen(names: Iterable[str]) -> list[str]:
    """The sets that some names stand for: families, sets, or the harness's spelling of them. Raises WrongCall.

    >>> chosen(["kobest_copa", "korquad", "kobest-copa"])
    ['kobest-copa', 'korquad-1.0']
    """
    known = families()
    sets = [name for members in known.values() for name in members]
    found: dict[str, None] = {}
    for typed in names:
        name = typed.strip().removeprefix(PREFIX).replace("_", "-")
        if name not in known and name not in sets:
            nearest = difflib.get_close_matches(name, [*known, *sets], n=3, cutoff=0.0)
            raise WrongCall(
                f"there is no task {typed!r}. The nearest are {', '.join(nearest)}; {', '.join(known)} stand for all of theirs."
            )
        found |= dict.fromkeys(known.get(name, (name,)))
    return list(found)


def name_of(task: str) -> str:
    """What a task is called here, from the `task` of its rows. The group of CSAT-QA's categories has the name of its whole.

    >>> name_of("kobest_boolq"), name_of("csatqa")
    ('okinst_kobest_boolq', 'okinst_csatqa_full')
    """
    return f"{PREFIX}{'csatqa_full' if task == 'csatqa' else task}"


def config(name: str, task: str) -> dict[str, Any]:
    """What the YAML file of a set's task says."""
    family = _family(name)
    assert family, name
    return {
        "task": task,
        "custom_dataset": Function("rows"),
        "dataset_kwargs": {"okinst_set": name},
        **_FAMILIES[family],
        **_OF_ITS_OWN.get(name, {}),
        "metadata": {"version": 1.0},
    }


def metrics(name: str) -> tuple[str, ...]:
    """What a set's task is scored by, the one it is known by first.

    >>> metrics("kobest-boolq"), metrics("korquad-1.0")
    (('f1', 'acc'), ('f1', 'exact_match'))
    """
    found = [each["metric"] for each in config(name, "")["metric_list"]]
    return tuple(sorted(found, key=lambda metric: (metric != "f1", found.index(metric))))


def asks_as_the_harness(name: str) -> bool:
    """Whether the harness has a task that sends the same requests over the same rows."""
    family = _family(name)
    return family == "kobest" or name in _HARNESS_HAERAE or (family == "csat-qa" and name != "csat-qa-full")


def may_be_told_apart(name: str) -> bool:
    """Whether rows may have an id of their own.

    HAE-RAE draws examples from its test rows and takes out those that equal the one that is asked: two copies of a question would no
    longer be equal, and one would be shown with its answer.
    """
    return _family(name) not in ("haerae", "haerae-1.0")


def groups(tasks: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The YAML files of the groups that are whole, by name, for tasks by set: a mean of fewer tasks would pass for that of all."""
    known = families()
    whole = {
        "kobest": known["kobest"],
        "haerae": _HARNESS_HAERAE,
        "haerae_1.1": known["haerae"],
        "haerae_1.0": known["haerae-1.0"],
        "csatqa": tuple(name for name in known["csat-qa"] if name != "csat-qa-full"),
    }
    return {
        f"{PREFIX}{group}": {
            "group": f"{PREFIX}{group}",
            "task": [tasks[name] for name in sets],
            "aggregate_metric_list": [
                {"metric": metric, "aggregation": "mean", "weight_by_size": True}
                for metric in ("acc", "acc_norm", *(("f1",) if group == "kobest" else ()))
            ],
            "metadata": {"version": 1.0},
        }
        for group, sets in whole.items()
        if tasks.keys() >= set(sets)
    }
