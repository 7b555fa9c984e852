"""Is it any good? Figures of a generator, each beside the same figure between real people."""

from train.quality.judge import Judge
from train.quality.score import score

__all__ = ["Judge", "score"]
