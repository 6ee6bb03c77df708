"""What a benchmark found: figures with their goals, over all repetitions.

Comes in: one reading of a figure after the other. Goes out: lines of a table, or JSON. Pure.
"""

import statistics
from collections.abc import Iterable

import msgspec

from levelchat.client.timing import Distribution
from levelchat.errors import LevelChatError


class Reading(msgspec.Struct, frozen=True):
    """One figure of one run."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    at_least: bool = False
    """Whether *goal* is to be reached from below; otherwise not to be exceeded."""


class Figure(msgspec.Struct, frozen=True):
    """One figure over all runs."""

    subject: str
    """What was measured: a store, a forwarding core."""
    measurement: str
    name: str
    unit: str
    values: list[float]
    goal: float | None
    at_least: bool

    @property
    def reached(self) -> bool | None:
        """Whether the worst run reached the goal; None without one."""
        if self.goal is None:
            return None
        return min(self.values) >= self.goal if self.at_least else max(self.values) <= self.goal


class Results:
    """All figures, in the order in which they were first read."""

    def __init__(self) -> None:
        self._readings: dict[tuple[str, str, str], list[Reading]] = {}
        self.notes: list[str] = []

    def add(self, subject: str, measurement: str, readings: Iterable[Reading]) -> None:
        """One run's."""
        for reading in readings:
            self._readings.setdefault((subject, measurement, reading.name), []).append(reading)

    def note(self, text: str) -> None:
        """Something that is no figure, such as a query plan; the same one is kept once."""
        if text not in self.notes:
            self.notes.append(text)

    def figures(self) -> list[Figure]:
        """Every figure."""
        return [
            Figure(
                subject,
                measurement,
                name,
                readings[0].unit,
                [reading.value for reading in readings],
                readings[0].goal,
                readings[0].at_least,
            )
            for (subject, measurement, name), readings in self._readings.items()
        ]


def percentiles(
    name: str, latency: Distribution, goals: dict[int, float] | None = None
) -> list[Reading]:
    """p50, p95, p99 and the most in milliseconds; *goals* are by percentile."""
    wanted = (50, 95, 99, 100)
    goals = goals or {}
    return [
        Reading(
            f"{name} {'max' if percent == 100 else f'p{percent}'}",
            round(value / 1e6, 2),
            "ms",
            goals.get(percent),
        )
        for percent, value in zip(wanted, latency.quantiles_ns(*wanted), strict=False)
    ]


def table(figures: Iterable[Figure]) -> list[str]:
    """One line for each: least, median and most over the runs, the goal, and whether reached."""
    head = f"{'subject':10}  {'measurement':10}  {'figure':44}  {'min':>10}  {'median':>10}  "
    lines = [f"{head}{'max':>10}  {'unit':6}  {'goal':>10}  reached"]
    for figure in figures:
        low, high = min(figure.values), max(figure.values)
        middle = statistics.median(figure.values)
        goal = "" if figure.goal is None else _goal(figure)
        reached = {True: "yes", False: "NO", None: ""}[figure.reached]
        lines.append(
            f"{figure.subject:10}  {figure.measurement:10}  {figure.name:44}  "
            f"{low:>10,.6g}  {middle:>10,.6g}  {high:>10,.6g}  {figure.unit:6}  "
            f"{goal:>10}  {reached}".rstrip()
        )
    return lines


def _goal(figure: Figure) -> str:
    return f"{'≥' if figure.at_least else '≤'} {figure.goal:,.6g}"


def first_sentence(group: BaseExceptionGroup[LevelChatError]) -> str:
    """What one of the errors says."""
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error.detail if isinstance(error, LevelChatError) else str(error)
