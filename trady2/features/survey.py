"""Which blocks of an asset are out of date, found without reading what did not change."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from trady2.config import FeaturesConfig
from trady2.features.block_files import block_file, block_files_in, stored_input
from trady2.features.blocks import BLOCK_BARS
from trady2.features.engine import Engine
from trady2.features.fingerprint import engine_digest, joint_digest
from trady2.features.inputs import Inputs
from trady2.features.market import PATIENCE, Market
from trady2.features.memo import Memo, Written

if TYPE_CHECKING:
    from trady2.features.bar_arrays import BarArrays

__all__ = ["Survey", "Wanted"]


class Wanted(NamedTuple):
    """A block file that has to be there, and the digest of what it has to be made from."""

    file: str
    made_from: str


@dataclass
class Survey:
    """The state of one asset's vectors against its bars.

    Attributes:
        engine: what computes the blocks.
        dirty: the blocks that have to be written, by number, oldest first.
        stale: block files that have to go, for their bars are gone.
        rows_before: rows in the block files as found.
    """

    asset: str
    place: Path
    config: FeaturesConfig
    own: Inputs
    market: dict[str, Inputs]
    engine: Engine
    dirty: dict[int, Wanted] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)
    written: dict[str, Written] = field(default_factory=dict)

    @classmethod
    def of(
        cls, bars_folder: str | Path, place: Path, asset: str, config: FeaturesConfig, market: Sequence[str]
    ) -> Survey:
        """Compare the block files in *place* with the bars of *asset* and of its *market*."""
        memo = Memo.read(place)
        own = Inputs.of(bars_folder, asset, memo)
        if memo.step not in (0, own.step):
            memo = Memo()
            own = Inputs.of(bars_folder, asset, memo)
        known = Memo(own.step, files=memo.files, blocks=memo.blocks)
        others = {name: own if name == asset else Inputs.of(bars_folder, name, known) for name in market}
        engine = Engine.of(config, own.step, market=bool(market))
        survey = cls(asset, place, config, own, others, engine)
        survey._compare(memo)
        return survey

    @property
    def rows_total(self) -> int:
        """Rows when all dirty blocks are written: one for each closed bar."""
        return sum(block.rows for block in self.own.blocks.values())

    @property
    def rows_before(self) -> int:
        """Rows in the block files as they were found."""
        return sum(each.rows for each in self.written.values())

    @property
    def blocks_total(self) -> int:
        """Blocks that hold at least one bar."""
        return len(self.own.blocks)

    def remember(self, marks: Mapping[str, tuple[int, int, int]]) -> None:
        """Note what is known after the dirty blocks were written, with these *marks*, and the stale ones removed.

        Not for one more bar in a block that is known already: next time its own file tells what it was made from, and
        that is faster than to write down what is known of hundreds of others.
        """
        if not self.stale and len(self.dirty) == 1 and next(iter(self.dirty.values())).file in self.written:
            return
        inputs = {**self.market, self.asset: self.own}
        for name in self.stale:
            self.written.pop(name, None)
        for number, wanted in self.dirty.items():
            rows = self.own.blocks[number].rows
            self.written[wanted.file] = Written(marks[wanted.file], wanted.made_from, rows, number)
        Memo(
            step=self.own.step,
            engine=self._engine_digest,
            files={name: each.stored.memorable for name, each in inputs.items()},
            blocks={name: each.blocks for name, each in inputs.items()},
            written=self.written,
        ).write(self.place)

    def first_needed(self, number: int) -> int:
        """Return the block that holds the oldest bar which the computation of block *number* reads."""
        numbers = self._numbers
        place = bisect_left(numbers, number)
        missing = self.engine.history_bars
        while missing > 0 and place > 0:
            place -= 1
            missing -= self.own.blocks[numbers[place]].rows
        return numbers[place]

    def load(self) -> BarArrays:
        """Return the bars of the dirty blocks, the history before them, and the market beside them."""
        length = BLOCK_BARS * self.own.step
        start, stop = self.first_needed(min(self.dirty)) * length, (max(self.dirty) + 1) * length
        bars = self.own.bars(start, stop)
        if not self.market:
            return bars
        # A market return may span PATIENCE, and stays fresh for as long.
        members = {name: inputs.bars(start - 2 * PATIENCE, stop) for name, inputs in self.market.items()}
        return Market.of(members, self.config.market_leader).beside(self.asset, bars)

    @cached_property
    def _numbers(self) -> list[int]:
        return list(self.own.blocks)

    @cached_property
    def _engine_digest(self) -> str:
        return engine_digest(self.engine, self.market, self.config.market_leader)

    def _compare(self, memo: Memo) -> None:
        for name, mark in block_files_in(self.place, memo.written).items():
            known = memo.written.get(name)
            trusted = known is not None and known.mark == mark
            self.written[name] = known if known and trusted else Written(mark, *stored_input(self.place / name))
        wanted = self._wanted(memo)
        found = {name: each.made_from for name, each in self.written.items()}
        self.dirty = {number: each for number, each in wanted.items() if found.get(each.file) != each.made_from}
        self.stale = sorted(self.written.keys() - {each.file for each in wanted.values()})

    def _wanted(self, memo: Memo) -> dict[int, Wanted]:
        """Return for each block its file and the digest that it has to have.

        A block before the first changed one is as remembered, for nothing it reads lies later.
        """
        changed = [each.first_changed for each in (self.own, *self.market.values())]
        first_changed = min((number for number in changed if number is not None), default=math.inf)
        if self._engine_digest != memo.engine:
            first_changed = -math.inf
        known = {each.number: Wanted(file, each.made_from) for file, each in memo.written.items()}
        wanted = {}
        for number in self._numbers:
            if number < first_changed and number in known:
                wanted[number] = known[number]
            else:
                wanted[number] = Wanted(block_file(number, self.own.step), self._made_from(number))
        return wanted

    def _made_from(self, number: int) -> str:
        """Return the digest of all that goes into a block: code, configuration, bars, the market's bars."""
        length = BLOCK_BARS * self.own.step
        first = self.first_needed(number)
        own = self._numbers[bisect_left(self._numbers, first) : bisect_right(self._numbers, number)]
        parts = [self._engine_digest] + [f"{each}:{self.own.blocks[each].digest}" for each in own]
        earliest = (first * length - 2 * PATIENCE) // length
        for name, inputs in self.market.items():
            beside = range(earliest, number + 1)
            parts += [f"{name}:{each}:{inputs.blocks[each].digest}" for each in beside if each in inputs.blocks]
        return joint_digest(parts)
