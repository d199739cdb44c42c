"""Removing what is kept about a person, on their own request: names are replaced, amounts stay.

The person's row keeps its number, so that every entry, receipt and voice still belongs to somebody; all that says who
that was goes. What others wrote stays as well, without the name: `WORDS` lists every column in which people type. Where
somebody else is registered under the same name, or one that contains it, free words are left as they are, for they no
longer tell who is meant; the rows that are linked to the person are emptied all the same.

Some of those tables are append-only. Their guard is lifted for the statement that takes a name out of their words,
within this transaction, and stands again before it ends; no amount, id or moment is touched.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from peewee import Value

from points import db
from points.errors import N_, StillInUse
from points.models import APPEND_ONLY
from points.models.areas import VillageSetting
from points.models.base import Table
from points.models.census import Census, CensusChange
from points.models.changes import ChangePerson, DataRequest, HouseholdChange
from points.models.contribution import Contribution, Correction, Line, Objection, Voice
from points.models.council import Motion, MotionVoice
from points.models.expiry import ExpiryLine, ExpiryRule
from points.models.fund import FundTransfer
from points.models.jobs import Job
from points.models.keys import WriteKey
from points.models.ledger import Transfer, TransferNote
from points.models.opening import Opening, OpeningLine
from points.models.openness import Complaint
from points.models.paper import Export, Paper
from points.models.people import Card, Kin, Person, Role, Tries
from points.models.photos import Photo, PhotoBody, Upload
from points.models.receipt import Proxy, ReceiptUndo, Refusal
from points.models.reservation import Reservation
from points.models.rules import RuleBook
from points.models.shop import Shift
from points.models.stock import Loss, Receiving, Removal, StockMovement, Stocktake

SOMEBODY = N_("某人")
"""What stands in other people's words where the name stood; never longer than a name."""

WORDS: dict[type[Table], tuple[str, ...]] = {
    Proxy: ("name",),
    VillageSetting: ("objection_contact",),
    Card: ("revoked_reason",),
    Kin: ("relation",),
    Refusal: ("values",),
    Contribution: ("note",),
    Line: ("refusal",),
    Voice: ("reason",),
    Objection: ("on_behalf_of", "text", "reason"),
    Correction: ("reason",),
    Motion: ("text",),
    MotionVoice: ("reason",),
    Complaint: ("text", "contact", "answer"),
    RuleBook: ("minutes",),
    Shift: ("note", "taken_note"),
    Receiving: ("source", "voucher", "note"),
    StockMovement: ("note",),
    Loss: ("reason",),
    Removal: ("note",),
    Stocktake: ("note",),
    ReceiptUndo: ("reason",),
    FundTransfer: ("voucher", "note"),
    Paper: ("title", "facts"),
    Export: ("title", "asked"),
    Job: ("given", "file_name", "trouble"),
    Upload: ("file_name", "rows"),
    Census: ("file_name", "cells", "mapping", "preview", "counts"),
    CensusChange: ("before", "after"),
    Opening: ("source", "signers", "dropped_reason"),
    OpeningLine: ("objection", "answer"),
    ExpiryRule: ("minutes", "ended_reason"),
    ExpiryLine: ("objection", "answer"),
    HouseholdChange: ("address", "reason", "answer"),
    DataRequest: ("words", "answer"),
    WriteKey: ("refusal",),
}
"""Every column in which people type words; `transfer_note` is emptied instead, for its digest vouches for it.

`write_key` comes last: every verb ends with it, so that one which is under way can end before it is held here.
"""


def hindrance(person: Person) -> str:
    """Say what must end before the data of *person* can go: nothing if nothing does."""
    waiting = Line.state.in_(("recorded", "checked", "approved", "noticed"))
    still: dict[str, Any] = {
        N_("本人还登记在本村"): Person.select().where(Person.id == person, Person.active),
        N_("本人还担任职责"): Role.select().where(Role.person == person, Role.ended_at.is_null()),
        N_("本人的卡还没有停用"): Card.select().where(Card.person == person, Card.revoked_at.is_null()),
        N_("本人还有预约没有取"): Reservation.select().where(Reservation.person == person, Reservation.state == "open"),
        N_("本人还有申报没有办完"): Line.select().where(Line.person == person, waiting),
        N_("本人提的异议还没有答复"): Objection.select().where(
            Objection.raised_by == person, Objection.answer.is_null()
        ),
        N_("本人对期初积分的异议还没有答复"): OpeningLine.select().where(
            OpeningLine.objected_by == person, OpeningLine.state == "disputed"
        ),
        N_("本人对积分到期的异议还没有答复"): ExpiryLine.select().where(
            ExpiryLine.objected_by == person, ExpiryLine.state == "disputed"
        ),
        N_("本人还在一项户的变动里"): ChangePerson.select()
        .join(HouseholdChange)
        .where(ChangePerson.person == person, HouseholdChange.state == "proposed"),
    }
    return next((what for what, rows in still.items() if rows.exists()), "")


def erase(person: Person, *, now: datetime) -> None:
    """Replace the name of *person* and remove what else tells who that was. Raises `StillInUse`."""
    db.require_transaction()
    Person.update(active=Person.active).where(Person.id == person.id).execute()  # held until the end
    what = hindrance(person)
    if what:
        raise StillInUse(what=what)
    blank: dict[str, Any] = {"initials": "", "phone": None, "username": None, "password_hash": None, "pin_hash": None}
    blank |= {"lock_pin_hash": None, "phone_public": False, "must_change_password": False}
    name = f"已删除{person.id}"
    Person.update(name=name, erased_at=now, epoch=Person.epoch + 1, **blank).where(Person.id == person.id).execute()
    _empty_own(person, name, now=now)
    _take_out(person)


def _empty_own(person: Person, name: str, *, now: datetime) -> None:
    """Empty the words of rows that are the person's own, whoever else has the same name."""
    Kin.update(relation="").where((Kin.person == person) | (Kin.relative == person)).execute()
    Proxy.update(name=name).where(Proxy.person == person).execute()
    Contribution.update(note="").where(Contribution.recorded_by == person).execute()
    Complaint.update(contact="", raised_by=None).where(Complaint.raised_by == person).execute()
    DataRequest.update(words="", answer="").where(DataRequest.person == person).execute()
    Upload.delete().where(Upload.uploaded_by == person).execute()
    keys = Line.select(Value("line:").concat(Line.id.cast("TEXT"))).where(Line.person == person)
    awards = Transfer.select(Transfer.id).where(Transfer.key.in_(keys))
    answers = Transfer.select(Transfer.id).where(Transfer.answers.in_(awards))
    for transfers in (awards, answers):
        TransferNote.update(salt="", text="").where(TransferNote.transfer.in_(transfers)).execute()
    photos = Photo.select(Photo.id).where(Photo.added_by == person)
    PhotoBody.delete().where(PhotoBody.photo.in_(photos)).execute()
    Photo.update(removed_at=now).where(Photo.added_by == person, Photo.removed_at.is_null()).execute()
    subjects = [f"name:{person.username}", f"person:{person.id}"]
    subjects += [f"card:{card.id}" for card in Card.select(Card.id).where(Card.person == person)]
    Tries.delete().where(Tries.subject.in_(subjects)).execute()


def _take_out(person: Person) -> None:
    """Take the name, phone and username out of everybody's words, as they stand there or within JSON."""
    told = {person.name: SOMEBODY, person.phone: "*"}
    if len(person.name) < 2 or Person.select().where(Person.name.contains(person.name)).exists():
        del told[person.name]  # somebody else's name, or a sign that stands in other words
    swaps = {said: instead for said, instead in told.items() if said}
    for said in swaps:
        TransferNote.update(salt="", text="").where(TransferNote.text.contains(said)).execute()
    swaps |= {json.dumps(said)[1:-1]: instead for said, instead in swaps.items()}
    for table, names in WORDS.items():
        for name in names:
            for said, instead in swaps.items():
                _replace(table, name, said, instead)
    if person.username:
        _replace(WriteKey, "refusal", json.dumps(person.username), '"*"')


def _replace(table: type[Table], name: str, said: str, instead: str) -> None:
    """Replace *said* in a column wherever it stands."""
    here, column = table._meta.table_name, table._meta.fields[name].column_name
    holds = f"REPLACE({column}, ?, '') <> {column}"  # no sign means another, as in LIKE; nothing for NULL
    if db.execute(f"SELECT 1 FROM {here} WHERE {holds} LIMIT 1", (said,)).fetchone() is None:
        return
    with _unguarded(here, table in APPEND_ONLY):
        db.execute(f"UPDATE {here} SET {column} = REPLACE({column}, ?, ?) WHERE {holds}", (said, instead, said))


@contextmanager
def _unguarded(table: str, guarded: bool) -> Iterator[None]:
    """Lift the trigger that makes *table* append-only, and put it back; both within the caller's transaction."""
    if not guarded:
        yield
    elif db.is_postgresql():
        db.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_no_change")
        yield
        db.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_no_change")
    else:
        name = f"{table}_no_UPDATE"
        made = db.execute("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND name = ?", (name,)).fetchone()[0]
        db.execute(f"DROP TRIGGER {name}")
        yield
        db.execute(made)
