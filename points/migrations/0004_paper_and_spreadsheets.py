"""Paper, spreadsheets, people over time: printed sheets, card runs, rosters, opening balances, changed households.

Seven tables change: what is new in them holds nothing for the rows that are there.
"""

from __future__ import annotations

from typing import Any

from points import reshape

APPEND_ONLY = ("paper", "passbook_page", "export")

CHANGED = """
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
    merged_into_id BIGINT,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (area_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (merged_into_id) REFERENCES household (id) ON DELETE RESTRICT,
    CHECK (board_name IN ('none', 'masked', 'full'))
);
CREATE INDEX household_area_id ON household (area_id);
CREATE INDEX household_notice_id ON household (notice_id);
CREATE INDEX household_merged_into_id ON household (merged_into_id);
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
    lock_pin_hash VARCHAR(64),
    seen_receipt_id BIGINT NOT NULL,
    phone_public BOOLEAN NOT NULL,
    left_why VARCHAR(8) NOT NULL,
    left_on DATE,
    erased_at BIGINT,
    FOREIGN KEY (household_id) REFERENCES household (id) ON DELETE RESTRICT,
    FOREIGN KEY (area_id) REFERENCES area (id) ON DELETE RESTRICT,
    CHECK (length(name) > 0),
    CHECK (left_why IN ('', 'died', 'moved', 'other'))
);
CREATE INDEX person_household_id ON person (household_id);
CREATE UNIQUE INDEX person_username ON person (username);
CREATE INDEX person_area_id_name ON person (area_id, name);

CREATE TABLE card (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    person_id BIGINT NOT NULL,
    number VARCHAR(12) NOT NULL,
    secret_hash VARCHAR(64) NOT NULL,
    printed_by_id BIGINT NOT NULL,
    printed_at BIGINT NOT NULL,
    handed_by_id BIGINT,
    handed_at BIGINT,
    revoked_by_id BIGINT,
    revoked_at BIGINT,
    revoked_reason VARCHAR(60) NOT NULL,
    run_id BIGINT,
    first_pin_hash VARCHAR(64),
    FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (printed_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (handed_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (revoked_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (handed_by_id IS NULL OR handed_by_id <> printed_by_id)
);
CREATE INDEX card_person_id ON card (person_id);
CREATE UNIQUE INDEX card_number ON card (number);
CREATE INDEX card_run_id ON card (run_id);

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
    cover_percent INTEGER,
    cover_refuses BOOLEAN NOT NULL,
    full_names BOOLEAN NOT NULL,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    CHECK (council_voices IN (1, 3, 5, 7)),
    CHECK (notice_days BETWEEN 3 AND 15),
    CHECK (no_pin_daily_limit >= 0),
    CHECK (monthly_cap > 0),
    CHECK (cover_percent IS NULL OR cover_percent > 0)
);

CREATE TABLE transfer (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    key VARCHAR(80) NOT NULL,
    kind VARCHAR(12) NOT NULL,
    source_id BIGINT NOT NULL,
    target_id BIGINT NOT NULL,
    points BIGINT NOT NULL,
    actor_id BIGINT,
    cause_type VARCHAR(12) NOT NULL,
    cause_id BIGINT NOT NULL,
    answers_id BIGINT,
    happened_at BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    source_after BIGINT,
    target_after BIGINT,
    reason_digest VARCHAR(64) NOT NULL,
    FOREIGN KEY (source_id) REFERENCES account (id) ON DELETE RESTRICT,
    FOREIGN KEY (target_id) REFERENCES account (id) ON DELETE RESTRICT,
    FOREIGN KEY (answers_id) REFERENCES transfer (id) ON DELETE RESTRICT,
    CHECK (points > 0),
    CHECK (source_id <> target_id),
    CHECK (kind IN ('award', 'redemption', 'reversal', 'correction', 'debt', 'repayment', 'adjustment', 'hold',
        'release', 'settlement', 'opening', 'move')),
    CHECK ((kind IN ('reversal', 'correction', 'debt')) = (answers_id IS NOT NULL))
);
CREATE UNIQUE INDEX transfer_key ON transfer (key);
CREATE INDEX transfer_source_id_id ON transfer (source_id, id);
CREATE INDEX transfer_target_id_id ON transfer (target_id, id);
CREATE INDEX transfer_cause_type_cause_id ON transfer (cause_type, cause_id);
CREATE INDEX transfer_answers_id ON transfer (answers_id) WHERE (answers_id IS NOT NULL);

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
    CHECK (subject_type IN ('contribution', 'rule_book', 'notice', 'objection', 'goods', 'loss', 'receiving',
        'opening')),
    CHECK (bytes > 0)
);
CREATE INDEX photo_subject_type_subject_id ON photo (subject_type, subject_id);
CREATE INDEX photo_village_id_added_at ON photo (village_id, added_at);
CREATE INDEX photo_sha256 ON photo (sha256);

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
    CHECK (kind IN ('contributions', 'rule_book', 'goods', 'opening'))
);
CREATE INDEX upload_uploaded_by_id_uploaded_at ON upload (uploaded_by_id, uploaded_at)
"""

NEW = """
CREATE TABLE paper (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    token VARCHAR(24) NOT NULL,
    kind VARCHAR(12) NOT NULL,
    subject_id BIGINT NOT NULL,
    area_id BIGINT NOT NULL,
    title VARCHAR(80) NOT NULL,
    facts TEXT NOT NULL,
    printed_by_id BIGINT NOT NULL,
    printed_at BIGINT NOT NULL,
    FOREIGN KEY (area_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (printed_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (kind IN ('board', 'cards', 'goods', 'hours', 'lanes', 'minutes', 'notice', 'opening', 'packet',
        'passbook', 'receipt', 'rules', 'settlement'))
);
CREATE UNIQUE INDEX paper_token ON paper (token);
CREATE INDEX paper_kind_subject_id ON paper (kind, subject_id);
CREATE INDEX paper_area_id_printed_at ON paper (area_id, printed_at);

CREATE TABLE card_run (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    village_id BIGINT NOT NULL,
    layout VARCHAR(4) NOT NULL,
    full_names BOOLEAN NOT NULL,
    count INTEGER NOT NULL,
    printed_by_id BIGINT NOT NULL,
    printed_at BIGINT NOT NULL,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (printed_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (layout IN ('a4', 'pvc')),
    CHECK (count > 0)
);
CREATE INDEX card_run_village_id_printed_at ON card_run (village_id, printed_at);

CREATE TABLE passbook_page (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    household_id BIGINT NOT NULL,
    number INTEGER NOT NULL,
    after_id BIGINT NOT NULL,
    last_id BIGINT NOT NULL,
    balance BIGINT NOT NULL,
    printed_by_id BIGINT NOT NULL,
    printed_at BIGINT NOT NULL,
    FOREIGN KEY (household_id) REFERENCES household (id) ON DELETE RESTRICT,
    FOREIGN KEY (printed_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (number > 0),
    CHECK (last_id > after_id)
);
CREATE UNIQUE INDEX passbook_page_household_id_number ON passbook_page (household_id, number);

CREATE TABLE export (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    area_id BIGINT NOT NULL,
    name VARCHAR(32) NOT NULL,
    title VARCHAR(80) NOT NULL,
    asked VARCHAR(200) NOT NULL,
    format VARCHAR(4) NOT NULL,
    row_count INTEGER NOT NULL,
    made_by_id BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    FOREIGN KEY (area_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (made_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (format IN ('xlsx', 'csv', 'zip')),
    CHECK (row_count >= 0)
);
CREATE INDEX export_area_id_made_at ON export (area_id, made_at);

CREATE TABLE job (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    kind VARCHAR(16) NOT NULL,
    given TEXT NOT NULL,
    state VARCHAR(8) NOT NULL,
    file_name VARCHAR(80) NOT NULL,
    outcome BIGINT,
    trouble TEXT NOT NULL,
    asked_by_id BIGINT NOT NULL,
    asked_at BIGINT NOT NULL,
    begun_at BIGINT,
    ended_at BIGINT,
    keep_until BIGINT NOT NULL,
    FOREIGN KEY (asked_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (state IN ('waiting', 'running', 'done', 'failed')),
    CHECK ((state IN ('done', 'failed')) = (ended_at IS NOT NULL))
);
CREATE INDEX job_state_id ON job (state, id);
CREATE INDEX job_asked_by_id_asked_at ON job (asked_by_id, asked_at);

CREATE TABLE census (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    village_id BIGINT NOT NULL,
    file_name VARCHAR(80) NOT NULL,
    state VARCHAR(10) NOT NULL,
    cells TEXT NOT NULL,
    mapping TEXT NOT NULL,
    preview TEXT NOT NULL,
    counts TEXT NOT NULL,
    uploaded_by_id BIGINT NOT NULL,
    uploaded_at BIGINT NOT NULL,
    applied_by_id BIGINT,
    applied_at BIGINT,
    undone_by_id BIGINT,
    undone_at BIGINT,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (uploaded_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (applied_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (undone_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (state IN ('read', 'previewed', 'applied', 'undone', 'dropped')),
    CHECK ((state IN ('applied', 'undone')) = (applied_at IS NOT NULL)),
    CHECK ((state = 'undone') = (undone_at IS NOT NULL))
);
CREATE INDEX census_village_id_uploaded_at ON census (village_id, uploaded_at);

CREATE TABLE census_change (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    census_id BIGINT NOT NULL,
    position INTEGER NOT NULL,
    kind VARCHAR(16) NOT NULL,
    subject_id BIGINT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    FOREIGN KEY (census_id) REFERENCES census (id) ON DELETE RESTRICT,
    CHECK (kind IN ('open_area', 'open_household', 'edit_household', 'add_person', 'edit_person', 'move_person'))
);
CREATE UNIQUE INDEX census_change_census_id_position ON census_change (census_id, position);
CREATE INDEX census_change_kind_subject_id ON census_change (kind, subject_id);

CREATE TABLE opening (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    village_id BIGINT NOT NULL,
    state VARCHAR(8) NOT NULL,
    source VARCHAR(60) NOT NULL,
    signers VARCHAR(80) NOT NULL,
    points BIGINT NOT NULL,
    households INTEGER NOT NULL,
    days INTEGER NOT NULL,
    proposed_by_id BIGINT NOT NULL,
    proposed_at BIGINT NOT NULL,
    hung_by_id BIGINT,
    hung_at BIGINT,
    closes_at BIGINT,
    closed_at BIGINT,
    dropped_by_id BIGINT,
    dropped_reason VARCHAR(60) NOT NULL,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (proposed_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (hung_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (dropped_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (state IN ('proposed', 'hung', 'closed', 'dropped')),
    CHECK (points > 0),
    CHECK (days BETWEEN 3 AND 15),
    CHECK (hung_by_id IS NULL OR hung_by_id <> proposed_by_id),
    CHECK ((state IN ('hung', 'closed')) = (hung_at IS NOT NULL)),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL))
);
CREATE INDEX opening_village_id_state ON opening (village_id, state);
CREATE INDEX opening_state_closes_at ON opening (state, closes_at);

CREATE TABLE opening_line (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    opening_id BIGINT NOT NULL,
    position INTEGER NOT NULL,
    household_id BIGINT NOT NULL,
    points BIGINT NOT NULL,
    agreed BIGINT NOT NULL,
    state VARCHAR(8) NOT NULL,
    objection VARCHAR(200) NOT NULL,
    objected_by_id BIGINT,
    objected_at BIGINT,
    answer VARCHAR(200) NOT NULL,
    answered_by_id BIGINT,
    answered_at BIGINT,
    posted_at BIGINT,
    FOREIGN KEY (opening_id) REFERENCES opening (id) ON DELETE RESTRICT,
    FOREIGN KEY (household_id) REFERENCES household (id) ON DELETE RESTRICT,
    FOREIGN KEY (objected_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (answered_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (state IN ('waiting', 'disputed', 'posted', 'dropped')),
    CHECK (points > 0),
    CHECK (agreed >= 0),
    CHECK ((state = 'posted') = (posted_at IS NOT NULL)),
    CHECK (answered_by_id IS NULL OR objected_by_id IS NULL OR answered_by_id <> objected_by_id)
);
CREATE INDEX opening_line_household_id ON opening_line (household_id);
CREATE UNIQUE INDEX opening_line_opening_id_position ON opening_line (opening_id, position);
CREATE UNIQUE INDEX opening_line_opening_id_household_id ON opening_line (opening_id, household_id);

CREATE TABLE household_change (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    village_id BIGINT NOT NULL,
    kind VARCHAR(16) NOT NULL,
    state VARCHAR(10) NOT NULL,
    source_id BIGINT NOT NULL,
    target_id BIGINT,
    area_id BIGINT,
    number VARCHAR(12) NOT NULL,
    address VARCHAR(60) NOT NULL,
    points BIGINT NOT NULL,
    reason VARCHAR(120) NOT NULL,
    day DATE NOT NULL,
    proposed_by_id BIGINT NOT NULL,
    proposed_at BIGINT NOT NULL,
    decided_by_id BIGINT,
    decided_at BIGINT,
    answer VARCHAR(120) NOT NULL,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (source_id) REFERENCES household (id) ON DELETE RESTRICT,
    FOREIGN KEY (target_id) REFERENCES household (id) ON DELETE RESTRICT,
    FOREIGN KEY (area_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (proposed_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (decided_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (kind IN ('split', 'merge', 'move_person', 'move_household')),
    CHECK (state IN ('proposed', 'done', 'refused', 'withdrawn')),
    CHECK (points >= 0),
    CHECK (target_id IS NULL OR target_id <> source_id),
    CHECK ((state = 'proposed') = (decided_at IS NULL)),
    CHECK (state <> 'done' OR decided_by_id <> proposed_by_id)
);
CREATE INDEX household_change_source_id ON household_change (source_id);
CREATE INDEX household_change_target_id ON household_change (target_id);
CREATE INDEX household_change_village_id_state ON household_change (village_id, state);

CREATE TABLE change_person (
    change_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    PRIMARY KEY (change_id, person_id),
    FOREIGN KEY (change_id) REFERENCES household_change (id) ON DELETE RESTRICT,
    FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE RESTRICT
);
CREATE INDEX change_person_person_id ON change_person (person_id);

CREATE TABLE data_request (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    person_id BIGINT NOT NULL,
    kind VARCHAR(8) NOT NULL,
    words VARCHAR(300) NOT NULL,
    made_by_id BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    granted BOOLEAN,
    answer VARCHAR(300) NOT NULL,
    answered_by_id BIGINT,
    answered_at BIGINT,
    FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (made_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (answered_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (kind IN ('correct', 'erase')),
    CHECK ((granted IS NULL) = (answered_at IS NULL)),
    CHECK (answered_by_id IS NULL OR answered_by_id <> made_by_id)
);
CREATE INDEX data_request_person_id ON data_request (person_id)
"""

FILL = {
    "village_setting": {"full_names": "FALSE"},
    "person": {"phone_public": "FALSE", "left_why": "''"},
}
"""What a new column holds in the rows that are there already; NULL where nothing is said."""


def up(migrator: Any, db: Any) -> None:
    reshape.create(db, NEW)
    reshape.change(db, CHANGED, FILL)
    reshape.guard(db, APPEND_ONLY, rebuilt=("transfer",))
