"""Guests and knobs that the tests share."""

from __future__ import annotations

from hypothesis import strategies as st

from kit.migration import Guest, Heat, Knobs, Link, Random, Sequential

LINK = Link(speed_mib_s=1000)
BUSY = Guest(256, used_mib=96, working_set=Sequential(64, 20_000))
CAP = Knobs(max_bandwidth_mib_s=50)

sizes = st.integers(1, 128)
rates = st.integers(0, 60_000)
working_sets = st.one_of(
    st.builds(Sequential, sizes, rates),
    st.builds(Random, sizes, rates),
    st.builds(
        lambda hot, cold, share, rate: Heat.of([(hot, share), (cold, 1.001 - share)], rate),
        st.integers(1, 32), st.integers(1, 96), st.floats(0.1, 1), rates,
    ),
)  # fmt: skip
guests = st.builds(
    lambda memory, share, working, content: Guest(memory, round(memory * share), working, content),
    st.integers(160, 1024), st.floats(0, 1), working_sets, st.sampled_from(["zero", "const", "half", "random"]),
)  # fmt: skip
caps = st.integers(5, 400)
limits = st.integers(1, 3000)
