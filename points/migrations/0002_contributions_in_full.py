"""Contributions in full: richer rule books, council sittings and motions, photos, openness.

New tables, and ten tables changed.
"""

from __future__ import annotations

from typing import Any

from peewee import PostgresqlDatabase

from points import reshape

APPEND_ONLY = ("civility_entry", "motion_voice", "fund_entry")

CHANGED = """
CREATE TABLE village_setting (
    village_id BIGINT NOT NULL PRIMARY KEY,
    council_voices INTEGER NOT NULL,
    notice_days INTEGER NOT NULL,
    no_pin_daily_limit INTEGER NOT NULL,
    monthly_cap INTEGER NOT NULL,
    objection_contact VARCHAR(120) NOT NULL,
    wall_photo BOOLEAN NOT NULL,
    board_points BOOLEAN NOT NULL,
    black_board BOOLEAN NOT NULL,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    CHECK (council_voices IN (1, 3, 5, 7)),
    CHECK (notice_days BETWEEN 3 AND 15),
    CHECK (no_pin_daily_limit >= 0),
    CHECK (monthly_cap > 0)
);

CREATE TABLE household (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    village_id BIGINT NOT NULL,
    area_id BIGINT NOT NULL,
    number VARCHAR(12) NOT NULL,
    address VARCHAR(60) NOT NULL,
    active BOOLEAN NOT NULL,
    opened_at BIGINT NOT NULL,
    opened_by_id BIGINT,
    notice_id BIGINT,
    board_name VARCHAR(8) NOT NULL,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (area_id) REFERENCES area (id) ON DELETE RESTRICT,
    CHECK (board_name IN ('none', 'masked', 'full'))
);
CREATE INDEX household_area_id ON household (area_id);
CREATE INDEX household_notice_id ON household (notice_id);
CREATE UNIQUE INDEX household_village_id_number ON household (village_id, number);

CREATE TABLE person (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    household_id BIGINT,
    area_id BIGINT NOT NULL,
    name VARCHAR(40) NOT NULL,
    initials VARCHAR(40) NOT NULL,
    phone VARCHAR(20),
    active BOOLEAN NOT NULL,
    username VARCHAR(40),
    password_hash VARCHAR(200),
    must_change_password BOOLEAN NOT NULL,
    epoch INTEGER NOT NULL,
    pin_hash VARCHAR(64),
    added_at BIGINT NOT NULL,
    barred_until DATE,
    FOREIGN KEY (household_id) REFERENCES household (id) ON DELETE RESTRICT,
    FOREIGN KEY (area_id) REFERENCES area (id) ON DELETE RESTRICT,
    CHECK (length(name) > 0)
);
CREATE INDEX person_household_id ON person (household_id);
CREATE UNIQUE INDEX person_username ON person (username);
CREATE INDEX person_area_id_name ON person (area_id, name);

CREATE TABLE role (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    person_id BIGINT NOT NULL,
    area_id BIGINT NOT NULL,
    kind VARCHAR(16) NOT NULL,
    granted_by_id BIGINT,
    granted_at BIGINT NOT NULL,
    confirmed_by_id BIGINT,
    confirmed_at BIGINT,
    ended_by_id BIGINT,
    ended_at BIGINT,
    until DATE,
    FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (area_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (granted_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (confirmed_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (ended_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (kind IN ('steward', 'committee', 'council', 'clerk', 'supervisor', 'admin')),
    CHECK (confirmed_by_id IS NULL OR confirmed_by_id <> person_id),
    CHECK (confirmed_by_id IS NULL OR granted_by_id IS NULL OR confirmed_by_id <> granted_by_id)
);
CREATE INDEX role_person_id_ended_at ON role (person_id, ended_at);
CREATE INDEX role_area_id_kind ON role (area_id, kind);

CREATE TABLE rule_book (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    area_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    state VARCHAR(12) NOT NULL,
    worth_fen INTEGER NOT NULL,
    minutes VARCHAR(60) NOT NULL,
    adopted_on DATE,
    adopted_by_id BIGINT,
    created_at BIGINT NOT NULL,
    template_id BIGINT,
    FOREIGN KEY (area_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (adopted_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (state IN ('draft', 'adopted', 'superseded')),
    CHECK (worth_fen > 0),
    CHECK (version > 0)
);
CREATE UNIQUE INDEX rule_book_area_id_version ON rule_book (area_id, version);

CREATE TABLE rule_item (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    book_id BIGINT NOT NULL,
    code INTEGER NOT NULL,
    category VARCHAR(8) NOT NULL,
    name VARCHAR(40) NOT NULL,
    points INTEGER NOT NULL,
    evidence VARCHAR(60) NOT NULL,
    cap INTEGER,
    cap_period VARCHAR(8) NOT NULL,
    counts_to_cap BOOLEAN NOT NULL,
    discreet BOOLEAN NOT NULL,
    effect VARCHAR(8) NOT NULL,
    unit VARCHAR(10) NOT NULL,
    needs VARCHAR(40) NOT NULL,
    cap_holder VARCHAR(10) NOT NULL,
    reporter VARCHAR(10) NOT NULL,
    voices INTEGER,
    valid_from DATE,
    valid_to DATE,
    FOREIGN KEY (book_id) REFERENCES rule_book (id) ON DELETE RESTRICT,
    CHECK (category IN ('平安', '调解', '环境', '公益', '议事', '发展', '乡风')),
    CHECK (cap_period IN ('day', 'week', 'month', 'year', 'event')),
    CHECK (cap_holder IN ('household', 'person')),
    CHECK (effect IN ('points', 'civility')),
    CHECK (unit IN ('time', 'hour', 'case', 'household')),
    CHECK (reporter IN ('anyone', 'staff', 'committee')),
    CHECK (voices IS NULL OR voices IN (1, 3, 5, 7)),
    CHECK (valid_to IS NULL OR valid_from IS NULL OR valid_to >= valid_from),
    CHECK (points > 0),
    CHECK (cap IS NULL OR cap > 0),
    CHECK (length(name) > 0)
);
CREATE UNIQUE INDEX rule_item_book_id_code ON rule_item (book_id, code);

CREATE TABLE line (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    contribution_id BIGINT NOT NULL,
    village_id BIGINT NOT NULL,
    household_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    day DATE NOT NULL,
    item_code INTEGER NOT NULL,
    item_name VARCHAR(40) NOT NULL,
    category VARCHAR(8) NOT NULL,
    version INTEGER NOT NULL,
    discreet BOOLEAN NOT NULL,
    each INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    cap INTEGER,
    cap_period VARCHAR(8) NOT NULL,
    counts_to_cap BOOLEAN NOT NULL,
    effect VARCHAR(8) NOT NULL,
    unit VARCHAR(10) NOT NULL,
    needs VARCHAR(40) NOT NULL,
    cap_holder VARCHAR(10) NOT NULL,
    item_voices INTEGER,
    revises_id BIGINT,
    recorded_by_id BIGINT NOT NULL,
    state VARCHAR(12) NOT NULL,
    checked_by_id BIGINT,
    checked_at BIGINT,
    voices_needed INTEGER NOT NULL,
    by_township BOOLEAN NOT NULL,
    voices INTEGER NOT NULL,
    decided_at BIGINT,
    agreed INTEGER NOT NULL,
    granted_quantity INTEGER NOT NULL,
    granted INTEGER NOT NULL,
    refusal VARCHAR(120) NOT NULL,
    notice_id BIGINT,
    open_objections INTEGER NOT NULL,
    posted_at BIGINT,
    FOREIGN KEY (contribution_id) REFERENCES contribution (id) ON DELETE RESTRICT,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (household_id) REFERENCES household (id) ON DELETE RESTRICT,
    FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (revises_id) REFERENCES line (id) ON DELETE RESTRICT,
    FOREIGN KEY (recorded_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (checked_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (notice_id) REFERENCES notice (id) ON DELETE RESTRICT,
    CHECK (state IN ('recorded', 'checked', 'approved', 'noticed', 'posted', 'refused', 'struck', 'withdrawn',
        'reversed', 'returned')),
    CHECK (cap_period IN ('day', 'week', 'month', 'year', 'event')),
    CHECK (cap_holder IN ('household', 'person')),
    CHECK (effect IN ('points', 'civility')),
    CHECK (unit IN ('time', 'hour', 'case', 'household')),
    CHECK (each > 0),
    CHECK (quantity > 0),
    CHECK (agreed >= 0 AND agreed <= each * quantity),
    CHECK (granted >= 0 AND granted <= each * quantity),
    CHECK (granted_quantity >= 0 AND granted_quantity <= quantity),
    CHECK (voices >= 0 AND voices <= voices_needed),
    CHECK (open_objections >= 0),
    CHECK (checked_by_id IS NULL OR checked_by_id <> recorded_by_id),
    CHECK (state NOT IN ('approved', 'noticed', 'posted') OR granted > 0),
    CHECK (state NOT IN ('noticed', 'posted') OR notice_id IS NOT NULL),
    CHECK (state <> 'posted' OR open_objections = 0)
);
CREATE INDEX line_contribution_id ON line (contribution_id);
CREATE INDEX line_notice_id ON line (notice_id);
CREATE INDEX line_village_id_state ON line (village_id, state);
CREATE INDEX line_household_id_day ON line (household_id, day);
CREATE INDEX line_person_id_day_item_code ON line (person_id, day, item_code);

CREATE TABLE voice (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    line_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    verdict VARCHAR(8) NOT NULL,
    points INTEGER NOT NULL,
    reason VARCHAR(120) NOT NULL,
    sitting_id BIGINT,
    said_at BIGINT NOT NULL,
    FOREIGN KEY (line_id) REFERENCES line (id) ON DELETE RESTRICT,
    FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (verdict IN ('approve', 'change', 'return', 'refuse')),
    CHECK ((points > 0) = (verdict IN ('approve', 'change')))
);
CREATE UNIQUE INDEX voice_line_id_person_id ON voice (line_id, person_id);

CREATE TABLE cap_use (
    household_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    scope INTEGER NOT NULL,
    period VARCHAR(10) NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (household_id, person_id, scope, period),
    FOREIGN KEY (household_id) REFERENCES household (id) ON DELETE RESTRICT,
    CHECK (used >= 0)
);

CREATE TABLE objection (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    line_id BIGINT NOT NULL,
    raised_by_id BIGINT NOT NULL,
    on_behalf_of VARCHAR(40) NOT NULL,
    channel VARCHAR(8) NOT NULL,
    text TEXT NOT NULL,
    raised_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    risen_at BIGINT,
    answer VARCHAR(12),
    kept INTEGER NOT NULL,
    reason TEXT NOT NULL,
    answered_by_id BIGINT,
    answered_at BIGINT,
    FOREIGN KEY (line_id) REFERENCES line (id) ON DELETE RESTRICT,
    FOREIGN KEY (raised_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (answered_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (answer IS NULL OR answer IN ('upheld', 'dismissed')),
    CHECK ((answer IS NULL) = (answered_at IS NULL)),
    CHECK (channel IN ('web', 'slip', 'visit')),
    CHECK (kept >= 0)
);
CREATE INDEX objection_line_id ON objection (line_id);
CREATE INDEX objection_answer_due_at ON objection (answer, due_at)
"""

NEW = """
CREATE TABLE area_limit (
    area_id BIGINT NOT NULL PRIMARY KEY,
    most_points INTEGER,
    most_monthly_cap INTEGER,
    most_worth_fen INTEGER,
    decided_by_id BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    FOREIGN KEY (area_id) REFERENCES area (id) ON DELETE RESTRICT,
    CHECK (most_points IS NULL OR most_points > 0),
    CHECK (most_monthly_cap IS NULL OR most_monthly_cap > 0),
    CHECK (most_worth_fen IS NULL OR most_worth_fen > 0)
);

CREATE TABLE holiday (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    area_id BIGINT NOT NULL,
    day DATE NOT NULL,
    name VARCHAR(20) NOT NULL,
    FOREIGN KEY (area_id) REFERENCES area (id) ON DELETE RESTRICT,
    CHECK (length(name) > 0)
);
CREATE UNIQUE INDEX holiday_area_id_day ON holiday (area_id, day);

CREATE TABLE attendance (
    line_id BIGINT NOT NULL PRIMARY KEY,
    was_there BOOLEAN NOT NULL,
    said_at BIGINT NOT NULL,
    FOREIGN KEY (line_id) REFERENCES line (id) ON DELETE RESTRICT
);

CREATE TABLE score (
    line_id BIGINT NOT NULL,
    judge_id BIGINT NOT NULL,
    points INTEGER NOT NULL,
    PRIMARY KEY (line_id, judge_id),
    FOREIGN KEY (line_id) REFERENCES line (id) ON DELETE RESTRICT,
    FOREIGN KEY (judge_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (points >= 0)
);

CREATE TABLE correction (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    line_id BIGINT NOT NULL,
    village_id BIGINT NOT NULL,
    points INTEGER NOT NULL,
    reason VARCHAR(120) NOT NULL,
    made_by_id BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    notice_id BIGINT,
    FOREIGN KEY (line_id) REFERENCES line (id) ON DELETE RESTRICT,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (made_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (notice_id) REFERENCES notice (id) ON DELETE RESTRICT,
    CHECK (points > 0)
);
CREATE INDEX correction_line_id ON correction (line_id);
CREATE INDEX correction_notice_id ON correction (notice_id);
CREATE INDEX correction_village_id_notice_id ON correction (village_id, notice_id);

CREATE TABLE civility_entry (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    household_id BIGINT NOT NULL,
    year INTEGER NOT NULL,
    change INTEGER NOT NULL,
    line_id BIGINT NOT NULL,
    reason VARCHAR(120) NOT NULL,
    recorded_by_id BIGINT,
    recorded_at BIGINT NOT NULL,
    FOREIGN KEY (household_id) REFERENCES household (id) ON DELETE RESTRICT,
    FOREIGN KEY (line_id) REFERENCES line (id) ON DELETE RESTRICT,
    FOREIGN KEY (recorded_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (change <> 0)
);
CREATE INDEX civility_entry_line_id ON civility_entry (line_id);
CREATE INDEX civility_entry_household_id_year ON civility_entry (household_id, year);

CREATE TABLE sitting (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    village_id BIGINT NOT NULL,
    number INTEGER NOT NULL,
    day DATE NOT NULL,
    place VARCHAR(40) NOT NULL,
    quorum INTEGER NOT NULL,
    state VARCHAR(8) NOT NULL,
    opened_by_id BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    closed_by_id BIGINT,
    closed_at BIGINT,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (opened_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (closed_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (state IN ('open', 'closed')),
    CHECK (quorum > 0),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL))
);
CREATE UNIQUE INDEX sitting_village_id_number ON sitting (village_id, number);

CREATE TABLE sitting_member (
    sitting_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    present_at BIGINT,
    PRIMARY KEY (sitting_id, person_id),
    FOREIGN KEY (sitting_id) REFERENCES sitting (id) ON DELETE RESTRICT,
    FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE RESTRICT
);

CREATE TABLE sitting_line (
    sitting_id BIGINT NOT NULL,
    line_id BIGINT NOT NULL,
    PRIMARY KEY (sitting_id, line_id),
    FOREIGN KEY (sitting_id) REFERENCES sitting (id) ON DELETE RESTRICT,
    FOREIGN KEY (line_id) REFERENCES line (id) ON DELETE RESTRICT
);
CREATE INDEX sitting_line_line_id ON sitting_line (line_id);

CREATE TABLE motion (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    village_id BIGINT NOT NULL,
    kind VARCHAR(8) NOT NULL,
    household_id BIGINT NOT NULL,
    person_id BIGINT,
    text VARCHAR(200) NOT NULL,
    points INTEGER NOT NULL,
    period VARCHAR(8) NOT NULL,
    until DATE,
    proposed_by_id BIGINT NOT NULL,
    proposed_at BIGINT NOT NULL,
    voices_needed INTEGER NOT NULL,
    voices INTEGER NOT NULL,
    state VARCHAR(8) NOT NULL,
    decided_at BIGINT,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (household_id) REFERENCES household (id) ON DELETE RESTRICT,
    FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (proposed_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (kind IN ('commend', 'bar', 'lift')),
    CHECK (state IN ('open', 'carried', 'lost')),
    CHECK (length(text) > 0),
    CHECK (points >= 0),
    CHECK (voices >= 0 AND voices <= voices_needed),
    CHECK ((kind = 'commend') = (period <> '')),
    CHECK ((kind = 'commend') = (person_id IS NULL)),
    CHECK ((kind = 'bar') = (until IS NOT NULL)),
    CHECK ((state = 'open') = (decided_at IS NULL))
);
CREATE INDEX motion_person_id ON motion (person_id);
CREATE INDEX motion_village_id_state_kind ON motion (village_id, state, kind);

CREATE TABLE motion_voice (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    motion_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    approves BOOLEAN NOT NULL,
    reason VARCHAR(120) NOT NULL,
    said_at BIGINT NOT NULL,
    FOREIGN KEY (motion_id) REFERENCES motion (id) ON DELETE RESTRICT,
    FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE RESTRICT
);
CREATE UNIQUE INDEX motion_voice_motion_id_person_id ON motion_voice (motion_id, person_id);

CREATE TABLE photo (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    village_id BIGINT NOT NULL,
    subject_type VARCHAR(12) NOT NULL,
    subject_id BIGINT NOT NULL,
    sha256 VARCHAR(64) NOT NULL,
    phash BIGINT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    like_id BIGINT,
    added_by_id BIGINT NOT NULL,
    added_at BIGINT NOT NULL,
    removed_at BIGINT,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (like_id) REFERENCES photo (id) ON DELETE RESTRICT,
    FOREIGN KEY (added_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (subject_type IN ('contribution', 'rule_book', 'notice', 'objection')),
    CHECK (bytes > 0)
);
CREATE INDEX photo_subject_type_subject_id ON photo (subject_type, subject_id);
CREATE INDEX photo_village_id_added_at ON photo (village_id, added_at);
CREATE INDEX photo_sha256 ON photo (sha256);

CREATE TABLE photo_body (
    photo_id BIGINT NOT NULL PRIMARY KEY,
    body BYTEA NOT NULL,
    FOREIGN KEY (photo_id) REFERENCES photo (id) ON DELETE RESTRICT
);

CREATE TABLE upload (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    village_id BIGINT NOT NULL,
    kind VARCHAR(16) NOT NULL,
    file_name VARCHAR(80) NOT NULL,
    sheet_rows TEXT NOT NULL,
    uploaded_by_id BIGINT NOT NULL,
    uploaded_at BIGINT NOT NULL,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (uploaded_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (kind IN ('contributions', 'rule_book'))
);
CREATE INDEX upload_uploaded_by_id_uploaded_at ON upload (uploaded_by_id, uploaded_at);

CREATE TABLE fund_entry (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    village_id BIGINT NOT NULL,
    kind VARCHAR(10) NOT NULL,
    fen BIGINT NOT NULL,
    voucher VARCHAR(60) NOT NULL,
    note VARCHAR(120) NOT NULL,
    day DATE NOT NULL,
    recorded_by_id BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (recorded_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (kind IN ('grant', 'donation', 'dividend', 'profit', 'other', 'spent')),
    CHECK (fen <> 0)
);
CREATE INDEX fund_entry_village_id_id ON fund_entry (village_id, id);

CREATE TABLE complaint (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    village_id BIGINT,
    text TEXT NOT NULL,
    contact VARCHAR(60) NOT NULL,
    raised_by_id BIGINT,
    raised_at BIGINT NOT NULL,
    answer TEXT NOT NULL,
    answered_by_id BIGINT,
    answered_at BIGINT,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (raised_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (answered_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (length(text) > 0)
);
CREATE INDEX complaint_village_id_raised_at ON complaint (village_id, raised_at)
"""

FILL = {
    "village_setting": {"wall_photo": "FALSE", "board_points": "FALSE", "black_board": "FALSE"},
    "household": {"board_name": "'masked'"},
    "rule_item": {
        "effect": "'points'",
        "unit": "'time'",
        "needs": "''",
        "cap_holder": "'household'",
        "reporter": "'anyone'",
    },
    "line": {
        "effect": "'points'",
        "unit": "'time'",
        "needs": "''",
        "cap_holder": "'household'",
        "agreed": "granted",
    },
    "voice": {
        "verdict": "CASE WHEN approves THEN 'approve' ELSE 'refuse' END",
        "points": "CASE WHEN approves THEN (SELECT each * quantity FROM line WHERE line.id = line_id) ELSE 0 END",
    },
    "cap_use": {"person_id": "0"},
    "objection": {"channel": "'web'", "kept": "0"},
}
"""What a new column holds in the rows that are there already; NULL where nothing is said."""


def up(migrator: Any, db: Any) -> None:
    for statement in FIRST:
        db.execute_sql(statement)
    postgresql = isinstance(db, PostgresqlDatabase)
    for statement in FIRST_ON_POSTGRESQL if postgresql else ():
        db.execute_sql(statement)
    reshape.change(db, CHANGED, FILL)
    reshape.create(db, NEW)
    reshape.guard(db, APPEND_ONLY, rebuilt=("voice",))


FIRST = (
    "ALTER TABLE rule_book RENAME COLUMN village_id TO area_id",
    "DROP INDEX transfer_answers_id",
    "CREATE INDEX transfer_answers_id ON transfer (answers_id) WHERE answers_id IS NOT NULL",
)
FIRST_ON_POSTGRESQL = (
    "ALTER TABLE cap_use ALTER COLUMN period TYPE VARCHAR(10)",
    "ALTER INDEX rule_book_village_id_version RENAME TO rule_book_area_id_version",
)
