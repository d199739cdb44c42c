"""Lists of households, their people, points, cards and proxies; of staff, places and what was taken out."""

from __future__ import annotations

from collections.abc import Iterator

from points import access, ledger
from points.calendar import local_date
from points.errors import NotFound
from points.exporting import Cell
from points.ledger import Entry
from points.models.ledger import AccountType
from points.models.people import Household
from points.queries import areas as places
from points.queries import changes, exports, home, proxies, staff
from points.queries import people as reads
from points.queries.people import HouseholdRow
from points.queries.proxies import Grant
from points.queries.staff import RoleRow
from points.web.edge import card_number, label, now
from points.web.home import told
from points.web.households import asked as asked_households
from points.web.lists import Listing, asked, following, of, own_area, searched
from points.web.session import me
from points.web.staff import READERS as STAFF_READERS
from points.web.text import gettext as _

A_LOT = 2_000
ENTRIES = 500


@of("households.index")
def households(village_id: int) -> Listing:
    found, said = _households(village_id)
    return Listing(
        title=_("户名册"),
        area_id=village_id,
        heads=_("户号、街巷、地址、家里人、几人、积分、情况"),
        rows=(
            [
                *(row.number, row.area, row.address, "、".join(row.people), len(row.people), row.balance),
                None if row.active else _("已停用"),
            ]
            for row in found
        ),
        asked=said,
    )


@of("households.people")
def people(village_id: int) -> Listing:
    """One row for each person of the same households."""
    found, said = _households(village_id)
    return Listing(
        title=_("人名册"),
        area_id=village_id,
        heads=_("户号、姓名、街巷、地址"),
        rows=([row.number, name, row.area, row.address] for row in found for name in row.people),
        asked=said,
    )


def _households(village_id: int) -> tuple[Iterator[HouseholdRow], str]:
    access.require_inside(me(), *reads.READERS, village_id=village_id)
    wanted, reader = asked_households(), me()
    areas = (area.name for area, _depth in places.within(reader, village_id) if area.id == wanted["area_id"])
    lane, state = next(areas, ""), {True: _("已停用的户"), None: _("连同已停用的户")}.get(wanted["resting"], "")

    def page(after: str | None) -> tuple[list[HouseholdRow], str | None]:
        rows, more = reads.households(reader, village_id, **wanted, after=after or "", most=A_LOT)
        return rows, rows[-1].number if more else None

    return following(page), asked(state, _("街巷：%(name)s", name=lane) if lane else "", searched(wanted["q"]))


@of("households.show")
def statement(household_id: int) -> Listing:
    """All entries of a household's account; its page begins with the newest."""
    household = access.household(household_id)
    access.require(me(), *reads.READERS, area_id=household.area_id)
    return Listing(
        title=_("%(number)s 户积分明细", number=household.number),
        area_id=household.village_id,
        heads=_("日期、为什么、积分、余额"),
        rows=(
            [local_date(entry.happened_at), label(entry.kind.value), entry.points, entry.balance]
            for lot in _entries(household_id)
            for entry in lot
        ),
    )


@of("home.front")
def own_statement(_nothing: int) -> Listing:
    """The own household's entries, each with what it was for."""
    household_id = me().household_id
    if household_id is None:
        raise NotFound()
    return _told(access.household(household_id))


@of("home.earlier")
def earlier_statement(household_id: int) -> Listing:
    """The same of a household that rests, for who came from there."""
    return _told(changes.one_earlier(me(), household_id))


def _told(household: Household) -> Listing:
    found = (home.behind(lot) for lot in _entries(household.id))
    return Listing(
        title=_("%(number)s 户积分明细", number=household.number),
        area_id=household.village_id,
        heads=_("时间、为什么、说明、积分、余额"),
        rows=(
            [row.entry.recorded_at, said.title, said.sub, said.points, row.entry.balance]
            for rows in found
            for row, said in zip(rows, told(rows), strict=True)
        ),
    )


def _entries(household_id: int) -> Iterator[list[Entry]]:
    """Give a household's entries, newest first, by lots."""
    account, before = ledger.account(AccountType.HOUSEHOLD, household_id), None
    while lot := ledger.statement(account, before=before, limit=ENTRIES):
        yield lot
        before = lot[-1].id


@of("cards.waiting")
def cards(village_id: int) -> Listing:
    access.require_inside(me(), "committee", "steward", "admin", village_id=village_id)
    return Listing(
        title=_("待发的卡"),
        area_id=village_id,
        heads=_("持卡人、户号、卡号、印卡"),
        rows=(
            [row.person.name, row.household_number, card_number(row.card.number), local_date(row.card.printed_at)]
            for row in reads.waiting_cards(me(), village_id)
        ),
    )


@of("proxies.of_household")
def proxies_of(household_id: int) -> Listing:
    household = access.household(household_id)
    access.require(me(), "committee", "steward", area_id=household.area_id)
    return _proxies(household_id, household.number, household.village_id)


@of("proxies.mine")
def own_proxies(_nothing: int) -> Listing:
    top = home.front(me(), now=now())
    if top is None or me().household_id is None:
        raise NotFound()
    return _proxies(me().household_id or 0, top.number, top.village_id)


def _proxies(household_id: int, number: str, village_id: int) -> Listing:
    today = local_date(now())

    def row(grant: Grant, standing: bool) -> list[Cell]:
        ended = _("已撤销") if grant.revoked_at else _("已过期")
        revoked = local_date(grant.revoked_at) if grant.revoked_at else None
        state = _("可以代领") if standing else ended
        granted: list[Cell] = [grant.granted_by, local_date(grant.granted_at)]
        return [grant.name, grant.number, *granted, grant.until, state, grant.revoked_by, revoked]

    return Listing(
        title=_("%(number)s 户代领人", number=number),
        area_id=village_id,
        heads=_("姓名、户号、谁授权、授权、到、情况、谁撤销、撤销"),
        rows=(
            row(grant, standing)
            for standing in (True, False)
            for grant in proxies.grants(household_id, today, standing=standing)
        ),
    )


# --- staff and places -------------------------------------------------------------------------------------------------


@of("staff.index")
def staff_of(area_id: int) -> Listing:
    access.require(me(), *STAFF_READERS, area_id=area_id)
    in_force, waiting, ended = staff.roles(area_id)
    states = ((waiting, _("待确认")), (in_force, _("现任")), (ended, _("以前的")))
    return _roles(_("工作人员"), area_id, [(role, state) for roles, state in states for role in roles])


@of("staff.waiting")
def staff_waiting(_nothing: int) -> Listing:
    """The roles that wait for someone like the reader, wherever they are."""
    return _roles(_("职责确认"), own_area(), [(role, _("待确认")) for role in staff.waiting(me())])


def _roles(title: str, area_id: int, roles: list[tuple[RoleRow, str]]) -> Listing:
    return Listing(
        title=title,
        area_id=area_id,
        heads=_("姓名、户号、职责、地方、情况、提名、确认、从何时、任期到、到何时"),
        rows=(
            [
                *(role.person, role.household_number, label(role.kind), role.area, state),
                *(role.granted_by, role.confirmed_by, role.confirmed_at and local_date(role.confirmed_at)),
                *(role.until, role.ended_at and local_date(role.ended_at)),
            ]
            for role, state in roles
        ),
    )


@of("areas.show")
def children(area_id: int) -> Listing:
    access.require(me(), *places.KEEPERS, area_id=area_id)
    found = places.children(area_id)
    rows: list[list[Cell]] = [[place.name, label(place.kind), place.households] for place in found]
    return Listing(_("下级地方"), area_id, _("名称、级别、户数"), rows)


@of("lists.index")
def taken_out(area_id: int) -> Listing:
    access.require(me(), *exports.READERS, area_id=area_id)
    return Listing(
        title=_("导出记录"),
        area_id=area_id,
        heads=_("时间、谁、地方、导出了什么、筛选、格式、行数"),
        rows=(
            [row.made_at, row.made_by.name, row.area.name, row.title, row.asked, row.format, row.count]
            for row in following(lambda before: exports.of_area(area_id, before=before))
        ),
    )
