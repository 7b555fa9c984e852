"""What each figure is called, which way is better, and what it says in one sentence."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One row of the table. better: "lower", "higher" or "near" (the floor)."""

    key: str
    title: str
    better: str
    meaning: str


COMPARED = (
    Figure("swd", "Sliced Wasserstein distance", "lower",
           "How differently small patches look, averaged over the scales below."),
    Figure("swd_{}", "… at {} px", "lower", ""),
    Figure("spectrum_db", "Spectrum, dB", "lower",
           "How far the strength of coarse and fine detail is off; blur and grain show here."),
    Figure("fd", "Frechet distance", "lower",
           "How differently the features of a whole slice are spread: what is shown, how often."),
    Figure("kid", "Kernel distance", "lower",
           "The same question without a bias from few pictures; about 0 for equal sets."),
    Figure("precision", "Precision", "higher",
           "Share of pictures that lie among the reals: few odd ones."),
    Figure("recall", "Recall", "higher",
           "Share of reals that lie among the pictures: little of the variety is missing."),
    Figure("density", "Density", "higher",
           "Like precision, but counts how many reals are around each picture."),
    Figure("coverage", "Coverage", "higher",
           "Share of reals that have a picture nearby; low when kinds of brains are never shown."),
    Figure("auc", "Told apart (area under the curve)", "lower",
           "A simple classifier, asked about people it was not fitted on: 0.5 it guesses, 1 it "
           "always knows which is generated."),
)  # fmt: skip
COPIED = (
    Figure("memorised", "Memorised share", "lower",
           "Share of pictures closer to a training slice than 99 % of unseen people's slices are."),
    Figure("authenticity", "Authenticity", "higher",
           "Share of pictures farther from their nearest training slice than that slice is from "
           "other people's."),
    Figure("nearest_percentile", "Nearest training slice, percentile", "near",
           "Where the distance lies among those of unseen people, on average; far below 50 means "
           "copying."),
    Figure("nearest", "Nearest training slice, distance", "near",
           "Median Euclidean distance of pictures averaged down to 32 px."),
)  # fmt: skip
TELLTALES = (
    Figure("measured_auc", "Told apart by its measurements (area under the curve)", "lower",
           "Boosted trees on the ten measurements, asked about people they were not fitted on: 0.5 "
           "they guess, 1 they always know which is generated."),
    Figure("background", "Bright background", "lower",
           "Share of the pixels around the head that are brighter than 2 of 255 grey levels."),
    Figure("twins", "Twins", "lower",
           "Share of pictures whose nearest other picture is closer than any two training people's "
           "slices are: the same brain again."),
)  # fmt: skip
DIVERSITY = Figure(
    "ms_ssim", "Likeness of pairs (MS-SSIM)", "near",
    "How alike two pictures are; far above the real pairs means that all brains look the same.",
)  # fmt: skip


def rows(value: dict[str, float]) -> list[Figure]:
    """The rows of COMPARED that a comparison holds, one for each scale."""
    found = []
    for figure in COMPARED:
        if "{}" not in figure.key:
            found += [figure] if figure.key in value else []
            continue
        prefix = figure.key.format("")
        scales = [name.removeprefix(prefix) for name in value if name.startswith(prefix)]
        found += [Figure(prefix + s, figure.title.format(s), figure.better, "") for s in scales]
    return found
