"""How the signs of a text are weighed against each other: one row of weights a sign, for sentiments and acts.

Trained (`python -m benchmarks.train_understanding`), but for stars: of these there is one language only to learn from.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Final

SENTIMENTS: Final = ("negative", "neutral", "positive")
ACTS: Final = ("complaint", "question", "praise", "chatter")

SIGNS_MIXED: Final = (
    *("good", "bad", "complaint", "praise", "question", "chatter", "anger", "liked", "disliked"),
    *("bias", "short", "long", "dry"),
)

BY_STARS: Final[dict[str, tuple[float, ...]]] = {
    # negative, neutral, positive, complaint, question, praise, chatter
    "few_stars": (2.5, 0.0, -1.5, 2.5, 0.0, -1.5, -0.5),
    "some_stars": (0.3, 1.0, 0.0, 0.5, 0.0, 0.0, 0.0),
    "many_stars": (-2.0, 0.0, 2.5, -2.0, 0.0, 2.5, 0.0),
}

WEIGHTS: Final[dict[str, tuple[float, ...]]] = {
    name: tuple(weights)
    for name, weights in json.loads(
        resources.files("agency.inbox.understanding.models").joinpath("mixing.json").read_text("utf-8")
    ).items()
}
