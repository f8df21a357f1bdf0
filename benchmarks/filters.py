"""How fast a filter with everything on is, beside the same checks in a plain per-row `datasets` filter and map.

    python benchmarks/filters.py                     100,000 rows, both, the ratio
    python benchmarks/filters.py --mirror DIR        the rows of koalpaca-v1.0 in a mirror instead, as often as it takes

The input is made here: two-message rows with Korean text of KoAlpaca's lengths (fixed seed), one in fifty with something to
find. Both sides run on one core, in turn, several times, on an Arrow table in memory, and are measured in CPU seconds; the ratio
is the median of the ratios of the pairs. The plain side calls the same judges (`okinst.curation.filters`) row by row: what it lacks is the columns.
"""

import argparse
import os
import random
import statistics
import time
from pathlib import Path
from typing import Any

import pyarrow as pa

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")

WORDS = [
    "오늘",
    "서울",
    "날씨는",
    "맑고",
    "바람이",
    "조금",
    "붑니다",
    "그래서",
    "우리는",
    "한강",
    "공원에서",
    "자전거를",
    "타고",
    "점심으로",
    "김밥을",
    "먹었어요",
]
ODD = [
    "저는 AI 언어 모델이기 때문에 답변을 드릴 수 없습니다.",
    "문의는 010-2847-6193, kim.ys@naver.com으로 주세요.",
    "먼저 물을 끓입니다. 다음으로 면을 넣고 3분 동안 끓인 뒤에, 준비한 채소와 함께 육수를",
    "```python\nprint('안녕')\n```",
    "토큰은 ghp" + "_" + "a1B2c3D4e5F6" * 3 + "입니다.",
    "Seoul is the capital of Korea and the largest city of the country.",
]
VALUES: dict[str, Any] = {
    "language": "ko",
    "code": "drop",
    "min_turns": 1,
    "min_answer": 1,
    "max_length": 20_000,
    "empty": "drop",
    "cut_off": "drop",
    "refusals": "drop",
    "self_reference": "drop",
    "residue": "drop",
    "pii": "mask",
    "secrets": "mask",
}


def made(rows: int) -> pa.Table:
    """Rows of an instruction (about 40 characters) and an answer (about 70), KoAlpaca v1.0's means."""
    rng = random.Random(0)
    texts = [
        (
            " ".join(rng.choices(WORDS, k=rng.randint(6, 15))) + "?",
            rng.choice(ODD) if number % 50 == 0 else " ".join(rng.choices(WORDS, k=rng.randint(5, 35))) + ".",
        )
        for number in range(rows)
    ]
    return pa.Table.from_pylist(
        [
            {
                "id": f"bench/train/{number}",
                "language": "ko",
                "messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}],
                "context": "",
            }
            for number, (question, answer) in enumerate(texts)
        ]
    )


def real(mirror: Path, rows: int) -> pa.Table:
    """koalpaca-v1.0's rows, repeated."""
    import datasets

    import okinst  # noqa: F401

    table = datasets.load_dataset(
        "okinst", "koalpaca-v1.0", mirror=str(mirror), split="train", accept_drift=True
    ).data.table
    return pa.concat_tables([table] * (rows // table.num_rows + 1)).slice(0, rows)


def plain(table: pa.Table) -> int:
    """The same checks as a careful author writes them with `datasets` alone: one function a row, `map`, then `filter`."""
    import re

    import datasets

    from okinst.builders.scripts import HANGUL
    from okinst.curation.filters import code, cut_off, masks, pii, refusals, residue, secrets

    others_of = re.compile("[\u3041-\u30ff\u3400-\u9fff]|(?<![A-Za-z0-9])[A-Za-z]{2,}")

    def mask(row: dict[str, Any]) -> dict[str, Any]:
        for find in (secrets.secrets, pii.pii):
            texts = [message["content"] for message in row["messages"]]
            new, _ = masks.masked(texts, row["context"], row["language"], find)
            row["messages"] = [
                {"role": message["role"], "content": new.get(message["content"], message["content"])}
                for message in row["messages"]
            ]
        return row

    def keep(row: dict[str, Any]) -> bool:
        question = row["messages"][0]["content"]
        answers = [message["content"] for message in row["messages"] if message["role"] == "assistant"]
        if not answers or not all(message["content"].strip() for message in row["messages"]):
            return False
        if not sum(map(len, answers)) >= 1 or sum(len(message["content"]) for message in row["messages"]) > 20_000:
            return False
        if any(code.code_in(message["content"]) for message in row["messages"]):
            return False
        for answer in answers:
            hangul, others = len(HANGUL.findall(answer)), len(others_of.findall(answer))
            if hangul < 0.7 * (hangul + others):
                return False
            if cut_off.cut_off(answer) or refusals.refuses(answer, question) or refusals.speaks_of_itself(answer):
                return False
            if residue.residue(answer, question):
                return False
        return True

    return len(datasets.Dataset(table).map(mask, keep_in_memory=True).filter(keep, keep_in_memory=True))


def okinst_filter(table: pa.Table) -> int:
    from okinst.curation.filters import Filter

    return int(Filter.from_values(VALUES, "benchmark").apply(table).table.num_rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--mirror", type=Path)
    asked = parser.parse_args()
    import datasets

    datasets.disable_progress_bars()
    datasets.disable_caching()
    pa.set_cpu_count(1)
    table = real(asked.mirror, asked.rows) if asked.mirror else made(asked.rows)
    few = table.slice(0, 100)
    plain(few), okinst_filter(few)
    ratios = []
    for _ in range(asked.repeats):
        start = time.process_time()
        left = plain(table)
        between = time.process_time()
        ours = okinst_filter(table)
        end = time.process_time()
        ratios.append((between - start) / (end - between))
        print(
            f"plain map and filter {asked.rows / (between - start):,.0f} rows a CPU second ({left:,} left), "
            f"okinst {asked.rows / (end - between):,.0f} rows a CPU second ({ours:,} left): {ratios[-1]:.1f}x"
        )
    print(f"ratio, median of {len(ratios)} pairs: {statistics.median(ratios):.1f}x")


if __name__ == "__main__":
    main()
