"""python -m train --data ... --out ..., or evaluate, reference, truth, report, inspect, halve,
phantom, parcel, home."""

import io
import sys

from gan.checkpoint import CheckpointError
from train import halve, home, parcel, phantom, report
from train.config import UsageError, parse
from train.data import inspect
from train.loop import TrainingFailed
from train.parallel import LostProcess
from train.quality import evaluate, reference, truth
from train.run import train

_COMMANDS = {
    "evaluate": evaluate, "reference": reference, "truth": truth, "report": report,
    "inspect": inspect, "halve": halve, "phantom": phantom, "parcel": parcel, "home": home,
}  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """0 when done or when a training was stopped by the user, 2 on bad input, 1 when the training
    failed, 130 when anything else was stopped."""
    argv = sys.argv[1:] if argv is None else argv
    for stream in (sys.stdout, sys.stderr):  # a name that cannot be written must not end a training
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        if argv and argv[0] in _COMMANDS:
            _COMMANDS[argv[0]].main(argv[1:])
        else:
            train(parse(argv))
    except (UsageError, CheckpointError) as error:
        print(f"train: {error}", file=sys.stderr)
        return 2
    except (TrainingFailed, LostProcess) as error:
        print(f"train: {error}", file=sys.stderr)
        return 1
    except OSError as error:  # a full disk, a folder that may not be written
        print(f"train: {error}; what was saved before is unharmed", file=sys.stderr)
        return 1
    except KeyboardInterrupt:  # before or after the training itself, which saves and ends
        print("train: stopped; the same command goes on", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
