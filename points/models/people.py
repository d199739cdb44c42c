"""People: households and those who live in them, declared kin, staff roles, cards, and wrong tries."""

from __future__ import annotations

from typing import Any

from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
    Check,
    CompositeKey,
    DateField,
    ForeignKeyField,
    IntegerField,
)

from points.db import UTCField
from points.models.areas import Area
from points.models.base import Table, one_of

ROLES = ("steward", "committee", "council", "clerk", "supervisor", "admin")
JUDGING_ROLES = ("steward", "committee", "council", "supervisor")
CHANNELS = ("web", "till")
BOARD_NAMES = ("none", "masked", "full")
LEFT = ("died", "moved", "other")


class Household(Table):
    """A household 户: it has one points account and no sign-in. `area` is its lane, or the grid or village itself.

    *board_name* is its own choice of how the red board names it: not at all, masked, or in full. *merged_into* is the
    household that took this one up: points that still come here follow there.
    """

    village: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    area: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT")
    village_id: int
    area_id: int
    number = CharField(max_length=12)
    address = CharField(max_length=60, default="")
    active = BooleanField(default=True)
    opened_at = UTCField()
    opened_by_id = BigIntegerField(null=True)
    notice_id = BigIntegerField(null=True, index=True)
    board_name = CharField(max_length=8, default="masked")
    merged_into: Any = ForeignKeyField("self", null=True, backref="+", on_delete="RESTRICT")
    merged_into_id: int | None

    class Meta:
        constraints = [one_of("board_name", BOARD_NAMES)]
        indexes = ((("village", "number"), True),)


class Person(Table):
    """A person: a villager of a household, staff, or both. Card, PIN and password belong to one person.

    `pin_hash` is an HMAC under the key kept outside the database; `password_hash` is argon2. `epoch` grows when the
    person signs out everywhere, which ends every session begun before. No identity number is ever stored.
    *barred_until*: the last local day on which the person may not collect goods, by a decision of the council.
    *lock_pin_hash* opens a till that locked itself after a pause. *seen_receipt_id*: the last proxy collection of the
    household that the person has taken notice of. *phone_public*: the person lets posters show the phone. *left_why*
    and *left_on*: why and since when one who is no longer active is gone. *erased_at*: the name was replaced and
    whatever else could name the person removed.
    """

    household: Any = ForeignKeyField(Household, null=True, backref="people", on_delete="RESTRICT")
    household_id: int | None
    area: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    area_id: int
    name = CharField(max_length=40)
    initials = CharField(max_length=40, default="")
    phone = CharField(max_length=20, null=True)
    active = BooleanField(default=True)
    username = CharField(max_length=40, null=True, unique=True)
    password_hash = CharField(max_length=200, null=True)
    must_change_password = BooleanField(default=False)
    epoch = IntegerField(default=0)
    pin_hash = CharField(max_length=64, null=True)
    added_at = UTCField()
    barred_until: Any = DateField(null=True)
    lock_pin_hash = CharField(max_length=64, null=True)
    seen_receipt_id = BigIntegerField(default=0)
    phone_public = BooleanField(default=False)
    left_why = CharField(max_length=8, default="")
    left_on: Any = DateField(null=True)
    erased_at = UTCField(null=True)

    class Meta:
        constraints = [Check("length(name) > 0"), one_of("left_why", ("", *LEFT))]
        indexes = ((("area", "name"), False),)


class Kin(Table):
    """A declared relation between two people; it holds in both directions and is the ground of recusal 回避."""

    person: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    relative: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    person_id: int
    relative_id: int
    relation = CharField(max_length=20)
    declared_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    declared_at = UTCField()

    class Meta:
        constraints = [Check("person_id <> relative_id")]
        indexes = ((("person", "relative"), True), (("relative", "person"), False))


class Role(Table):
    """A role of a person in an area and all below it; in force once confirmed by a second person and until ended.

    *until* is the last local day of the term of an elected member; `tick` ends the role after it.
    """

    person: Any = ForeignKeyField(Person, backref="roles", on_delete="RESTRICT", index=False)
    area: Any = ForeignKeyField(Area, backref="+", on_delete="RESTRICT", index=False)
    person_id: int
    area_id: int
    kind = CharField(max_length=16)
    granted_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    granted_by_id: int | None
    granted_at = UTCField()
    confirmed_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    confirmed_by_id: int | None
    confirmed_at = UTCField(null=True)
    ended_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    ended_at = UTCField(null=True)
    until: Any = DateField(null=True)

    class Meta:
        constraints = [
            one_of("kind", ROLES),
            Check("confirmed_by_id IS NULL OR confirmed_by_id <> person_id"),
            Check("confirmed_by_id IS NULL OR granted_by_id IS NULL OR confirmed_by_id <> granted_by_id"),
        ]
        indexes = ((("person", "ended_at"), False), (("area", "kind"), False))


# Few terms end by themselves.
Role.add_index(Role.index(Role.until).where(Role.until.is_null(False)))


class Card(Table):
    """A paper card of one person. `secret_hash` is an HMAC; the code itself exists only on the paper.

    A card works between its hand-over, by someone other than its printer, and its revocation. *first_pin_hash* is the
    PIN that was printed inside the folded part; it becomes the person's PIN at the hand-over, unless they choose one.
    """

    person: Any = ForeignKeyField(Person, backref="cards", on_delete="RESTRICT")
    person_id: int
    number = CharField(max_length=12, unique=True)
    secret_hash = CharField(max_length=64)
    printed_by: Any = ForeignKeyField(Person, backref="+", on_delete="RESTRICT", index=False)
    printed_by_id: int
    printed_at = UTCField()
    handed_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    handed_at = UTCField(null=True)
    revoked_by: Any = ForeignKeyField(Person, null=True, backref="+", on_delete="RESTRICT", index=False)
    revoked_at = UTCField(null=True)
    revoked_reason = CharField(max_length=60, default="")
    run_id = BigIntegerField(null=True, index=True)
    first_pin_hash = CharField(max_length=64, null=True)

    class Meta:
        constraints = [Check("handed_by_id IS NULL OR handed_by_id <> printed_by_id")]


class Tries(Table):
    """Wrong tries in a row on a subject (``card:12``, ``name:lixia``), web and till apart; a right one clears them."""

    id = None
    channel = CharField(max_length=8)
    subject = CharField(max_length=60)
    failures = IntegerField()
    last_at = UTCField()

    class Meta:
        primary_key = CompositeKey("channel", "subject")
        constraints = [one_of("channel", CHANNELS), Check("failures > 0")]
