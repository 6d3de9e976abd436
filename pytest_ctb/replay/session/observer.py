"""A login that is asked what a statement has done to its transaction, while that is open."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from pytest_ctb.model import Lock, Statement, TransactionCommand
from pytest_ctb.replay.session.login import Login
from pytest_ctb.replay.session.transactions import ALTERS_TYPES, DYNAMIC, ends, is_nothing, may_rename, takes_back
from pytest_ctb.replay.witness.catalog_writes import held
from pytest_ctb.replay.witness.effects import locks_held
from pytest_ctb.replay.witness.outside import relations_outside
from pytest_ctb.replay.witness.probe import Probe, milliseconds, probed
from pytest_ctb.replay.witness.properties import (
    Object,
    Parts,
    altered_objects,
    as_arrays,
    perhaps_altered,
    read,
)
from pytest_ctb.replay.witness.readers import readers
from pytest_ctb.replay.witness.renames import Named, renaming
from pytest_ctb.sql import Subjects, granted_on, subjects

_ALL = (1 << 63) - 1
"""Above all numbers: everything is told."""


class Observer(Login):
    """What a statement renamed, altered and locked; and what its transaction counts."""

    def _limits(self) -> tuple[str, str]:
        """How long the session waits for a lock, and for a statement; what it counted till now is done with."""
        ((lock_timeout, statement_timeout),) = self.ask("limits")
        return lock_timeout, statement_timeout

    def _watch_catalogs(self, statement: Statement, after: Probe) -> None:
        """Read what the statement made and dropped; where it took something back, only what is there then."""
        wrote = after.transaction and not is_nothing(statement)
        if takes_back(statement):
            self._inventory.read(self.connection)
        elif wrote or self._unseen or (self._defers and ends(statement)):
            self._witness.tell(*self._inventory.changes(self.connection))
            renamings = (renaming(*names) for names in self._inventory.renamed())
            self._named = self._named._replace(renamed=tuple(change.renamed for change in renamings if change))

    def _note_names(self, statement: Statement, before: Probe, after: Probe) -> None:
        """What has another name; while nobody else sees that yet, and so can be asked what it was."""
        if takes_back(statement):
            self._names.forget()
            return
        renames = may_rename(statement)
        renamings = (
            self._names.renamings(self._witness.made, self._admin if renames else None) if self.installed else []
        )
        new = [after.relations[oid] for oid in after.relations.keys() - before.relations.keys()]
        asked = {relation.oid for relation in new if renames}
        asked |= {relation.table for relation in new if relation.table not in after.relations}
        asked |= after.gone.keys() - before.gone.keys() - before.relations.keys() if not self._inside else set()
        self._named = Named(
            tuple(change.renamed for change in renamings), relations_outside(self._admin, asked) if asked else {}
        )

    def _note_alterations(self, statement: Statement, before: Probe, after: Probe, since: int) -> None:
        """What exactly it altered; while another session still sees what that was."""
        if self._inside:
            return  # a trial: nobody asks
        if takes_back(statement):
            if statement.command is TransactionCommand.ROLLBACK_TO:
                self._properties.read_again(self._properties_inside)
            else:
                self._properties.forget()
            return
        if self.installed:
            heard = self._witness
            objects = altered_objects(heard.made, heard.dropped, heard.reached, before, after)
        else:
            objects = perhaps_altered(after) if after.transaction else set()
            if after.transaction and statement.tag in DYNAMIC | ALTERS_TYPES:
                objects |= self._inventory.types()
        known = [(catalog, oid) for catalog, oid in objects if oid <= since]
        self._alterations = self._properties.alterations(known, self._properties_outside, self._properties_inside)

    def _properties_inside(self, objects: Collection[Object]) -> dict[Object, Parts]:
        return read(self.ask("properties", **as_arrays(objects)))

    def _properties_outside(self, objects: Collection[Object]) -> dict[Object, Parts]:
        return read(self.ask_outside("properties", **as_arrays(objects)))

    def _probe(self) -> Probe:
        parameters = {"border": self._since_file if self._spares else _ALL, "known": sorted(self._witness.relations)}
        answer = self.ask("probe", **(parameters if self.installed else {}))
        return self._with_readers(self._taken_back.corrected(probed(answer[0])))

    def _about_new(self, statement: Statement) -> Subjects | None:
        """What a statement locks, where its text says that this is only what the file has made."""
        if not self.installed or self._hooked:
            return None
        about = subjects(statement)
        return about if about is not None and self._new.have(about.names) else None

    def _did_new_alone(self, since: int) -> bool:
        """Whether the statement at hand made or changed only what its file has made: its text and the server say so."""
        return self._subjects is not None and self._witness.only_new(since)

    def _passes(self, before: Probe, since: int) -> Probe | None:
        """The transaction behind a statement about what is new alone, which nobody has to look at; else None."""
        if not (self._spares and self._did_new_alone(since)):
            return None
        self._passed = True
        self._unlooked |= self._witness.catalogs
        self._names.renamings(self._witness.made, None)
        return before.noted(self._witness.transaction or "", milliseconds(self._witness.lock_timeout))

    def _locks_held(self, before: Probe, since: int) -> tuple[Lock, ...]:
        """What the transaction holds locked; the same tuple for all statements that find it the same."""
        if self._held[0] is not before:
            self._held = before, locks_held(before, since)
        return self._held[1]

    def _ask_granted(self, statement: Statement) -> None:
        """On what a statement has granted: the objects that it names, as far as its transaction has written them."""
        names, tag = granted_on(statement), self._witness.granted
        self._witness.granted = ""
        if self._subjects is not None and (made := self._new.rows(names, tag)) is not None:
            self._witness.add(made, ())
            return
        bare = sorted({name.name for name in names}) or None
        ((made, reached),) = self.ask("granted", tag=tag, transaction=self._witness.transaction, names=bare)
        self._witness.add(made or [], reached or [])

    def _with_readers(self, probe: Probe) -> Probe:
        """With who else waits for what it has locked: what another session sees, and so the same until a commit."""
        since = self._since_file
        blocking = probe.blocking(since)
        if unknown := [oid for oid in blocking if oid not in self._readers]:
            self._readers |= dict.fromkeys(unknown) | readers(self.ask_outside("readers", relations=unknown), since)
        known = {oid: read_by for oid in blocking if (read_by := self._readers[oid]) is not None}
        return replace(probe, readers=known) if known else probe

    def _look(self, before: Probe) -> Probe:
        if not self._looks and not self._witness.heard_rewrite:
            return before
        if self.role is not None or self._inside:
            return self._probe()
        return replace(self._probe(), catalogs=held(self._admin, self.connection.info.backend_pid))
