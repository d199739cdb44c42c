"""What the documents say is so: commands, kinds, fields, places, and a promise at the head of every module."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click

from points import cli, ledger
from points.models.ledger import AccountType, Kind

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
LEDGER = (ROOT / "docs/ledger.md").read_text()
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def test_the_commands_of_the_readme_are_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    told = set(re.findall(r"make ([a-z]+)$|`make ([a-z]+)`", README, re.M))
    assert {word for pair in told for word in pair if word} <= targets
    assert {"run", "test", "lint", "bench"} <= targets


def test_every_target_that_help_lists_stands_in_the_readme() -> None:
    helped = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.M)
    assert [target for target in helped if not re.search(rf"make {target}\b|`{target}`", README)] == []


def test_every_command_of_the_program_is_written_about() -> None:
    texts = "\n".join(path.read_text() for path in DOCUMENTS)
    assert [name for name in commands(cli.cli, "points") if name not in texts] == []


def commands(group: click.Group, path: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}"


def test_the_kinds_of_transfer_and_their_moves_are_those_of_the_ledger() -> None:
    written = {}
    for kind, move in table("Kinds"):
        found = re.findall(r"(\w+) (→|↔) (\w+)", move)
        if found:
            both = {(target, source) for source, arrow, target in found if arrow == "↔"}
            written[kind] = {(source, target) for source, _, target in found} | both
        else:
            assert (kind, move) == (Kind.REVERSAL, "the mirror of an award, redemption or adjustment")
    assert written == {str(kind): set(moves) for kind, moves in ledger.MOVES.items()}
    assert {kind for kind, _ in table("Kinds")} == set(Kind)


def test_the_types_of_account_are_those_of_the_ledger() -> None:
    assert {word for cell, _ in table("Accounts") for word in cell.replace("`", "").split(", ")} == set(AccountType)


def test_the_canonical_fields_are_those_of_the_ledger() -> None:
    fields = re.search(r"then in this order\n\n`([^`]+)`", LEDGER)
    assert fields is not None
    assert tuple(fields[1].replace("\n", " ").split(", ")) == ledger.CANONICAL


def table(heading: str) -> list[tuple[str, str]]:
    """Read the first two columns of the table under a heading of docs/ledger.md."""
    section = LEDGER.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1:3] for line in section.splitlines() if line.startswith("| `")]
    return [(first.strip().strip("`"), second.strip()) for first, second in rows]


def test_the_tree_of_the_readme_names_what_is_there() -> None:
    tree = README.split("## The tree")[1].split("\n\nImports")[0]
    named = re.findall(r"^    (\S+\.py|\S+/)", tree, re.M)
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_links_and_pictures_lead_somewhere() -> None:
    links = [(path, link) for path in DOCUMENTS for link in re.findall(r"\]\(([^)#:]+)\)", path.read_text())]
    assert [link for path, link in links if not (path.parent / link).exists()] == []


def test_every_module_opens_with_what_it_promises() -> None:
    modules = [path for path in sorted((ROOT / "points").rglob("*.py")) if path.stat().st_size]
    assert [path.name for path in modules if not ast.get_docstring(ast.parse(path.read_text()))] == []
