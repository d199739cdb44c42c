"""Expiry: a village's rule that old points lapse at year's end, each year-end, and what lapsed in a household.

Transfers and papers get a kind for it.
"""

from __future__ import annotations

from typing import Any

from points import reshape

CHANGED = """
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
        'release', 'settlement', 'opening', 'move', 'expiry')),
    CHECK ((kind IN ('reversal', 'correction', 'debt')) = (answers_id IS NOT NULL))
);
CREATE UNIQUE INDEX transfer_key ON transfer (key);
CREATE INDEX transfer_source_id_id ON transfer (source_id, id);
CREATE INDEX transfer_target_id_id ON transfer (target_id, id);
CREATE INDEX transfer_cause_type_cause_id ON transfer (cause_type, cause_id);
CREATE INDEX transfer_answers_id ON transfer (answers_id) WHERE (answers_id IS NOT NULL);

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
    CHECK (kind IN ('board', 'cards', 'expiry', 'goods', 'hours', 'lanes', 'minutes', 'notice', 'opening',
        'packet', 'passbook', 'receipt', 'rules', 'settlement'))
);
CREATE UNIQUE INDEX paper_token ON paper (token);
CREATE INDEX paper_kind_subject_id ON paper (kind, subject_id);
CREATE INDEX paper_area_id_printed_at ON paper (area_id, printed_at)
"""

NEW = """
CREATE TABLE expiry_rule (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    village_id BIGINT NOT NULL,
    state VARCHAR(8) NOT NULL,
    years INTEGER NOT NULL,
    minutes VARCHAR(60) NOT NULL,
    proposed_by_id BIGINT NOT NULL,
    proposed_at BIGINT NOT NULL,
    adopted_by_id BIGINT,
    adopted_at BIGINT,
    ended_by_id BIGINT,
    ended_at BIGINT,
    ended_reason VARCHAR(60) NOT NULL,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (proposed_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (adopted_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (ended_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (state IN ('proposed', 'adopted', 'ended', 'dropped')),
    CHECK (years IN (0, 1)),
    CHECK (adopted_by_id IS NULL OR adopted_by_id <> proposed_by_id),
    CHECK ((state IN ('adopted', 'ended')) = (adopted_at IS NOT NULL)),
    CHECK ((state IN ('ended', 'dropped')) = (ended_at IS NOT NULL))
);
CREATE INDEX expiry_rule_village_id_state ON expiry_rule (village_id, state);
CREATE UNIQUE INDEX expiry_rule_village_id ON expiry_rule (village_id) WHERE (state IN ('proposed', 'adopted'));

CREATE TABLE expiry (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    rule_id BIGINT NOT NULL,
    village_id BIGINT NOT NULL,
    year INTEGER NOT NULL,
    earned_until BIGINT NOT NULL,
    warns_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    state VARCHAR(8) NOT NULL,
    hung_by_id BIGINT,
    hung_at BIGINT,
    closed_at BIGINT,
    FOREIGN KEY (rule_id) REFERENCES expiry_rule (id) ON DELETE RESTRICT,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (hung_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (state IN ('waiting', 'posted', 'passed', 'dropped')),
    CHECK (earned_until <= ends_at),
    CHECK (warns_at < ends_at),
    CHECK ((state = 'waiting') = (closed_at IS NULL)),
    CHECK (state <> 'posted' OR hung_at IS NOT NULL)
);
CREATE UNIQUE INDEX expiry_rule_id_year ON expiry (rule_id, year);
CREATE INDEX expiry_village_id_state ON expiry (village_id, state);
CREATE INDEX expiry_state_ends_at ON expiry (state, ends_at);

CREATE TABLE expiry_line (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    expiry_id BIGINT NOT NULL,
    household_id BIGINT NOT NULL,
    state VARCHAR(8) NOT NULL,
    points BIGINT NOT NULL,
    remaining BIGINT NOT NULL,
    objection VARCHAR(200) NOT NULL,
    objected_by_id BIGINT,
    objected_at BIGINT,
    answer VARCHAR(200) NOT NULL,
    answered_by_id BIGINT,
    answered_at BIGINT,
    FOREIGN KEY (expiry_id) REFERENCES expiry (id) ON DELETE RESTRICT,
    FOREIGN KEY (household_id) REFERENCES household (id) ON DELETE RESTRICT,
    FOREIGN KEY (objected_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (answered_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (state IN ('due', 'disputed', 'spared')),
    CHECK (points >= 0),
    CHECK (remaining >= 0),
    CHECK (state <> 'spared' OR points + remaining = 0),
    CHECK (state <> 'disputed' OR points = 0),
    CHECK (answered_by_id IS NULL OR answered_by_id <> objected_by_id)
);
CREATE UNIQUE INDEX expiry_line_expiry_id_household_id ON expiry_line (expiry_id, household_id);
CREATE INDEX expiry_line_household_id_expiry_id ON expiry_line (household_id, expiry_id);
CREATE INDEX expiry_line_state_objected_at ON expiry_line (state, objected_at);
CREATE INDEX expiry_line_household_id ON expiry_line (household_id) WHERE (remaining > 0)
"""


def up(migrator: Any, db: Any) -> None:
    reshape.create(db, NEW)
    reshape.change(db, CHANGED, {})
    reshape.guard(db, (), rebuilt=("transfer", "paper"))
