"""The works outside okinst that sources were made from: each once, under the one name that Cards use for it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    """A work that okinst does not have."""

    name: str
    homepage: str
    #: as its home or those who built on it state it; "unstated" where okinst has not seen it stated
    license: str = "unstated"


_TABLE = (
    Work("AI-Hub", "https://aihub.or.kr", license="AI-Hub terms"),
    Work("CoT Collection", "https://huggingface.co/datasets/kaist-ai/CoT-Collection"),
    Work(
        "databricks-dolly-15k",
        "https://huggingface.co/datasets/databricks/databricks-dolly-15k",
        license="cc-by-sa-3.0",
    ),
    Work("English Wikipedia", "https://en.wikipedia.org", license="cc-by-sa"),
    Work("EverythingLM-data-V2", "https://huggingface.co/datasets/totally-not-an-llm/EverythingLM-data-V2"),
    Work("Evol-Instruct", "https://github.com/nlpxucan/WizardLM"),
    Work("GPT4All", "https://github.com/nomic-ai/gpt4all"),
    Work("HH-RLHF", "https://huggingface.co/datasets/Anthropic/hh-rlhf", license="mit"),
    Work("Korean Wikipedia", "https://ko.wikipedia.org"),
    Work("LIMA", "https://huggingface.co/datasets/GAIR/lima", license="cc-by-nc-sa"),
    Work("Namuwiki", "https://namu.wiki", license="cc-by-nc-sa-2.0"),
    Work("Naver Knowledge iN", "https://kin.naver.com"),
    Work("NHRCK case records", "https://case.humanrights.go.kr"),
    Work("NIKL corpora", "https://kli.korean.go.kr/corpus"),
    Work("OASST1", "https://huggingface.co/datasets/OpenAssistant/oasst1", license="apache-2.0"),
    Work("OIG-small-chip2", "https://huggingface.co/datasets/0-hero/OIG-small-chip2"),
    Work("Open-Platypus", "https://huggingface.co/datasets/garage-bAInd/Open-Platypus"),
    Work("OpenOrca", "https://huggingface.co/datasets/Open-Orca/OpenOrca", license="mit"),
    Work("rlhf-reward-datasets", "https://huggingface.co/datasets/yitingxie/rlhf-reward-datasets"),
    Work("Self-Instruct", "https://github.com/yizhongw/self-instruct"),
    Work("ShareGPT", "https://sharegpt.com"),
    Work("Stanford Alpaca", "https://github.com/tatsu-lab/stanford_alpaca", license="cc-by-nc-4.0"),
    Work("StrategyQA", "https://allenai.org/data/strategyqa", license="mit"),
    Work("Wizard of Wikipedia", "https://parl.ai/projects/wizard_of_wikipedia"),
)

#: by name, in alphabetical order
WORKS: dict[str, Work] = {work.name: work for work in _TABLE}
