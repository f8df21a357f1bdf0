#!/usr/bin/env bash
# The same load_dataset("okinst", ...) script on datasets 3.6, 4.0 and 5.2, each in an environment of its own, each with an
# empty cache. Needs a package index and some minutes; not part of the default test run.
#
#     scripts/every_datasets_version.sh [VERSION...]
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ $# -eq 0 ]; then set -- 3.6.0 4.0.0 5.2.0; fi
for version in "$@"; do
  python3 -m venv "$work/$version"
  "$work/$version/bin/pip" install --quiet --disable-pip-version-check "datasets==$version" "$root"
  # away from the checkout, so that it is the installed package that is tried
  (cd "$work" && HF_HOME="$work/hf-$version" HF_ENDPOINT=http://127.0.0.1:9 \
    "$work/$version/bin/python" "$root/scripts/load_everything.py")
done
