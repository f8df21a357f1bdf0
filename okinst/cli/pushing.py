"""What `okinst push` prints."""

from collections.abc import Iterator

from okinst.publishing.hub import Pushed


def lines(done: Pushed) -> Iterator[str]:
    """What was done or would be, and what to do next."""
    sent = sum(file["bytes"] for file in done.files)
    changes = f"{len(done.files)} {'file' if len(done.files) == 1 else 'files'}, {sent:,} bytes"
    if done.removed:
        changes += f"; {len(done.removed)} of an earlier push removed ({', '.join(done.removed[:3])}{', ...' * (len(done.removed) > 3)})"
    kind = "private" if done.private else "public"
    if done.dry_run:
        for file in done.files:
            yield f"  {file['path']}  {file['bytes']:,} bytes"
        for path in done.removed:
            yield f"  {path}  removed"
        there = "" if done.commit else ", which would be made"
        what = f"would get one commit: {changes}" if done.new else "has all of it already: no commit"
        yield f"{done.repo_id} ({kind}{there}) {what}. Nothing was sent."
    elif done.new:
        yield f"{done.url} ({kind}): commit {done.commit[:12]}, {changes}"
    else:
        yield f"{done.url} ({kind}) has all of it already, at {done.commit[:12]}: no commit was made."
    if done.kept_back:
        yield (
            f"Kept here: {', '.join(done.kept_back)}, which may hold rows that are not in the set. --with-dropped --private sends "
            f"them, too."
        )
    if not done.dry_run:
        revision = f', revision="{done.revision}"' if done.revision != "main" else ""
        yield f'load_dataset("{done.repo_id}", "{done.config}"{revision}) gives it back.'
