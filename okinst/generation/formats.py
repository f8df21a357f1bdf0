"""Rows in the file formats of the sets that such rows were first made for: their builders read what is written here."""

from okinst.builders import Row
from okinst.builders.schema import Message
from okinst.generation.job import UpstreamFile

OIG_SMALLCHIP2_KO = UpstreamFile("oig-smallchip2-ko", "oig-smallchip2-dedu.jsonl", array=False)
SHAREGPT_DEEPL_KO = UpstreamFile("sharegpt-deepl-ko", "ko_dataset_2.json", array=True)
KORQUAD_CHAT = UpstreamFile("korquad-chat", "korquad-chat.json", array=False)
KOALPACA = UpstreamFile("koalpaca-v1.1", "KoAlpaca_v1.1.jsonl", array=False)
KOCHATGPT_SFT = UpstreamFile("kochatgpt-sft", "kochatgpt_1_SFT.jsonl", array=True)
EVOLVE_INSTRUCT = UpstreamFile("evolve-instruct-evolved", "evol_instruct.json", array=True)

_FROM = {"system": "system", "user": "human", "assistant": "gpt"}


def oig_smallchip2_ko(number: int, original: list[Message], translated: list[str]) -> Row:
    """One exchange with its translation. `number` is its place in the source."""
    asked, answered = (turn["content"] for turn in original)
    return {
        "user": asked,
        "chip2": answered,
        "index": number,
        "user_translated": translated[0],
        "chip2_translated": translated[1],
    }


def sharegpt_deepl_ko(id: str, original: list[Message], translated: list[str]) -> Row:
    """A conversation of any number of turns, translated.

    >>> sharegpt_deepl_ko("a", [{"role": "user", "content": "Hi."}], ["안녕."])
    {'id': 'a', 'conversations': [{'from': 'human', 'value': '안녕.'}]}
    """
    turns = zip(original, translated, strict=True)
    return {"id": id, "conversations": [{"from": _FROM[turn["role"]], "value": text} for turn, text in turns]}


def korquad_chat(passage: str, turns: list[tuple[str, str]]) -> Row:
    """A passage and the dialogue about it, of (user or assistant, words). No line of either may look like the beginning of a turn.

    >>> korquad_chat("한강은 서울을 지난다.", [("user", "어디를 지나요?"), ("assistant", "서울이요.")])["text"]
    '<sys>한강은 서울을 지난다.\\n<usr> 어디를 지나요?\\n<bot> 서울이요.'
    """
    lines = [f"<{'usr' if speaker == 'user' else 'bot'}> {words}" for speaker, words in turns]
    return {"source": "korquad-chat", "text": "\n".join([f"<sys>{passage}", *lines])}


def koalpaca(instruction: str, answer: str) -> Row:
    """An instruction and its answer; there is no page that it was taken from."""
    return {"instruction": instruction, "output": answer, "url": ""}


def kochatgpt_sft(instruction: str, answer: str) -> Row:
    """A prompt and its completion, without the quote that opens upstream's and is never closed; nobody counted its tokens here."""
    return {"prompt": instruction, "completion": answer, "tokens": None}


def evolve_instruct(instruction: str, answer: str) -> Row:
    """An evolved instruction, which upstream calls input, and its answer."""
    return {"input": instruction, "output": answer}
