"""Goods 商品: what a shop gives for points, at what price; entered one by one or taken in from a spreadsheet.

Who keeps a shop's list takes turns with others who do. One way writes it, whether one sort of goods changes or 2,000.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any

from peewee import IntegrityError

from points import access, barcodes, db, names, photos
from points.errors import (
    N_,
    AlreadyDone,
    BadPrice,
    BarcodeTaken,
    ClashingName,
    Invalid,
    NotFound,
    PointsError,
)
from points.forbidden import require_allowed
from points.keys import verb
from points.models.goods import GOODS_CATEGORIES, LIMIT_PERIODS, Goods, GoodsPrice
from points.models.people import Person
from points.models.photos import Photo, PhotoBody, Upload
from points.models.shop import Shop
from points.texts import required

KEEPERS = ("committee", "clerk")
HIGHEST_PRICE = 100_000
HIGHEST_COST_FEN = 10_000_000
HIGHEST_LIMIT = 1000
MOST_BARCODES = 10
MOST_ROWS = 5000
PICTURE_SIDE = 480


@dataclass(frozen=True, slots=True)
class Facts:
    """What the list says of goods, and the barcodes they carry; `Goods` explains it."""

    name: str
    unit: str = ""
    category: str = "其他"
    price: int = 0
    cost_fen: int = 0
    barcodes: tuple[str, ...] = ()
    limit_household: int | None = None
    limit_person: int | None = None
    limit_period: str = "month"
    valid_from: date | None = None
    valid_to: date | None = None
    low_at: int = 3
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What shall be said of goods from now on, and what is said today: nothing of new ones, whose id is 0."""

    goods_id: int
    new: Facts
    old: Facts | None = None

    @property
    def fields(self) -> list[tuple[str, Any, Any]]:
        """What differs: (field, old, new)."""
        both = [(one.name, getattr(self.old, one.name, None), getattr(self.new, one.name)) for one in fields(Facts)]
        return [values for values in both if values[1] != values[2]]


@verb("goods.add_goods")
def add_goods(
    *, key: str, actor: Person, now: datetime, shop_id: int, picture: photos.Picture | None = None, **facts: Any
) -> int:
    """Put goods on the shop's list, with an empty shelf; return their id. `Facts` names what is told of them.

    Raises `GoodsForbidden`, `ClashingName`, `Missing`, `TooLong`, `BadPrice`, `BadBarcode`, `BarcodeTaken`, `Invalid`.
    """
    shop = _shop(actor, shop_id)
    [goods_id] = _write(shop_id, [Change(0, _checked(Facts(**facts)))], actor, now)
    _show(picture, goods_id, shop, actor, now)
    return goods_id


@verb("goods.edit_goods")
def edit_goods(
    *, key: str, actor: Person, now: datetime, goods_id: int, picture: photos.Picture | None = None, **facts: Any
) -> int:
    """Change what the list says of goods, and their *picture* if there is a new one; return their id.

    What *facts* leave out stays. Raises what `add_goods` raises.
    """
    shop = _shop(actor, _goods(actor, goods_id).shop_id)
    old = _known(Goods.id == goods_id)[goods_id]
    new = _checked(replace(old, **facts))
    if new != old:
        _write(shop.id, [Change(goods_id, new, old)], actor, now)
    _show(picture, goods_id, shop, actor, now)
    return goods_id


@verb("goods.change_price")
def change_price(*, key: str, actor: Person, now: datetime, goods_id: int, price: int) -> int:
    """Set the price in points from now on, and keep who did; return the goods' id. Raises `BadPrice`."""
    _shop(actor, _goods(actor, goods_id).shop_id)
    _require_price(price)
    if Goods.update(price=price).where(Goods.id == goods_id, Goods.price != price).execute():
        GoodsPrice.create(goods=goods_id, price=price, since=now, set_by=actor)
    return goods_id


@verb("goods.hide")
def hide(*, key: str, actor: Person, now: datetime, goods_id: int, hidden: bool) -> int:
    """Take goods off the list, or put them back on it; return their id."""
    _shop(actor, _goods(actor, goods_id).shop_id)
    Goods.update(hidden=hidden).where(Goods.id == goods_id).execute()
    return goods_id


# --- by spreadsheet -------------------------------------------------------------------------------------------------


def look_over(shop_id: int, given: Sequence[Mapping[str, Any]]) -> tuple[list[Change], list[tuple[int, PointsError]]]:
    """Return how the rows of a sheet differ from a shop's list, and what is wrong: the place of each row and why.

    A row tells some of the `Facts`, the name at least; what it leaves out stays. It is about the goods of that name, or
    else about those that carry one of its barcodes; what nothing is told of stays as it is.
    """
    known = _known(Goods.shop == shop_id)
    named = {facts.name: goods_id for goods_id, facts in known.items()}
    carriers = {code: goods_id for goods_id, facts in known.items() for code in facts.barcodes}
    changes: list[Change] = []
    wrong: list[tuple[int, PointsError]] = []
    told: dict[str, str] = {}
    for place, row in enumerate(given):
        try:
            codes = [barcodes.read(code) for code in row.get("barcodes", ())]
            carried = next((carriers[code] for code in codes if code in carriers), 0)
            goods_id = named.get(required(row["name"], N_("名称"), 40), carried)
            old = known.get(goods_id)
            new = _checked(replace(old, **row) if old else Facts(**row))
            for code in new.barcodes:
                if carriers.get(code, goods_id) != goods_id:
                    raise BarcodeTaken(code=code, goods=known[carriers[code]].name)
            _take_names(told, new, old)
        except PointsError as refusal:
            wrong.append((place, refusal))
        else:
            if new != old:
                changes.append(Change(goods_id, new, old))
    return changes, wrong


@verb("goods.upload")
def upload(
    *, key: str, actor: Person, now: datetime, shop_id: int, file_name: str, given: Sequence[Mapping[str, Any]]
) -> int:
    """Keep the rows of a spreadsheet until its uploader takes them in; return the upload's id."""
    shop = _shop(actor, shop_id)
    _changes, wrong = look_over(shop_id, given)
    if wrong:
        raise wrong[0][1]
    kept = Upload.create(
        village=shop.area_id,
        kind="goods",
        file_name=file_name.strip()[-80:],
        rows=json.dumps({"shop": shop_id, "goods": given}, default=date.isoformat),
        uploaded_by=actor,
        uploaded_at=now,
    )
    return int(kept.id)


def uploaded(actor: Person, upload_id: int) -> tuple[int, list[dict[str, Any]]]:
    """Return the shop for which *actor* uploaded a spreadsheet, and what its rows tell. Raises `NotFound`."""
    kept = Upload.get_or_none(Upload.id == upload_id, Upload.kind == "goods", Upload.uploaded_by == actor)
    if kept is None:
        raise NotFound()
    rows = json.loads(kept.rows)
    days = ("valid_from", "valid_to")
    return rows["shop"], [
        row | {day: date.fromisoformat(row[day]) for day in days if row.get(day)} for row in rows["goods"]
    ]


@verb("goods.take_in")
def take_in(*, key: str, actor: Person, now: datetime, upload_id: int) -> int:
    """Take in the goods that *actor* uploaded, all or none; return the shop's id."""
    shop_id, given = uploaded(actor, upload_id)
    _shop(actor, shop_id)
    if Upload.delete().where(Upload.id == upload_id).execute() == 0:
        raise AlreadyDone()
    changes, wrong = look_over(shop_id, given)
    if wrong:
        raise wrong[0][1]
    if changes:
        _write(shop_id, changes, actor, now)
    return shop_id


def _take_names(told: dict[str, str], new: Facts, old: Facts | None) -> None:
    """Note what a row is about. Raises `ClashingName`, `BarcodeTaken` when an earlier row is about the same."""
    if new.name in told or (old and old.name in told):
        raise ClashingName(name=new.name)
    for code in new.barcodes:
        if code in told:
            raise BarcodeTaken(code=code, goods=told[code])
    told |= dict.fromkeys((new.name, *new.barcodes, *([old.name] if old else [])), new.name)


# --- what is said, checked and written ------------------------------------------------------------------------------


def _shop(actor: Person, shop_id: int) -> Shop:
    """Return the shop whose list *actor* may change, and let others who change it wait."""
    shop = Shop.get_or_none(Shop.id == shop_id)
    if shop is None:
        raise NotFound()
    access.require(actor, *KEEPERS, area_id=shop.area_id)
    Shop.update(active=Shop.active).where(Shop.id == shop_id).execute()
    return shop


def _goods(actor: Person, goods_id: int) -> Goods:
    goods = Goods.select(Goods, Shop).join(Shop).where(Goods.id == goods_id).get_or_none()
    if goods is None:
        raise NotFound()
    access.require(actor, *KEEPERS, area_id=goods.shop.area_id)
    return goods


def _known(where: Any) -> dict[int, Facts]:
    """Return what is said today of the goods *where*."""
    columns = [getattr(Goods, one.name) for one in fields(Facts) if one.name != "barcodes"]
    query: Any = Goods.select(Goods.id, *columns).where(where).dicts()
    found = {row.pop("id"): row for row in query}
    codes: dict[int, list[str]] = {}
    listed = f"SELECT goods_id, code FROM barcode WHERE goods_id IN ({db.set_of_ids()}) ORDER BY id"
    for goods_id, code in db.execute(listed, (json.dumps(list(found)),)).fetchall():
        codes.setdefault(goods_id, []).append(code)
    return {goods_id: Facts(**row, barcodes=tuple(codes.get(goods_id, ()))) for goods_id, row in found.items()}


def _checked(facts: Facts) -> Facts:
    """Return *facts* tidied. Raises the refusal of the first that is wrong."""
    name = required(facts.name, N_("名称"), 40)
    require_allowed(name)
    require_allowed(facts.category)
    if facts.category not in GOODS_CATEGORIES:
        raise Invalid(what=N_("类别"))
    _require_price(facts.price)
    if facts.limit_period not in LIMIT_PERIODS:
        raise Invalid(what=N_("限量周期"))
    for number, least, most, what in (
        (facts.cost_fen, 0, HIGHEST_COST_FEN, N_("进价")),
        (facts.limit_household, 1, HIGHEST_LIMIT, N_("每户最多")),
        (facts.limit_person, 1, HIGHEST_LIMIT, N_("每人最多")),
        (facts.low_at, 0, HIGHEST_LIMIT, N_("剩多少算少")),
    ):
        if number is not None and not least <= number <= most:
            raise Invalid(what=what)
    if facts.valid_from and facts.valid_to and facts.valid_to < facts.valid_from:
        raise Invalid(what=N_("到哪天止"))
    codes = tuple(dict.fromkeys(barcodes.read(code) for code in facts.barcodes))
    if len(codes) > MOST_BARCODES:
        raise Invalid(what=N_("条码"))
    return replace(facts, name=name, unit=required(facts.unit, N_("单位"), 8), barcodes=codes)


def _require_price(price: int) -> None:
    if not 0 < price <= HIGHEST_PRICE:
        raise BadPrice(most=HIGHEST_PRICE)


def _write(shop_id: int, changes: Sequence[Change], actor: Person, now: datetime) -> list[int]:
    """Write *changes* by a constant number of statements; return the ids of their goods."""
    ids = {change.new.name: change.goods_id for change in changes}
    added = [change.new for change in changes if not change.goods_id]
    changed = [change for change in changes if change.goods_id]
    try:
        if added:
            ids |= {name: int(id_) for id_, name in db.rows(_ADD, [_row(shop_id, facts) for facts in added])}
        if changed:
            db.rows(_CHANGE, [_row(change.goods_id, change.new) for change in changed])
    except IntegrityError:
        raise ClashingName(name=changes[0].new.name) from None
    db.rows(_EMPTY_SHELF, [(ids[facts.name],) for facts in added])
    priced = [change.new for change in changes if change.old is None or change.old.price != change.new.price]
    since = db.microseconds(now)
    db.rows(_PRICE, [(ids[facts.name], facts.price, since, actor.id) for facts in priced])
    coded = [change.new for change in changes if change.new.barcodes != (change.old.barcodes if change.old else ())]
    if coded:
        _give_barcodes(shop_id, {ids[facts.name]: facts.barcodes for facts in coded})
    return list(ids.values())


def _give_barcodes(shop_id: int, codes: Mapping[int, Iterable[str]]) -> None:
    """Let goods carry these barcodes and no others. Raises `BarcodeTaken`."""
    db.execute(f"DELETE FROM barcode WHERE goods_id IN ({db.set_of_ids()})", (json.dumps(list(codes)),))
    given = [(goods_id, shop_id, code) for goods_id, carried in codes.items() for code in carried]
    for code, name in db.rows(_CARRIED, given):
        raise BarcodeTaken(code=code, goods=name)
    db.rows(_BARCODE, given)


def _show(picture: photos.Picture | None, goods_id: int, shop: Shop, actor: Person, now: datetime) -> None:
    """Give goods a picture in place of the one before, which goes with the last goods that show it."""
    if picture is None:
        return
    before = Goods.get_by_id(goods_id).photo_id
    [photo_id] = photos.keep(
        [picture], village_id=shop.area_id, subject_type="goods", subject_id=goods_id, actor=actor, now=now
    )
    Goods.update(photo=photo_id).where(Goods.id == goods_id).execute()
    if before and not Goods.select().where(Goods.photo == before).exists():  # another shop's goods may show it too
        PhotoBody.delete().where(PhotoBody.photo == before).execute()
        Photo.update(removed_at=now).where(Photo.id == before).execute()


def _row(id_: int, facts: Facts) -> tuple[Any, ...]:
    """Return a row for `_ADD` (*id_*: of the shop) or `_CHANGE` (of the goods)."""
    days = (day and day.isoformat() for day in (facts.valid_from, facts.valid_to))
    return (
        *(id_, facts.name, names.initials(facts.name), facts.unit, facts.category, facts.price, facts.cost_fen),
        *(facts.limit_household, facts.limit_person, facts.limit_period, facts.low_at, int(facts.hidden), *days),
    )


_ADD = """
    INSERT INTO goods (shop_id, name, initials, unit, category, price, cost_fen, limit_household, limit_person,
        limit_period, low_at, hidden, valid_from, valid_to)
    SELECT {0}, {1:text}, {2:text}, {3:text}, {4:text}, {5}, {6}, {7}, {8}, {9:text}, {10}, {11} = 1, {12:day}, {13:day}
    FROM {rows} ORDER BY rows.key RETURNING id, name
"""
_CHANGE = """
    UPDATE goods SET name = given.name, initials = given.initials, unit = given.unit, category = given.category,
        price = given.price, cost_fen = given.cost_fen, limit_household = given.limit_household,
        limit_person = given.limit_person, limit_period = given.limit_period, low_at = given.low_at,
        hidden = given.hidden, valid_from = given.valid_from, valid_to = given.valid_to
    FROM (
        SELECT {0} AS id, {1:text} AS name, {2:text} AS initials, {3:text} AS unit, {4:text} AS category, {5} AS price,
            {6} AS cost_fen, {7} AS limit_household, {8} AS limit_person, {9:text} AS limit_period, {10} AS low_at,
            {11} = 1 AS hidden, {12:day} AS valid_from, {13:day} AS valid_to
        FROM {rows}
    ) AS given WHERE goods.id = given.id
"""
_EMPTY_SHELF = "INSERT INTO stock (goods_id, on_hand, reserved) SELECT {0}, 0, 0 FROM {rows}"
_PRICE = "INSERT INTO goods_price (goods_id, price, since, set_by_id) SELECT {0}, {1}, {2}, {3} FROM {rows}"
_CARRIED = """
    SELECT barcode.code, goods.name FROM {rows} JOIN barcode ON barcode.shop_id = {1} AND barcode.code = {2:text}
    JOIN goods ON goods.id = barcode.goods_id
"""
_BARCODE = "INSERT INTO barcode (goods_id, shop_id, code) SELECT {0}, {1}, {2:text} FROM {rows} ORDER BY rows.key"
