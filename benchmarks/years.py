"""A county after years: the villages of `seed`, and months of deeds and purchases of every household.

Points move in rounds: four awards of 10 and a purchase of 40, again and again, so each balance follows from its round
and whole rounds are written by one statement; the audit says that the book is as the ledger would have written it. Of
the newest rounds there is all that a village leaves behind: sheets, lines, voices, notes, receipts, movements of the
shelf, keys. Of the months before there are notices, sittings, motions, shifts and so on. What waits is the same in
every book, and so is what a page shows of the past: who is looked at has a history in a small one too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from benchmarks import seed
from points import db, places, summaries
from points import models as m
from points.calendar import local_date
from points.models.base import Table

LONG, SHORT = 40, 5
"""Rounds of the households that are looked at, and of all others, in a small book."""
MONTHS, SHIFTS = 60, 300
"""Months with a notice, and rounds with a shift at their end."""
KEPT = 30
"""So many of the newest rounds have their sheets and receipts: half a year."""
SHEET = 20
"""Households on a sheet."""
DAY = 86_400_000_000
STEP = 6 * DAY
"""Between two rounds: five in a month."""
PATROL, WATCH = "义务巡逻（≥2小时）", "护考、节庆值守"
DIGEST = "0123456789abcdef" * 4
WAITING = 10**10
"""Lines and sheets that wait are numbered from here."""
HOLDER = "(SELECT MIN(person.id) FROM person WHERE person.household_id = household.id)"


def fill(villages: int, households: int, transfers: int, *, now: datetime, say: Callable[[str], None]) -> None:
    """Fill the bound, empty database with about so many transfers, by some hundred statements."""
    county = Years(seed.Scale(villages, households), now)
    with db.transaction():
        county.county()
    homes = villages * households
    rounds = max(LONG, (transfers - homes) // homes // 5 * 5)
    county.history(rounds, whole=transfers >= homes * LONG, say=say)


class Years(seed._Filling):
    """Fills like `seed`, with two villages in a township and another history."""

    def areas(self) -> None:
        county = places.open_area(None, "county", "清河县")
        towns = [places.open_area(county, "township", f"第{n}镇") for n in range(-(-self.scale.villages // 2))]
        villages = [places.open_area(towns[n // 2], "village", f"第{n}村") for n in self.numbers]
        self.towns = [town.id for town in towns]
        self.villages = [village.id for village in villages]
        self.lanes = []
        for village in villages:
            grid = places.open_area(village, "grid", "第一网格")
            self.lanes.append([places.open_area(grid, "lane", f"第{n}巷").id for n in range(seed.LANES)])

    def purchases(self) -> None:
        """None yet: they are part of the history."""

    def deeds(self) -> None:
        """Adopt rules, appoint whoever judges, and leave nothing else yet."""
        self.books = seed.insert(m.RuleBook, [
            {"area": village, "version": 1, "state": "adopted", "minutes": "村民会议第1号", "created_at": self.now,
             "adopted_on": local_date(self.now), "adopted_by": self.recorders[0]}
            for village in self.villages
        ])  # fmt: skip
        self.items = seed.insert(m.RuleItem, [
            {"book": book, "code": code, "category": "平安", "name": name, "points": 10}
            for book in self.books for code, name in ((1, PATROL), (2, WATCH))
        ])  # fmt: skip
        seats = [("committee", 2), ("council", 3)]
        for number in self.numbers:
            for kind, count in seats:
                for seat in range(count):
                    name = f"{kind}{number}-{seat}"
                    self.appoint(kind, self.villages[number], name)
        for number, town in enumerate(self.towns):
            self.appoint("supervisor", town, f"supervisor{number}")
        for number, steward in enumerate(self.recorders):
            m.Person.update(username=f"steward{number}").where(m.Person.id == steward).execute()

    def appoint(self, kind: str, area: int, username: str) -> None:
        person = m.Person.create(area=area, name="赵评议", initials="zpy", username=username, added_at=self.now)
        m.Role.create(person=person, area=area, kind=kind, granted_at=self.now, confirmed_at=self.now)

    # --- rounds ---------------------------------------------------------------------------------------------------

    def history(self, rounds: int, *, whole: bool, say: Callable[[str], None]) -> None:
        """Write *rounds* rounds of every household, or of the first of each village, and the newest few of the rest."""
        self.size = self.scale.households
        self.homes = len(self.households)
        self.at = db.microseconds(self.now)
        db.execute("CREATE TABLE flat_round (r BIGINT PRIMARY KEY, month TEXT)")
        with db.transaction():
            newest = 12 * self.now.year + self.now.month - MONTHS
            months = (divmod(newest + r, 12) for r in range(max(rounds, SHIFTS)))
            numbers = [[r, f"{year}-{month + 1:02}"] for r, (year, month) in enumerate(months)]
            db.rows("INSERT INTO flat_round (r, month) SELECT {0}, {1:text} FROM {rows}", numbers)
            self.rounds = rounds
            self.first = 0 if whole else rounds - SHORT
            self.begin = int(db.execute("SELECT MAX(id) FROM transfer").fetchone()[0])
            self.months()
        with unindexed("transfer"):
            for r in range(0, rounds, 5):
                with db.transaction():
                    self.transfers(r)
                if r % 50 == 45:
                    say(f"round {r + 5} of {rounds}")
        say("indexed")
        for work in (self.sheets, self.receipts, self.waiting, self.summed):
            with db.transaction():
                work()
            say(work.__name__)
        db.execute("DROP TABLE flat_round")
        if db.is_postgresql():
            for table in ("transfer", "contribution", "line", "receipt", "receipt_line", "stock_movement", "notice"):
                db.execute(f"SELECT setval('{table}_id_seq', (SELECT MAX(id) FROM {table}))")

    def when(self, r: str = "r") -> str:
        """The moment of a round."""
        return f"({self.at} - ({self.rounds} - {r}) * {STEP})"

    def day(self, r: str = "r") -> str:
        """The day of a round."""
        if db.is_postgresql():
            return f"(DATE '1970-01-01' + CAST(({self.when(r)} / {DAY}) AS INTEGER))"
        return f"date({self.when(r)} / 1000000, 'unixepoch')"

    def transfers(self, r: int) -> None:
        """Write five rounds: four awards and a purchase, in the order in which a book is written."""
        among = f"r >= {r} AND r < {r + 5} AND {self.there}"
        buys = "r % 5 = 4"
        write(
            m.Transfer,
            f"flat_round CROSS JOIN household "
            "JOIN account AS purse ON purse.type = 'household' AND purse.owner_id = household.id "
            "JOIN account AS source ON source.type = 'issuance' AND source.owner_id = household.village_id "
            "JOIN shop ON shop.area_id = household.village_id JOIN till ON till.shop_id = shop.id "
            "JOIN account AS taker ON taker.type = 'shop' AND taker.owner_id = shop.id "
            f"WHERE {among} ORDER BY r, household.id",
            id=self.transfer(),
            key=f"CASE WHEN {buys} THEN 'redeem:' ELSE 'line:' END || CAST({self.cause()} AS TEXT)",
            kind=f"CASE WHEN {buys} THEN 'redemption' ELSE 'award' END",
            source=f"CASE WHEN {buys} THEN purse.id ELSE source.id END",
            target=f"CASE WHEN {buys} THEN taker.id ELSE purse.id END",
            points=f"CASE WHEN {buys} THEN 40 ELSE 10 END",
            cause_type=f"CASE WHEN {buys} THEN 'till' ELSE 'line' END",
            cause_id=f"CASE WHEN {buys} THEN till.id ELSE {self.cause()} END",
            happened_at=self.when(),
            recorded_at=self.when(),
            source_after=f"CASE WHEN {buys} THEN purse.balance END",
            target_after=f"CASE WHEN {buys} THEN NULL ELSE purse.balance + (r % 5 + 1) * 10 END",
        )

    def transfer(self) -> str:
        """The number of a transfer, by its round and household."""
        return f"{self.begin} + r * {self.homes} + household.id"

    def sheet(self) -> str:
        """The sheet of a line: one for so many households, numbered by its round and the first of them."""
        return f"(r * {self.homes} + household.id - (household.id - 1) % {self.size} % {SHEET})"

    def cause(self) -> str:
        """The line of an award: numbered by its round and household."""
        return f"(r * {self.homes} + household.id)"

    # --- what rounds leave behind ---------------------------------------------------------------------------------

    @property
    def there(self) -> str:
        """Whether a household has a round: in a small book only the first of each village has the earlier ones."""
        return f"(r >= {self.first} OR (household.id - 1) % {self.size} = 0)"

    def months(self) -> None:
        """Write what each village does each month: a notice, a sitting, a motion, a page of the fund, an answer."""
        month = f"({self.at} - ({MONTHS} - r) * {5 * STEP})"
        date = f"date({month} / 1000000, 'unixepoch')"
        if db.is_postgresql():
            date = f"(DATE '1970-01-01' + CAST({month} / {DAY} AS INTEGER))"
        few = f"flat_round CROSS JOIN area WHERE area.kind = 'village' AND r < {MONTHS}"
        by, checker = self.recorders[0], self.checkers[0]
        write(m.Notice, f"{few} ORDER BY area.id, r", id="(area.id * 1000 + r)", village="area.id", number="r + 1",
              state="'closed'", days="5", opened_by=by, opened_at=month, hung_by=checker, hung_at=month,
              closes_at=f"{month} + {5 * DAY}", closed_at=f"{month} + {5 * DAY}")  # fmt: skip
        write(m.Sitting, few, village="area.id", number="r + 1", day=date, quorum="2", state="'closed'", opened_by=by,
              opened_at=month, closed_by=by, closed_at=month)  # fmt: skip
        home = "(SELECT MIN(id) + r FROM household WHERE household.village_id = area.id)"
        write(m.Motion, few, village="area.id", kind="'commend'", household=home, text="'救火'", period="month",
              proposed_by=by, proposed_at=month, voices_needed="1", voices="1", state="'carried'",
              decided_at=month)  # fmt: skip
        write(m.FundAccount, "area WHERE kind = 'village'", village="area.id", type="'fund'", fen="100000000")
        write(m.FundAccount, "area WHERE kind = 'village'", village="area.id", type="'committed'", fen="0")
        write(m.FundTransfer, few, village="area.id", kind="'income'", source="'grant'", target="'fund'", fen="1000",
              day=date, recorded_by=by, recorded_at=month)  # fmt: skip
        write(m.Complaint, few, village="area.id", text="'店里没人'", raised_by=by, raised_at=month, answer="'已办'",
              answered_by=by, answered_at=month)  # fmt: skip
        write(m.Wish, few, village="area.id", name="'雨伞'", raised_by=by, raised_at=month, answered_at=month,
              answer="'来了'")  # fmt: skip
        write(m.Paper, few, token="'t' || CAST(area.id AS TEXT) || '-' || CAST(r AS TEXT)", kind="'notice'",
              subject_id="area.id * 1000 + r", area="area.id", title="'积分公示单'", facts="'[]'", printed_by=by,
              printed_at=month)  # fmt: skip
        figures = dict.fromkeys(
            ("worth_fen", "outstanding", "fund_fen", "stock_fen", "unsettled_fen", "awarded", "redeemed", "income_fen",
             "spent_fen"), "100")  # fmt: skip
        write(m.CoverMonth, few, village="area.id", month="month", seen_on=date, **figures)

    def sheets(self) -> None:
        """Write sheets, lines, voices, notes and caps of the newest rounds."""
        by, checker = self.recorders[0], self.checkers[0]
        deeds = f"r >= {self.rounds - KEPT} AND r < {self.rounds} AND r % 5 < 4"
        write(m.Contribution, "flat_round CROSS JOIN household "
              "JOIN rule_book ON rule_book.area_id = household.village_id "
              f"JOIN rule_item ON book_id = rule_book.id AND rule_item.code = 1 WHERE {deeds} "
              f"AND (household.id - 1) % {self.size} % {SHEET} = 0 ORDER BY r, household.id", id=self.sheet(),
              village="household.village_id", item="rule_item.id", day=self.day(), recorded_by=by,
              recorded_at=self.when())  # fmt: skip
        homes = f"flat_round CROSS JOIN household WHERE {deeds} AND {self.there}"
        month = f"({self.rounds} - 1 - r) / 5" if self.first == 0 else "0"
        write(m.Line, f"{homes} ORDER BY r, household.id", id=self.cause(), contribution=self.sheet(),
              **line(by, checker, self.when(), self.day()), village="household.village_id", household="household.id",
              person=HOLDER, notice=f"household.village_id * 1000 + {MONTHS - 1} - {month}",
              posted_at=self.when())  # fmt: skip
        write(m.Voice, homes, line=self.cause(), person=checker, verdict="'approve'", points=10, said_at=self.when())
        write(m.TransferNote, homes, transfer=self.transfer(), salt=f"'{DIGEST[:32]}'", text=f"'{PATROL}'")
        write(m.CapUse, f"flat_round CROSS JOIN household WHERE r < {MONTHS} AND r >= {MONTHS - 6}",
              household="household.id", scope=0, period="month", used=40)  # fmt: skip

    def receipts(self) -> None:
        """Write the receipts of the newest rounds, with what they moved on the shelf, their keys and their shifts."""
        clerk = "JOIN role ON role.area_id = shop.area_id AND role.kind = 'clerk'"
        r = f"(r + {self.rounds - SHIFTS})"
        write(m.Shift, f"flat_round CROSS JOIN till JOIN shop ON shop.id = till.shop_id {clerk} "
              f"WHERE r % 5 = 4 AND r < {SHIFTS} ORDER BY r, till.id", till="till.id", clerk="role.person_id",
              day=self.day(r), first_sequence=f"1 + ({r} / 5) * {self.size}", opened_at=self.when(r),
              closed_at=self.when(r), redemptions=self.size, points=40 * self.size, cash_fen=0, undone=0, refused=0,
              counted_fen=0)  # fmt: skip
        bought = (
            f"flat_round CROSS JOIN household JOIN shop ON shop.area_id = household.village_id {clerk} "
            f"JOIN till ON till.shop_id = shop.id JOIN card ON card.person_id = {HOLDER} "
            "JOIN goods ON goods.id = (SELECT MIN(id) + 3 FROM goods WHERE goods.shop_id = shop.id) "
            f"WHERE r >= {self.rounds - KEPT} AND r < {self.rounds} AND r % 5 = 4 AND {self.there}"
        )
        number = f"((r / 5) * {self.size} + (household.id - 1) % {self.size} + 1)"
        contracted = self.contracted()
        till = f"CASE WHEN shop.id = {self.shop_ids[0]} AND {number} % 2 = 0 THEN {contracted} ELSE till.id END"
        write(m.Receipt, f"{bought} ORDER BY r, household.id", id=self.cause(), till=till, sequence=number,
              number=f"shop.code || '-1-' || CAST({number} AS TEXT)", household="household.id", card="card.id",
              collector="card.person_id", clerk="role.person_id", via="'scan'", pin="TRUE", points=40, worth_fen=100,
              shift=f"(SELECT MIN(id) FROM shift WHERE shift.till_id = till.id AND shift.day = {self.day()})",
              balance_after=seed.OPENING, transfer=self.transfer(), recorded_at=self.when())  # fmt: skip
        write(m.ReceiptLine, bought, receipt=self.cause(), goods="goods.id", name="goods.name", unit="goods.unit",
              price=40, quantity=1)  # fmt: skip
        place = "ROW_NUMBER() OVER (PARTITION BY goods.id ORDER BY r, household.id)"
        write(m.StockMovement, bought, goods="goods.id", batch="goods.id", kind="'redeem'", change=-1,
              on_hand_after=f"{seed.SHELF} - {place}", cause_type="'receipt'", cause_id=self.cause(),
              actor_id="role.person_id", recorded_at=self.when())  # fmt: skip
        write(m.WriteKey, bought, key=f"'bought:' || CAST({self.cause()} AS TEXT)", actor_id="role.person_id",
              action="'redemption.redeem'", digest=f"'{DIGEST}'", outcome="'done'", result=self.cause(),
              recorded_at=self.when())  # fmt: skip
        left = "(SELECT COALESCE(SUM(change), 0) FROM stock_movement WHERE stock_movement.goods_id = {})"
        db.execute(f"UPDATE stock SET on_hand = {left.format('stock.goods_id')}")
        db.execute(f"UPDATE stock_batch SET remaining = {left.format('stock_batch.goods_id')}")
        last = "(SELECT MAX(id) FROM shift WHERE shift.till_id = till.id)"
        db.execute(f"UPDATE till SET sequence = {self.rounds // 5 * self.size}, shift_id = {last}")
        self.settled(contracted)

    def contracted(self) -> int:
        """Open a shop under contract in the first village, which sells every second time; return its till."""
        shop = m.Shop.create(area=self.lanes[0][0], code="C0", name="供销社", contracted=True)
        m.Account.create(type="shop", owner_id=shop.id)
        return int(m.Till.create(shop=shop, number=1).id)

    def settled(self, till: int) -> None:
        """Settle what that shop sold, month by month up to the last."""
        by, checker, clerk = self.recorders[0], self.checkers[0], self.clerks[0]
        write(m.Settlement, f"till CROSS JOIN flat_round WHERE till.id = {till} AND r < {MONTHS - 1} ORDER BY r",
              shop="till.shop_id", village=self.villages[0], month="month", state="'closed'", receipts="0", points="0",
              undone="0", undone_points="0", fen="1", drawn_by=by, drawn_at=self.at, shop_signed_by=clerk,
              shop_signed_at=self.at, village_signed_by=checker, village_signed_at=self.at, paid_by=by,
              paid_at=self.at, closed_by=clerk, closed_at=self.at)  # fmt: skip
        write(m.SettlementItem, f"receipt JOIN settlement ON month = {db.month_of('receipt.recorded_at')} "
              f"WHERE till_id = {till}", receipt="receipt.id", undone="FALSE", settlement="settlement.id")  # fmt: skip

    def waiting(self) -> None:
        """Leave the same work in every village: lines to check, to decide, to publish, and on the wall."""
        by, checker, today = self.recorders[0], self.checkers[0], self.day(str(self.rounds))
        write(m.Notice, "area WHERE kind = 'village'", id="id * 1000 + 900", village="id", number=MONTHS + 1,
              state="'hung'", days=15, opened_by=by, opened_at=self.at, hung_by=checker, hung_at=self.at,
              closes_at=self.at + 15 * DAY)  # fmt: skip
        write(m.Contribution, "rule_book JOIN rule_item ON book_id = rule_book.id AND code = 2",
              id=f"{WAITING} + area_id", village="area_id", item="rule_item.id", day=today, recorded_by=by,
              recorded_at=self.at)  # fmt: skip
        place = f"(household.id - 1) % {self.size}"
        for state, first, end in (("recorded", 0, 8), ("checked", 8, 14), ("approved", 14, 20), ("noticed", 20, 50)):
            notice = "household.village_id * 1000 + 900" if state == "noticed" else "NULL"
            write(m.Line, f"household WHERE {place} >= {first} AND {place} < {end} ORDER BY household.id",
                  **line(by, checker, str(self.at), today, state=state), id=f"{WAITING} + household.id",
                  contribution=f"{WAITING} + household.village_id", village="household.village_id",
                  household="household.id", person=HOLDER, notice=notice)  # fmt: skip

    def summed(self) -> None:
        """Sum up the months of what was written."""
        db.execute("DELETE FROM month_summary")
        summaries.rebuild()


@contextmanager
def unindexed(table: str) -> Iterator[None]:
    """Leave the indexes and foreign keys of a table aside while it is filled: sorted at the end they cost a fifth."""
    if db.is_postgresql():
        made = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ? AND indexname NOT LIKE '%%pkey'"
        db.execute("SET session_replication_role = replica")
    else:
        made = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL"
        for setting in ("foreign_keys = 0", "synchronous = 0"):
            db.execute(f"PRAGMA {setting}")
    indexes = dict(db.execute(made, (table,)).fetchall())
    for name in indexes:
        db.execute(f"DROP INDEX {name}")
    yield
    for definition in indexes.values():
        db.execute(definition)
    db.disconnect()  # the next connection is as durable and strict as ever


def line(by: int, checker: int, at: str, day: str, *, state: str = "posted") -> dict[str, str]:
    """Return what lines of a deed hold at a step."""
    checked = state != "recorded"
    decided = checked and state != "checked"
    return {
        "day": day, "item_code": "1" if state == "posted" else "2", "category": "'平安'", "version": "1",
        "item_name": f"'{PATROL if state == 'posted' else WATCH}'", "state": f"'{state}'", "discreet": "FALSE",
        "each": "10", "quantity": "1", "cap": "4", "cap_period": "'month'",
        "counts_to_cap": "TRUE", "recorded_by": str(by), "voices_needed": "1",
        "checked_by": str(checker) if checked else "NULL", "checked_at": at if checked else "NULL",
        "voices": "1" if decided else "0", "decided_at": at if decided else "NULL",
        "agreed": "10" if decided else "0", "granted": "10" if decided else "0",
        "granted_quantity": "1" if decided else "0",
    }  # fmt: skip


def write(table: type[Table], source: str, /, **given: object) -> None:
    """Insert what *source* selects: a column holds the expression *given*, or else its default."""
    meta = table._meta
    defaults = meta.get_default_dict()
    chosen = {
        name: given.get(name, literal(defaults.get(name))) for name in meta.fields if name != "id" or "id" in given
    }
    assert not given.keys() - meta.fields.keys(), given.keys() - meta.fields.keys()
    columns = ", ".join(meta.fields[name].column_name for name in chosen)
    sql = f"INSERT INTO {meta.table_name} ({columns}) SELECT {', '.join(map(str, chosen.values()))} FROM {source}"
    db.execute(sql.replace("%", "%%") if db.is_postgresql() else sql)  # there a lone one marks a parameter


def literal(value: object) -> str:
    """Write a default as SQL does."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).upper()
    return f"'{value}'" if isinstance(value, str) else str(value)
