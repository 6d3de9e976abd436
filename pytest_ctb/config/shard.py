"""Which part of a history a run watches: the value of `--ctb-shard`."""

from __future__ import annotations

from typing import NamedTuple

from pytest_ctb.errors import ConfigError


class Shard(NamedTuple):
    """One of several runs that share a history: `2/5` watches the second of five parts."""

    number: int
    """Counted from 1."""
    of: int

    @property
    def is_whole(self) -> bool:
        """It is the only one: the run watches the whole history."""
        return self.of == 1

    @property
    def is_last(self) -> bool:
        """Its part ends the history: it also sees the schema that all migrations make."""
        return self.number == self.of

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


WHOLE = Shard(1, 1)


def parse_shard(text: str) -> Shard:
    """The shard that an option names. Raises ConfigError."""
    number, _, of = text.strip().partition("/")
    if not (number.isdecimal() and of.isdecimal() and number.isascii() and of.isascii() and int(of)):
        raise ConfigError(f"--ctb-shard {text}: write which shard of how many, as 2/5")
    shard = Shard(int(number), int(of))
    if not 1 <= shard.number <= shard.of:
        raise ConfigError(f"--ctb-shard {text}: the shards are 1/{shard.of} to {shard.of}/{shard.of}")
    return shard
