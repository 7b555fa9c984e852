"""Logs of a training: one JSON object a line, each with its `kimg`."""

import json
from pathlib import Path

from gan.checkpoint import write_atomic


class Log:
    """A .jsonl file that grows with the training and forgets what a crash undid."""

    def __init__(self, path: Path):
        self.path = path

    def append(self, line: dict) -> None:
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def lines(self) -> list[dict]:
        """All whole lines; what a kill left half-written is passed over."""
        if not self.path.exists():
            return []
        found = []
        for text in self.path.read_text(encoding="utf-8").splitlines():
            try:
                line = json.loads(text)
            except ValueError:
                continue
            if isinstance(line, dict) and isinstance(line.get("kimg"), int | float):
                found.append(line)
        return found

    def forget_after(self, seen: int) -> None:
        """Drop half-written lines and those past so many images: they will come again."""
        if self.path.exists():
            kept = [line for line in self.lines() if round(line["kimg"] * 1000) <= seen]
            text = "".join(json.dumps(line) + "\n" for line in kept)
            write_atomic(self.path, text.encode())
