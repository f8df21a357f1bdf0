"""KoQuality (Na, Kim, Chae: HCLT 2023): of three Korean sets the few rows worth training on. The published rule, and it mended.

The published set is 4,006 of some 375,506 rows: five length groups, a hundred clusters of instructions in each, and of each cluster
every hundredth row by the perplexity of its instruction alone. `koquality-exact` is that rule. Its rows are not the published ones:
those came from an older state of the raw corpus, and from k-means that another library version starts elsewhere.

`koquality` keeps the idea and mends what was measured in the published set: 16 rows that only say "계속" and other instructions that are
there several times, rows without Hangul, answers that are cut off, evaluation prompts, and a share that is never the one asked for.
It scores the answer, which the model is trained on, by models that come as packages: it needs no GPU and no network. (Kiwi, which
scores Korean, reads sentence by sentence and does not see the instruction; a language model does: `okinst curate koquality --scorer ...`.)
"""

from okinst.builders import Row
from okinst.curation.filters import Filter, residue
from okinst.curation.scoring import encoder, language_model
from okinst.curation.selection.choice import Choice
from okinst.korean_instructions.koalpaca_v1_1 import KoAlpacaV11
from okinst.korean_instructions.kullm_v2 import KullmV2
from okinst.korean_instructions.oig_smallchip2_ko import OIGSmallChip2Ko
from okinst.mixtures.mixture import Mixture, Part
from okinst.mixtures.selecting import Causal, Encoding, Select
from okinst.mixtures.steps import Decontaminate, Dedup
from okinst.views.turns import exchange

# float32, as the published scores were made: without it a machine with a GPU would take bfloat16
POLYGLOT = Causal(language_model.POLYGLOT, language_model.POLYGLOT_COMMIT, dtype="float32", max_tokens=1024)
# no commit: the one that was used is not known; the newest is looked up, and stands in provenance.json
KOSIMCSE = Encoding(encoder.KOSIMCSE, dtype="float32", max_tokens=512, pooling="pooler", normalised=False)
#: the evaluation sets that KoQuality is measured by
MEASURED_BY = (
    "kobest-boolq", "kobest-copa", "kobest-hellaswag", "kobest-sentineg", "kobest-wic",
    "haerae-1.0-general-knowledge", "haerae-1.0-history", "haerae-1.0-loan-words", "haerae-1.0-rare-words",
    "haerae-1.0-reading-comprehension", "haerae-1.0-standard-nomenclature",
)  # fmt: skip


def joined(row: Row) -> Row:
    """Instruction and input are one text, with a blank between them."""
    asked = f"{row['instruction'] or ''} {row['input'] or ''}".strip()
    return KullmV2.origin(row) | exchange(asked, "", (row["output"] or "").strip())


KOQUALITY_EXACT = Mixture(
    name="koquality-exact",
    description="KoQuality's published rule over its raw corpus: 5 length groups, 100 clusters each, every 100th row by perplexity.",
    shuffle=False,
    seed=42,
    rows=4_006,
    rows_exact=False,
    citations=("koquality",),
    parts=(Part(KoAlpacaV11), Part(KullmV2, reading=joined), Part(OIGSmallChip2Ko)),
    select=Select(
        Choice("stride", share=0.01, groups=5, bins="quantile", clusters=100, search="reference"),
        score="instruction",
        scorer=POLYGLOT,
        embedder=KOSIMCSE,
    ),
)

KOQUALITY = Mixture(
    name="koquality",
    description="KoQuality mended: one row of each kind, Korean, whole, not in KoBEST or HAE-RAE; exactly 1 % along the answer's perplexity.",
    seed=42,
    citations=("koquality",),
    parts=(Part(KoAlpacaV11), Part(KullmV2), Part(OIGSmallChip2Ko)),
    filter=Filter(
        language=("ko",),
        empty="drop",
        cut_off="drop",
        refusals="drop",
        self_reference="drop",
        residue=residue.KINDS,
        pii="mask",
        secrets="mask",
    ),
    dedup=Dedup(),
    decontaminate=Decontaminate(MEASURED_BY),
    select=Select(Choice("budget", share=0.01, groups=5, clusters=100, distinct=True), score="given"),
)
