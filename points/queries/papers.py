"""Printed paper, by the token in its QR; and what of a village's words could not be printed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from peewee import fn

from points import access, db, pdf
from points.errors import NotOurPaper
from points.models.areas import Area, AreaAncestor
from points.models.goods import Goods
from points.models.paper import Paper
from points.models.people import Household, Person
from points.models.shop import Shop
from points.queries.people import READERS

_WORDS = """
    SELECT 'area', name FROM area WHERE id IN (SELECT descendant_id FROM area_ancestor WHERE ancestor_id = ?)
    UNION ALL SELECT 'item', rule_item.name FROM rule_item JOIN rule_book ON rule_book.id = rule_item.book_id
        WHERE rule_book.area_id = ? AND rule_book.state = 'adopted'
    UNION ALL SELECT 'goods', goods.name FROM goods JOIN shop ON shop.id = goods.shop_id
        JOIN area_ancestor ON area_ancestor.descendant_id = shop.area_id
        WHERE area_ancestor.ancestor_id = ? AND shop.active AND NOT goods.hidden
"""


class Undrawn(NamedTuple):
    """Words that hold *signs* without a glyph: a person's name with the household's number, or an area, item, goods."""

    what: str
    words: str
    signs: str
    number: str = ""


def by_token(token: str) -> Paper:
    """Return the paper whose QR carries *token*. Raises `NotOurPaper`."""
    found = Paper.get_or_none(Paper.token == token)
    if found is None:
        raise NotOurPaper()
    return found


def by_id(paper_id: int) -> Paper:
    """Return a paper."""
    found: Paper = Paper.get_by_id(paper_id)
    return found


def later(paper: Paper) -> Paper | None:
    """Return the newest printing of the same sheet after *paper*, if there is one."""
    same = (Paper.kind == paper.kind) & (Paper.subject_id == paper.subject_id) & (Paper.title == paper.title)
    found: Paper | None = Paper.select().where(same, Paper.id > paper.id).order_by(Paper.id.desc()).first()
    return found


def offered(shops: Iterable[Shop], today: date) -> dict[int, int]:
    """Count what each of the shops gives now or soon."""
    count = dict.fromkeys((shop.id for shop in shops), 0)
    given = ~Goods.hidden & (Goods.valid_to.is_null() | (Goods.valid_to >= today))
    rows: Any = Goods.select(Goods.shop, fn.COUNT(Goods.id)).where(Goods.shop.in_(list(count)), given)
    return count | dict(rows.group_by(Goods.shop).tuples())


def undrawn(reader: Person, village_id: int) -> list[Undrawn]:
    """List the words of a village that paper cannot show in full; people as far as *reader* sees their names."""
    found = [
        Undrawn(what, words, pdf.missing(words))
        for what, words in db.execute(_WORDS, (village_id, village_id, village_id)).fetchall()
    ]
    inside = AreaAncestor.select(AreaAncestor.descendant).where(AreaAncestor.ancestor == village_id)
    people = Person.select(Person.name, Household.number).join(Household, "LEFT OUTER JOIN")
    seen = people.where(Person.active, Person.area.in_(inside), Person.area.in_(access.covered_areas(reader, *READERS)))
    for name, number in seen.order_by(Household.number, Person.id).tuples().iterator():
        found.append(Undrawn("person", name, pdf.missing(name), number or ""))
    return [row for row in found if row.signs]


def grids(village_id: int) -> list[Area]:
    """List the grids of a village."""
    inside = AreaAncestor.select(AreaAncestor.descendant).where(AreaAncestor.ancestor == village_id)
    return list(Area.select().where(Area.id.in_(inside), Area.kind == "grid").order_by(Area.order, Area.id))
