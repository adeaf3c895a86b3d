"""How the signs of a text are weighed against each other: one row of weights a sign, for sentiments and acts."""

from __future__ import annotations

from typing import Final

SENTIMENTS: Final = ("negative", "neutral", "positive")
ACTS: Final = ("complaint", "question", "praise", "chatter")

WEIGHTS: Final[dict[str, tuple[float, ...]]] = {
    # negative, neutral, positive, complaint, question, praise, chatter
    "bias": (0.0, 0.8, 0.0, 0.0, 0.0, 0.0, 0.8),
    "good": (-0.8, 0.0, 2.0, -0.5, 0.0, 1.8, 0.0),
    "bad": (2.0, 0.0, -0.8, 1.8, 0.0, -0.8, 0.0),
    "complaint": (1.2, 0.0, -0.8, 2.2, 0.0, -0.8, -0.5),
    "praise": (-0.5, 0.0, 1.0, -0.5, 0.0, 1.2, 0.0),
    "question": (0.0, 0.4, 0.0, -0.2, 1.8, -0.8, -0.3),
    "chatter": (0.0, 0.5, 0.0, -0.5, -0.5, -0.3, 1.5),
    "anger": (1.0, 0.0, -0.5, 1.0, 0.0, -0.5, 0.0),
    "trained": (-0.8, 0.0, 0.8, -0.4, 0.0, 0.4, 0.0),
    "short": (0.0, 0.2, 0.0, 0.0, 0.0, 0.0, 0.3),
    "long": (0.2, 0.0, 0.0, 0.4, 0.0, 0.0, -0.6),
    "few_stars": (2.5, 0.0, -1.5, 2.5, 0.0, -1.5, -0.5),
    "some_stars": (0.3, 1.0, 0.0, 0.5, 0.0, 0.0, 0.0),
    "many_stars": (-2.0, 0.0, 2.5, -2.0, 0.0, 2.5, 0.0),
}
