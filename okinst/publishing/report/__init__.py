"""One page to look at a built set: a single HTML file that needs no network.

    told = write(Path("out"), Path("out/report.html"))

| module | what it works out |
|---|---|
| contents | all that the page says, as plain values; every number is counted in the files |
| rows | the rows and dropped rows that can be read in the page, cut so that it stays small |
| chosen | the map of a selection, and its clusters |
| page | the file itself: text from data is never markup |
"""

from okinst.publishing.report.writing import FILE, LIMIT, ROWS, Told, again, write

__all__ = ["FILE", "LIMIT", "ROWS", "Told", "again", "write"]
