"""Command line: python -m train --data FOLDER_OR_ZIP --out RUN."""

import sys

from gan.checkpoint import CheckpointError
from train.config import UsageError, parse
from train.loop import TrainingFailed
from train.run import train


def main(argv: list[str] | None = None) -> int:
    """0 when done or stopped by the user, 2 on bad input, 1 when the training failed."""
    try:
        train(parse(argv))
    except (UsageError, CheckpointError) as error:
        print(f"train: {error}", file=sys.stderr)
        return 2
    except TrainingFailed as error:
        print(f"train: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
