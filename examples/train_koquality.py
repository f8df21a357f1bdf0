"""KoQuality's training step (Na, Kim and Chae, 2023), mended, with TRL.

    okinst curate koquality -o out --mirror DIR
    python examples/train_koquality.py out --output model                      # EleutherAI/polyglot-ko-5.8b, on the GPUs there are
    torchrun --nproc_per_node 4 examples/train_koquality.py out --output model

Needs `pip install 'okinst[train]'`. What was published trained on "### 질문: {instruction}### 답변: {output}": nothing stood between
question and answer, nothing marked the end, and the loss was that of questions, too. Here blank lines stand between the parts, the
end token ends every answer, and the loss is that of answers and their end tokens. The hyper-parameters are the published ones: learning
rate 5e-5, linear, AdamW, 2 epochs, 4 rows on each of 4 GPUs and 16 steps accumulated, packed into blocks of 1,024 tokens.
"""

import argparse
from pathlib import Path

import datasets
import torch
from transformers import AutoTokenizer, PreTrainedTokenizerBase, set_seed
from trl import SFTConfig, SFTTrainer

#: KoAlpaca's prompt as a chat template; loss is on what stands in {% generation %}. The blank before an answer belongs to its first
#: token, in training as in use: a prompt that ended with it would be split in another way.
TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] == 'system' %}{{ '### 맥락: ' + message['content'] + '\n\n' }}"
    "{% elif message['role'] == 'user' %}{{ '### 질문: ' + message['content'] + '\n\n' }}"
    "{% else %}{{ '### 답변:' }}{% generation %}{{ ' ' + message['content'] + eos_token }}{% endgeneration %}{{ '\n\n' if not loop.last }}"
    "{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '### 답변:' }}{% endif %}"
)
#: rows that a step of the published training saw: 4 on each of 4 GPUs, 16 times
ROWS_A_STEP = 4 * 4 * 16


def tokenizer_of(model: str) -> PreTrainedTokenizerBase:
    """The tokenizer of a base model, with the template; padding must not be the end token, or no end would be learned."""
    tokenizer = AutoTokenizer.from_pretrained(model)
    tokenizer.chat_template = TEMPLATE
    if tokenizer.pad_token is None or tokenizer.pad_token == tokenizer.eos_token:
        spare = tokenizer.unk_token if tokenizer.unk_token != tokenizer.eos_token else None
        tokenizer.pad_token = spare or tokenizer.convert_ids_to_tokens(0)
    return tokenizer


def config(output: str, **changed: object) -> SFTConfig:
    """The published hyper-parameters; whatever is given instead is another experiment."""
    settings = {
        "output_dir": output,
        "learning_rate": 5e-5,
        "lr_scheduler_type": "linear",
        "num_train_epochs": 2,
        "per_device_train_batch_size": 4,
        "gradient_accumulation_steps": ROWS_A_STEP // 4,
        "max_length": 1024,
        "packing": True,
        # end to end, as published: no row is cut off, some go on in the next block
        "packing_strategy": "wrapped",
        "assistant_only_loss": True,
        "bf16": torch.cuda.is_available(),
        "seed": 42,
        "logging_steps": 1,
        "report_to": "none",
        **changed,
    }
    return SFTConfig(**settings)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", help="a folder that okinst built, or owner/name on the Hub")
    parser.add_argument("--config", help="which of its sets, where it holds several")
    parser.add_argument("--output", required=True, help="where the model is written")
    parser.add_argument("--model", default="EleutherAI/polyglot-ko-5.8b")
    parser.add_argument("--max-steps", type=int, default=-1, help="stop after so many steps, to try it out")
    parser.add_argument("--max-length", type=int, default=1024, help="tokens in a block")
    parser.add_argument("--batch", type=int, default=4, help="blocks at a time on a GPU")
    given = parser.parse_args()

    where = str(Path(given.dataset).resolve()) if Path(given.dataset).is_dir() else given.dataset
    sets = datasets.get_dataset_config_names(where)
    if given.config is None and len(sets) > 1:
        parser.error(f"{given.dataset} holds {', '.join(sets)}: name one with --config.")
    rows = datasets.load_dataset(where, given.config, split="train")
    tokenizer = tokenizer_of(given.model)
    print(tokenizer.apply_chat_template(rows[0]["messages"], tokenize=False))  # what the model sees
    settings = config(
        given.output, max_steps=given.max_steps, max_length=given.max_length, per_device_train_batch_size=given.batch
    )
    # as many rows a step as published, on however many GPUs there are
    settings.gradient_accumulation_steps = max(1, ROWS_A_STEP // (given.batch * settings.world_size))
    set_seed(settings.seed)
    trainer = SFTTrainer(given.model, settings, train_dataset=rows, processing_class=tokenizer)
    trainer.train()
    trainer.save_model()


if __name__ == "__main__":
    main()
