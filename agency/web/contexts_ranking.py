"""Contexts of ranking: why a case stands where it does, the page of the weights, last week ranked again."""

from __future__ import annotations

from dataclasses import dataclass

from agency.web.looks import told


@dataclass(frozen=True, kw_only=True)
class RankPart:
    """One part of a rank."""

    words: str = told("Complaint, due in 40 min, waited 2 h.")
    why: str = told("The words it was told by.", default="")
    points: int = told("What it counts.")
    kind: str = told("`said`, `clock`, `place`, `person` or `waited`: how it is drawn.")
    x: str = told("Where its piece of the drawn sum begins, of 300.")
    width: str = told("How wide it is.")


@dataclass(frozen=True, kw_only=True)
class RankLook:
    """Why a case stands where it does: the sum of its parts."""

    score: int = told("The sum.")
    parts: tuple[RankPart, ...] = told("Those that count something, as they are told.")
    sentence: str = told("87 = complaint 30 + due in 40 min 35 + waited 2 h 2.", default="")
    weights_url: str = told("The page of the weights, for who may change them.", default="")
