"""A whole portfolio from its plan: plants, what happens to them, and their clean documents."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from extract.simulator.plan import SimulationPlan
from tests.findings.conditions import Conditions, capped_assets, conditions_of
from tests.findings.days import FINAL, LIVE
from tests.findings.injection import Key
from tests.findings.portfolio import Plant, Spell, plant_of, spells_of
from tests.findings.series import Series, final_series, live_series

# As in the simulator, one asset has no live infeed and one no final production.
_WITHOUT = {("SOL-DE-001", LIVE), ("WND-DE-001", FINAL)}


@dataclass(frozen=True)
class Portfolio:
    """A portfolio without faults."""

    plan: SimulationPlan
    spells: tuple[Spell, ...]
    plants: Mapping[str, Plant]
    conditions: Mapping[str, Conditions]
    documents: Mapping[Key, Series]
    """Live infeed and final production."""

    @property
    def judged_days(self) -> tuple[date, ...]:
        """All except the first and the last, so that each has neighbours on both sides."""
        return self.plan.days[1:-1]


def simulated(plan: SimulationPlan) -> Portfolio:
    """The portfolio of a plan, from its seed."""
    spells = spells_of(plan)
    capped = capped_assets(plan.seed, [asset.asset_id for asset in plan.assets])
    plants, conditions, documents = {}, {}, {}
    for asset in plan.assets:
        asset_id = asset.asset_id
        plant = plants[asset_id] = plant_of(plan, asset, spells)
        one = conditions_of(plan.seed, plant, plan.days, asset_id in capped)
        conditions[asset_id] = one
        for day in plan.days:
            if (asset_id, LIVE) not in _WITHOUT:
                documents[LIVE, asset_id, day] = live_series(plan.seed, plant, one, day)
            if (asset_id, FINAL) not in _WITHOUT:
                documents[FINAL, asset_id, day] = final_series(plant, one, day)
    return Portfolio(plan, spells, plants, conditions, documents)
