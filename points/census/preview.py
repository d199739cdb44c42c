"""A plan as lines that a page can show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from points import db
from points.census.planning import AREAS, Plan
from points.errors import N_

Item = tuple[str, int, str, str, dict[str, Any]]
"""A line of the preview: its kind, the row, the household's number, the person, and what is said of it."""

KINDS = {
    "problem": N_("有问题"),
    "open_area": N_("新的街巷、网格"),
    "open_household": N_("新户"),
    "add_person": N_("新增的人"),
    "edit_household": N_("改住处"),
    "edit_person": N_("改姓名、电话"),
    "move_person": N_("搬到别的户"),
    "absent": N_("村里有、表里没有"),
}
"""Kinds of lines of the preview, in their order."""


def items(found: Plan, village_id: int) -> list[Item]:
    """Put a plan into lines that a page can show; numbers and names of areas come from what is there and will be."""
    numbers: dict[int, str] = dict(
        db.execute("SELECT id, number FROM household WHERE village_id = ?", (village_id,)).fetchall()
    )
    numbers |= {-at: home[1] for at, home in enumerate(found.homes, 1)}
    names: dict[int, str] = {row[0]: row[2] for row in db.execute(AREAS, (village_id,)).fetchall()}
    names |= {-at: area[2] for at, area in enumerate(found.areas, 1)}
    lines: list[Item] = [("problem", row, "", "", {"code": code, **said}) for row, code, said in found.problems]
    lines += [
        ("open_area", row, "", "", {"name": name, "kind": kind, "in": names[above]})
        for row, kind, name, above in found.areas
    ]
    firsts = {ref: name for _row, ref, name, _tel in reversed(found.people)}
    lines += [
        ("open_household", row, number, firsts.get(-at, ""), {"area": names[area], "address": address})
        for at, (row, number, address, area) in enumerate(found.homes, 1)
    ]
    lines += [("add_person", row, numbers[ref], name, {"phone": tel or ""}) for row, ref, name, tel in found.people]
    for row, id_, before, after in found.home_edits:
        said = {name: [names.get(was, was), names.get(after[name], after[name])] for name, was in before.items()}
        lines.append(("edit_household", row, numbers[id_], "", said))
    for row, id_, before, after in found.person_edits:
        changed = {name: [was or "", after[name]] for name, was in before.items()}
        name, ref = found.labels[id_]
        lines.append(("edit_person", row, numbers[ref], name, changed))
    for row, id_, before, after in found.moves:
        both = {"from": numbers[before["household"]], "to": numbers[after["household"]]}
        lines.append(("move_person", row, both["to"], found.labels[id_][0], both))
    lines += [("absent", 0, number, name, {}) for number, name, _id in found.absent]
    order = list(KINDS)
    return sorted(lines, key=lambda line: (order.index(line[0]), line[1]))


def counts(found: Plan) -> dict[str, Any]:
    """Count what a plan would do, and name it by its digest."""
    return {
        "open_area": len(found.areas),
        "open_household": len(found.homes),
        "add_person": len(found.people),
        "edit_household": len(found.home_edits),
        "edit_person": len(found.person_edits),
        "move_person": len(found.moves),
        "absent": len(found.absent),
        "problem": len(found.problems),
        "wrong": len(found.wrong),
        "same": found.same,
        "digest": found.digest,
    }


def only(lines: Iterable[Item], kind: str) -> list[Item]:
    """Return the lines of one kind, or all."""
    return [line for line in lines if not kind or line[0] == kind]
