"""A scale has a slider of its own: directions are found in what differs at one place of it."""

import numpy as np

from explorer.knowledge.directions.direction import spread_of
from explorer.knowledge.samples import sample_classes
from explorer.tools.atlas import divide


def told_by(places, values):
    """Share of the variance of each column that a curve over the places tells."""
    z = (places - places.mean()) / places.std()
    powers = np.stack([z**p for p in range(7)], axis=1)
    centred = values - values.mean(axis=0)
    left = centred - powers @ np.linalg.lstsq(powers, centred, rcond=None)[0]
    return 1 - (left**2).sum(axis=0) / (centred**2).sum(axis=0)


def test_a_scale_is_no_part_of_what_the_axes_show(height_model):
    library = height_model.library
    places = sample_classes(library.generator, len(library.w))
    w = library.w.astype(np.float64)
    _, axes = np.linalg.eigh(spread_of(w).covariance)
    assert told_by(places, w @ axes).max() > 0.5  # an axis that climbs through the head
    ours = np.stack([d.vector.numpy() for d in library.pca[:10]], axis=1)
    assert told_by(places, library.people @ ours).max() < 0.02
    deviations = (library.people.astype(np.float64) @ ours).std(axis=0) / (ours**2).sum(axis=0)
    assert np.abs(deviations - 1).max() < 0.02
    whole, here = (spread.covariance.trace() for spread in (library.whole_spread, library.spread))
    assert here < whole


def test_brains_at_one_place_are_as_they_are_there(height_model):
    library, scale = height_model.library, height_model.scale
    generator, middle = library.generator, scale.position(scale.middle)
    places = sample_classes(generator, 200)
    near = np.abs(places - middle) < 0.02 * scale.count
    assert near.any()
    off = np.abs(library.people[:200] - library.w[:200])
    assert off[near].max() < 0.2 * off.max()


def test_groups_of_high_and_low_slices_differ_in_people_only(height_model):
    library = height_model.library
    count = len(library.settled_population().table)
    order = np.argsort(sample_classes(height_model.generator, count))
    found = divide(height_model, "mine", order[-80:].tolist(), order[:80].tolist())
    assert found.right < 0.75  # nothing that tells them apart but chance
    w = library.w.astype(np.float64)
    apart = w[order[-80:]].mean(axis=0) - w[order[:80]].mean(axis=0)
    assert ((w[order[-80:]] - w.mean(axis=0)) @ apart > 0).mean() > 0.75  # as w is, they differ


def test_without_a_scale_all_is_one(model):
    library = model.library
    assert library.people is library.w
    assert library.whole_spread is library.spread
