"""What gradient-boosted trees see beyond the chain of ratios: how level, places and hour of the week act together.

They are not told what studios, venues, categories and instructors are called: those would have to be numbered, a new
name would be another number, and what they bring is in the level already. Real classes are told as well without.

scikit-learn is imported here, inside the one function that trains, and nowhere else. The estimator is not kept: what it
learned of each recurring slot is, as one number, so a saved model is data only.
"""

from __future__ import annotations

import numpy as np

from adapter.smarttools.facts import Bools, Floats, Sessions, count_by, numbered, sum_by

LEAST_SESSIONS = 400
TRUST = 0.5  # the share of the trees' correction that is believed (log scale); the rest is the chain


def boosted_ratios(sessions: Sessions, demand: Floats, means: Floats, usable: Bools, seed: int) -> dict[str, float]:
    """Ratio to the chain's mean, by slot; empty where history is short, or nobody came."""
    chosen = usable & (means > 0)
    if np.count_nonzero(chosen) < LEAST_SESSIONS or not demand[chosen].any():
        return {}
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    features = _features(sessions, means)[chosen]
    trees = HistGradientBoostingRegressor(
        loss="poisson",
        max_iter=80,
        learning_rate=0.06,
        max_leaf_nodes=12,
        min_samples_leaf=25,
        l2_regularization=5.0,
        early_stopping=False,
        random_state=seed,
    )
    with threadpool_limits(1, "openmp"):  # few rows: threads cost more than they bring, most of all on a busy machine
        predicted = trees.fit(features, demand[chosen]).predict(features)
    slots, number = numbered([sessions.slot[index] for index in np.flatnonzero(chosen).tolist()])
    logs = sum_by(number, np.log(predicted / means[chosen]), len(slots)) / count_by(number, len(slots))
    return {slot: float(np.exp(TRUST * log)) for slot, log in zip(slots, logs.tolist(), strict=True)}


def _features(sessions: Sessions, means: Floats) -> Floats:
    how = sessions.hour_of_week
    return np.column_stack([means, np.nan_to_num(sessions.capacity), how % 24, how // 24]).astype(np.float64)
