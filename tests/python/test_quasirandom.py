"""Sobol points; golden numbers are PyTorch 2.13's."""

from __future__ import annotations

import pytest

import flambeau
from flambeau.quasirandom import SobolEngine


def test_first_points_and_leaving_out():
    engine = SobolEngine(3)
    assert engine.draw(4).tolist() == [[0, 0, 0], [0.5, 0.5, 0.5], [0.75, 0.25, 0.25], [0.25, 0.75, 0.75]]
    assert engine.num_generated == 4
    assert SobolEngine(4).fast_forward(5).draw(2).tolist() == [
        [0.875, 0.875, 0.125, 0.375],
        [0.625, 0.125, 0.875, 0.625],
    ]
    assert engine.reset().draw(4).tolist()[3] == [0.25, 0.75, 0.75]


def test_the_highest_dimensions():
    engine = SobolEngine(SobolEngine.MAXDIM)
    point = engine.fast_forward(1000).draw(1, dtype=flambeau.float64)[0]
    chosen = [0.2197265625, 0.0966796875, 0.3701171875, 0.2998046875, 0.0166015625, 0.0830078125]
    assert point[[0, 1, 1110, 1111, 5000, 21200]].tolist() == chosen
    assert point.sum().item() == 10646.1318359375


def test_scrambled_points_from_a_seed():
    points = SobolEngine(3, scramble=True, seed=7).draw(3, dtype=flambeau.float64)
    assert points[1].tolist() == [0.6922082901000977, 0.711494917050004, 0.48982980754226446]
    points = SobolEngine(1200, scramble=True, seed=1).draw(3, dtype=flambeau.float64)
    assert points.sum().item() == pytest.approx(1804.9213372636586, rel=1e-14)
    assert points[2, 1199].item() == 0.6388352997601032


def test_any_stretch_is_the_same_in_pieces():
    whole = SobolEngine(7, scramble=True, seed=3).draw(50)
    engine = SobolEngine(7, scramble=True, seed=3)
    pieces = [engine.draw(n) for n in (1, 0, 7, 32, 10)]
    assert flambeau.equal(flambeau.cat(pieces), whole)
    out = flambeau.empty(0)
    assert engine.reset().draw(50, out=out) is out and flambeau.equal(out, whole)


def test_every_dimension_is_a_permutation_of_equal_steps():
    points = SobolEngine(40).draw(64)
    assert (points.sort(0).values * 64 == flambeau.arange(64.0).unsqueeze(1)).all()


def test_powers_of_two():
    engine = SobolEngine(2)
    assert engine.draw_base2(3).shape == (8, 2) and engine.draw_base2(3).shape == (8, 2)
    with pytest.raises(ValueError, match="no power of 2"):
        engine.draw_base2(3)


@pytest.mark.parametrize("dimension", [0, 21202, -1])
def test_other_dimensions_are_refused(dimension):
    with pytest.raises(ValueError, match=r"SobolEngine.*21201"):
        SobolEngine(dimension)
    with pytest.raises(TypeError):
        SobolEngine(2.5)
    with pytest.raises(NotImplementedError, match="dtype"):
        SobolEngine(2).draw(1, dtype=flambeau.int32)
    with pytest.raises(RuntimeError, match="negative"):
        SobolEngine(2).draw(-1)
