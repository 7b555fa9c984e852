"""Judging a training while it runs: every so many kimg, keeping the best model."""

from pathlib import Path

from tqdm import tqdm

from gan.checkpoint import load_checkpoint, save_checkpoint
from gan.generator import Generator
from train.config import TrainConfig
from train.data import Slices
from train.log import Log
from train.quality.judge import Judge
from train.quality.score import score

FLOORS = "quality-floors.json"


class Watch:
    """Figures of the averaged generator.

    quality.jsonl        one line per evaluation, with a score: lower is better
    quality-floors.json  the same figures between real slices of different people
    best.safetensors     the model with the lowest score so far
    """

    def __init__(self, path: Path, train: Slices, held_out: Slices | None, config: TrainConfig):
        self.path, self.train, self.held_out, self.config = path, train, held_out, config
        self.log = Log(path / "quality.jsonl")
        self.best_path = path / "best.safetensors"
        self.judge: Judge | None = None  # its feature network takes minutes to train

    def due(self, seen: int) -> bool:
        """Whether --evaluate-kimg has passed since the last evaluation."""
        every = self.config.evaluate_kimg * 1000
        last = max((line["kimg"] * 1000 for line in self.log.lines()), default=0)
        return every > 0 and seen // every > last // every

    def evaluate(self, generator: Generator, line: dict, tensors: dict, provenance: dict) -> None:
        """Judge the generator, log the figures behind `line`, keep the best model.

        tensors, provenance: of the model as it would be saved.
        """
        if self.judge is None:
            self.judge = Judge(
                self.train, self.held_out, self.path, mirror=self.config.mirror,
                device=next(generator.parameters()).device,
            )  # fmt: skip
            self.judge.save_floors(self.path / FLOORS)
        figures = self.judge.quick(generator)
        figures["score"] = score(figures, self.judge.floors)
        self.log.append(line | figures)
        best = figures["score"] < self.best_score()
        if best:
            save_checkpoint(
                self.best_path, generator.config, provenance | {"score": figures["score"]}, tensors
            )
        tqdm.write(
            f"{line['kimg']:g} kimg: score {figures['score']:.2f}"
            + (", the best so far" if best else "")
        )

    def best_score(self) -> float:
        """Of the model kept; infinite if there is none."""
        if not self.best_path.exists():
            return float("inf")
        return load_checkpoint(self.best_path).provenance.get("score", float("inf"))
