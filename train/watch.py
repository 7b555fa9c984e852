"""Judging a training while it runs: every so many kimg, keeping the best model."""

import time
from pathlib import Path

from tqdm import tqdm

from gan.checkpoint import load_checkpoint, save_checkpoint
from gan.config import ModelConfig
from gan.generator import Generator
from train.config import TrainConfig
from train.data import Slices
from train.log import Log
from train.quality.judge import Judge, TooFewSlices
from train.quality.score import score

BEST = "best.safetensors"
FLOORS = "quality-floors.json"
_UNTIMED = 60.0  # seconds, what an evaluation is thought to take before one has been timed


class Watch:
    """Figures of the averaged generator.

    quality.jsonl        one line per evaluation, with a score: lower is better; `took`: seconds
    quality-floors.json  the same figures between real slices of different people
    best.safetensors     the model with the lowest score so far
    """

    def __init__(self, path: Path, train: Slices, held_out: Slices | None, config: TrainConfig):
        self.path, self.train, self.held_out, self.config = path, train, held_out, config
        self.log = Log(path / "quality.jsonl")
        self.best_path = path / BEST
        self.judge: Judge | None = None  # its feature network takes minutes to train
        self.unable = False

    def due(self, seen: int) -> bool:
        """Whether --evaluate-kimg has passed since the last evaluation."""
        every = self.config.evaluate_kimg * 1000
        last = max((round(line["kimg"] * 1000) for line in self.log.lines()), default=0)
        return every > 0 and seen // every > last // every

    def in_time(self, deadline: float) -> bool:
        """Whether as much time is left until then, on the clock of time.monotonic, as the last
        evaluation took."""
        took = next((line["took"] for line in reversed(self.log.lines()) if "took" in line), None)
        return time.monotonic() + (_UNTIMED if took is None else took) < deadline

    def evaluate(self, generator: Generator, line: dict, tensors: dict, provenance: dict) -> None:
        """Judge the generator, keep the best model, log the figures behind `line`: in this order,
        so that a model whose figures are known is kept whatever happens.

        tensors, provenance: of the model as it would be saved. Where there are too few slices to
        judge by, that is said once.
        """
        if self.unable:
            return
        begun = time.monotonic()
        if self.judge is None:
            try:
                self.judge = Judge(
                    self.train, self.held_out, self.path, mirror=self.config.mirror,
                    device=next(generator.parameters()).device,
                )  # fmt: skip
            except TooFewSlices as error:
                self.unable = True
                tqdm.write(f"not judged, and no best model kept: {error}")
                return
            self.judge.save_floors(self.path / FLOORS)
        figures = self.judge.quick(generator)
        figures["score"] = score(figures, self.judge.floors)
        best = figures["score"] < self.best_score(generator.config, provenance["data_digest"])
        if best:
            save_checkpoint(
                self.best_path, generator.config, provenance | {"score": figures["score"]}, tensors
            )
        self.log.append(line | figures | {"took": round(time.monotonic() - begun, 3)})
        tqdm.write(
            f"{line['kimg']:g} kimg: score {figures['score']:.2f}"
            + (", the best so far" if best else "")
        )

    def best_score(self, config: ModelConfig, data_digest: str) -> float:
        """Of the model kept; infinite if there is none, or one of another network or other data,
        whose score has other floors."""
        if not self.best_path.exists():
            return float("inf")
        best = load_checkpoint(self.best_path)
        if best.config != config or best.provenance.get("data_digest") != data_digest:
            return float("inf")
        return best.provenance.get("score", float("inf"))

    def forget_best(self) -> None:
        """Of before the network grew."""
        self.best_path.unlink(missing_ok=True)
