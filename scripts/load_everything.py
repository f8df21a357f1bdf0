"""Load every name of okinst from the sample corpus in every way load_dataset knows; print what came out, and a checksum.

Run by every_datasets_version.sh: the checksum must be the same on every version of datasets.
"""

import hashlib
import json
import tempfile

import datasets
from datasets import get_dataset_config_names, get_dataset_split_names, load_dataset, load_dataset_builder

import okinst

datasets.disable_progress_bars()
okinst.register()
names = get_dataset_config_names("okinst")
assert names == list(okinst.names())
digest, total = hashlib.sha256(), 0
with tempfile.TemporaryDirectory() as folder:
    for name in names:
        options = {"sample": True, "cache_dir": folder}
        splits = get_dataset_split_names("okinst", name)
        builder = load_dataset_builder("okinst", name, **options)
        rows = load_dataset("okinst", name, **options)
        again = load_dataset("okinst", name, sample=True, cache_dir=f"{folder}/two", num_proc=2)
        stream = load_dataset("okinst", name, streaming=True, **options)
        assert list(rows) == list(stream) == splits
        for split in splits:
            values = rows[split].to_list()
            assert values == again[split].to_list() == list(stream[split]), (name, split)
            assert rows[split].features == builder.info.features
            assert load_dataset("okinst", name, split=f"{split}[:3]", **options).to_list() == values[:3]
            digest.update(json.dumps(values, ensure_ascii=False, sort_keys=True).encode())
            total += len(values)
    try:
        load_dataset("okinst", "koalpaca")
    except ValueError as error:
        assert "koalpaca-v1.1" in str(error)
    else:
        raise AssertionError("an unknown name was loaded")
print(f"datasets {datasets.__version__}: {len(names)} names, {total:,} rows, {digest.hexdigest()[:16]}")
