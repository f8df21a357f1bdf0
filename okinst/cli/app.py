"""The command line's entry: runs the program, and turns every expected error into one message and an exit code.

Exit codes: 0 done, 1 the work failed, 2 the call was wrong, 130 interrupted.
"""

import io
import os
import sys
from typing import NoReturn

from okinst.cli import commands  # noqa: F401  # whose import gives the program its commands
from okinst.cli.program import app

#: what the shell calls an end by Ctrl-C
INTERRUPTED = 130


def main() -> None:
    """Run the command line, and turn every expected error into one message and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows no Hangul is no reason to stop
    words = [word for word in sys.argv[1:] if word != "--debug"]
    debug = len(words) < len(sys.argv) - 1
    try:
        app(args=["--debug", *words] if debug else words)
    except SystemExit as end:
        if end.code == INTERRUPTED:
            print(
                "okinst: interrupted; nothing half-written is left. Run the same again: what is cached stays.",
                file=sys.stderr,
            )
        raise
    except BrokenPipeError:
        # the reader, such as head, has seen enough; stdout must not be flushed into it once more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:  # all that a user can meet ends here as one message; --debug shows the traceback instead
        if debug:
            raise
        _fail(error)


def _fail(error: Exception) -> NoReturn:
    from okinst.builders import OkinstError, WrongCall

    if isinstance(error, OkinstError):
        text = str(error)
    elif isinstance(error, OSError) and error.strerror:
        where = f" {error.filename}" if error.filename else ""
        text = f"the system refused{where}: {error.strerror}. Name another place: -o or --to, or HF_HOME for the cache."
    else:
        text = f"{type(error).__name__}: {error}. Run it again with --debug to see where, and please report it."
    print(f"okinst: {text}", file=sys.stderr)
    sys.exit(2 if isinstance(error, WrongCall) else 1)


if __name__ == "__main__":
    main()
