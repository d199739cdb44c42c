"""The first schema, written out, so that later models do not change what it made.

SQLite has one integer type and keeps booleans in it; the other words it shares with PostgreSQL. Rows of the tables in
`APPEND_ONLY` are never edited or removed: triggers refuse UPDATE and DELETE (thereby upsert, and INSERT OR REPLACE,
which meets the delete trigger because every SQLite connection sets ``recursive_triggers``), and TRUNCATE.
"""

from typing import Any

from peewee import PostgresqlDatabase

APPEND_ONLY = ("transfer", "stock_movement", "receipt", "receipt_line", "voice", "goods_price", "write_key")

SCHEMA = """
CREATE TABLE area (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    parent_id BIGINT,
    kind VARCHAR(16) NOT NULL,
    name VARCHAR(60) NOT NULL,
    position INTEGER NOT NULL,
    FOREIGN KEY (parent_id) REFERENCES area (id) ON DELETE RESTRICT,
    CHECK (kind IN ('county', 'township', 'village', 'grid', 'lane')),
    CHECK (length(name) > 0)
);
CREATE UNIQUE INDEX area_parent_id_name ON area (parent_id, name);

CREATE TABLE area_ancestor (
    descendant_id BIGINT NOT NULL,
    ancestor_id BIGINT NOT NULL,
    PRIMARY KEY (descendant_id, ancestor_id),
    FOREIGN KEY (descendant_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (ancestor_id) REFERENCES area (id) ON DELETE RESTRICT
);
CREATE UNIQUE INDEX area_ancestor_ancestor_id_descendant_id ON area_ancestor (ancestor_id, descendant_id);

CREATE TABLE village_setting (
    village_id BIGINT NOT NULL PRIMARY KEY,
    council_voices INTEGER NOT NULL,
    notice_days INTEGER NOT NULL,
    no_pin_daily_limit INTEGER NOT NULL,
    monthly_cap INTEGER NOT NULL,
    objection_contact VARCHAR(120) NOT NULL,
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
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (area_id) REFERENCES area (id) ON DELETE RESTRICT
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
    FOREIGN KEY (household_id) REFERENCES household (id) ON DELETE RESTRICT,
    FOREIGN KEY (area_id) REFERENCES area (id) ON DELETE RESTRICT,
    CHECK (length(name) > 0)
);
CREATE INDEX person_household_id ON person (household_id);
CREATE UNIQUE INDEX person_username ON person (username);
CREATE INDEX person_area_id_name ON person (area_id, name);

CREATE TABLE kin (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    person_id BIGINT NOT NULL,
    relative_id BIGINT NOT NULL,
    relation VARCHAR(20) NOT NULL,
    declared_by_id BIGINT NOT NULL,
    declared_at BIGINT NOT NULL,
    FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (relative_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (declared_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (person_id <> relative_id)
);
CREATE UNIQUE INDEX kin_person_id_relative_id ON kin (person_id, relative_id);
CREATE INDEX kin_relative_id_person_id ON kin (relative_id, person_id);

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
    FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (printed_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (handed_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (revoked_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (handed_by_id IS NULL OR handed_by_id <> printed_by_id)
);
CREATE INDEX card_person_id ON card (person_id);
CREATE UNIQUE INDEX card_number ON card (number);

CREATE TABLE tries (
    channel VARCHAR(8) NOT NULL,
    subject VARCHAR(60) NOT NULL,
    failures INTEGER NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (channel, subject),
    CHECK (channel IN ('web', 'till')),
    CHECK (failures > 0)
);

CREATE TABLE write_key (
    key VARCHAR(80) NOT NULL PRIMARY KEY,
    actor_id BIGINT,
    action VARCHAR(40) NOT NULL,
    digest VARCHAR(64) NOT NULL,
    outcome VARCHAR(8) NOT NULL,
    result BIGINT,
    refusal TEXT,
    recorded_at BIGINT NOT NULL,
    CHECK (outcome IN ('done', 'refused'))
);
CREATE INDEX write_key_recorded_at ON write_key (recorded_at);

CREATE TABLE account (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    type VARCHAR(12) NOT NULL,
    owner_id BIGINT NOT NULL,
    balance BIGINT NOT NULL,
    CHECK (type IN ('household', 'hold', 'owed', 'issuance', 'adjustment', 'expired', 'shop', 'settled')),
    CHECK (type NOT IN ('household', 'hold') OR balance >= 0),
    CHECK (type <> 'owed' OR balance <= 0),
    CHECK (type IN ('household', 'hold', 'owed') OR balance = 0)
);
CREATE UNIQUE INDEX account_type_owner_id ON account (type, owner_id);

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
    CHECK (kind IN ('award', 'redemption', 'reversal', 'correction', 'debt', 'repayment', 'adjustment')),
    CHECK ((kind IN ('reversal', 'correction', 'debt')) = (answers_id IS NOT NULL))
);
CREATE UNIQUE INDEX transfer_key ON transfer (key);
CREATE INDEX transfer_answers_id ON transfer (answers_id);
CREATE INDEX transfer_source_id_id ON transfer (source_id, id);
CREATE INDEX transfer_target_id_id ON transfer (target_id, id);
CREATE INDEX transfer_cause_type_cause_id ON transfer (cause_type, cause_id);

CREATE TABLE taken_back (
    transfer_id BIGINT NOT NULL PRIMARY KEY,
    original BIGINT NOT NULL,
    points BIGINT NOT NULL,
    FOREIGN KEY (transfer_id) REFERENCES transfer (id) ON DELETE RESTRICT,
    CHECK (points > 0),
    CHECK (points <= original)
);

CREATE TABLE transfer_note (
    transfer_id BIGINT NOT NULL PRIMARY KEY,
    salt VARCHAR(32) NOT NULL,
    text TEXT NOT NULL,
    FOREIGN KEY (transfer_id) REFERENCES transfer (id) ON DELETE RESTRICT
);

CREATE TABLE rule_book (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    village_id BIGINT NOT NULL,
    version INTEGER NOT NULL,
    state VARCHAR(12) NOT NULL,
    worth_fen INTEGER NOT NULL,
    minutes VARCHAR(60) NOT NULL,
    adopted_on DATE,
    adopted_by_id BIGINT,
    created_at BIGINT NOT NULL,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (adopted_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (state IN ('draft', 'adopted', 'superseded')),
    CHECK (worth_fen > 0),
    CHECK (version > 0)
);
CREATE UNIQUE INDEX rule_book_village_id_version ON rule_book (village_id, version);

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
    FOREIGN KEY (book_id) REFERENCES rule_book (id) ON DELETE RESTRICT,
    CHECK (category IN ('平安', '调解', '环境', '公益', '议事', '发展', '乡风')),
    CHECK (cap_period IN ('month', 'year', 'event')),
    CHECK (points > 0),
    CHECK (cap IS NULL OR cap > 0),
    CHECK (length(name) > 0)
);
CREATE UNIQUE INDEX rule_item_book_id_code ON rule_item (book_id, code);

CREATE TABLE contribution (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    village_id BIGINT NOT NULL,
    item_id BIGINT NOT NULL,
    day DATE NOT NULL,
    note TEXT NOT NULL,
    recorded_by_id BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (item_id) REFERENCES rule_item (id) ON DELETE RESTRICT,
    FOREIGN KEY (recorded_by_id) REFERENCES person (id) ON DELETE RESTRICT
);
CREATE INDEX contribution_village_id_recorded_at ON contribution (village_id, recorded_at);

CREATE TABLE notice (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    village_id BIGINT NOT NULL,
    number INTEGER NOT NULL,
    state VARCHAR(12) NOT NULL,
    days INTEGER NOT NULL,
    opened_by_id BIGINT NOT NULL,
    opened_at BIGINT NOT NULL,
    hung_by_id BIGINT,
    hung_at BIGINT,
    closes_at BIGINT,
    closed_at BIGINT,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (opened_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (hung_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (state IN ('gathered', 'hung', 'closed')),
    CHECK (days BETWEEN 3 AND 15),
    CHECK ((state = 'gathered') = (hung_at IS NULL)),
    CHECK ((hung_at IS NULL) = (closes_at IS NULL))
);
CREATE UNIQUE INDEX notice_village_id_number ON notice (village_id, number);
CREATE INDEX notice_state_closes_at ON notice (state, closes_at);

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
    recorded_by_id BIGINT NOT NULL,
    state VARCHAR(12) NOT NULL,
    checked_by_id BIGINT,
    checked_at BIGINT,
    voices_needed INTEGER NOT NULL,
    by_township BOOLEAN NOT NULL,
    voices INTEGER NOT NULL,
    decided_at BIGINT,
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
    FOREIGN KEY (recorded_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (checked_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (notice_id) REFERENCES notice (id) ON DELETE RESTRICT,
    CHECK (state IN ('recorded', 'checked', 'approved', 'noticed', 'posted', 'refused', 'struck', 'withdrawn',
        'reversed')),
    CHECK (cap_period IN ('month', 'year', 'event')),
    CHECK (each > 0),
    CHECK (quantity > 0),
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
    approves BOOLEAN NOT NULL,
    reason VARCHAR(120) NOT NULL,
    said_at BIGINT NOT NULL,
    FOREIGN KEY (line_id) REFERENCES line (id) ON DELETE RESTRICT,
    FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE RESTRICT
);
CREATE UNIQUE INDEX voice_line_id_person_id ON voice (line_id, person_id);

CREATE TABLE cap_use (
    household_id BIGINT NOT NULL,
    scope INTEGER NOT NULL,
    period VARCHAR(7) NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (household_id, scope, period),
    FOREIGN KEY (household_id) REFERENCES household (id) ON DELETE RESTRICT,
    CHECK (used >= 0)
);

CREATE TABLE objection (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    line_id BIGINT NOT NULL,
    raised_by_id BIGINT NOT NULL,
    on_behalf_of VARCHAR(40) NOT NULL,
    text TEXT NOT NULL,
    raised_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    risen_at BIGINT,
    answer VARCHAR(12),
    reason TEXT NOT NULL,
    answered_by_id BIGINT,
    answered_at BIGINT,
    FOREIGN KEY (line_id) REFERENCES line (id) ON DELETE RESTRICT,
    FOREIGN KEY (raised_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (answered_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (answer IS NULL OR answer IN ('upheld', 'dismissed')),
    CHECK ((answer IS NULL) = (answered_at IS NULL))
);
CREATE INDEX objection_line_id ON objection (line_id);
CREATE INDEX objection_answer_due_at ON objection (answer, due_at);

CREATE TABLE tick_state (
    id INTEGER NOT NULL PRIMARY KEY,
    last_at BIGINT NOT NULL,
    confirmed_to BIGINT,
    trouble VARCHAR(40) NOT NULL,
    CHECK (id = 1)
);

CREATE TABLE shop (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    area_id BIGINT NOT NULL,
    code VARCHAR(8) NOT NULL,
    name VARCHAR(40) NOT NULL,
    hours VARCHAR(60) NOT NULL,
    active BOOLEAN NOT NULL,
    FOREIGN KEY (area_id) REFERENCES area (id) ON DELETE RESTRICT,
    CHECK (length(name) > 0)
);
CREATE INDEX shop_area_id ON shop (area_id);
CREATE UNIQUE INDEX shop_code ON shop (code);

CREATE TABLE till (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    number INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    FOREIGN KEY (shop_id) REFERENCES shop (id) ON DELETE RESTRICT,
    CHECK (number > 0),
    CHECK (sequence >= 0)
);
CREATE UNIQUE INDEX till_shop_id_number ON till (shop_id, number);

CREATE TABLE goods (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    name VARCHAR(40) NOT NULL,
    initials VARCHAR(40) NOT NULL,
    unit VARCHAR(8) NOT NULL,
    category VARCHAR(8) NOT NULL,
    price INTEGER NOT NULL,
    hidden BOOLEAN NOT NULL,
    FOREIGN KEY (shop_id) REFERENCES shop (id) ON DELETE RESTRICT,
    CHECK (category IN ('粮油', '调味', '日化', '纸品', '清洁', '厨具', '家纺', '文具', '农具', '其他')),
    CHECK (price > 0),
    CHECK (length(name) > 0)
);
CREATE UNIQUE INDEX goods_shop_id_name ON goods (shop_id, name);

CREATE TABLE goods_price (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    goods_id BIGINT NOT NULL,
    price INTEGER NOT NULL,
    since BIGINT NOT NULL,
    set_by_id BIGINT NOT NULL,
    FOREIGN KEY (goods_id) REFERENCES goods (id) ON DELETE RESTRICT,
    FOREIGN KEY (set_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (price > 0)
);
CREATE INDEX goods_price_goods_id ON goods_price (goods_id);

CREATE TABLE stock (
    goods_id BIGINT NOT NULL PRIMARY KEY,
    on_hand INTEGER NOT NULL,
    FOREIGN KEY (goods_id) REFERENCES goods (id) ON DELETE RESTRICT,
    CHECK (on_hand >= 0)
);

CREATE TABLE stock_movement (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    goods_id BIGINT NOT NULL,
    kind VARCHAR(8) NOT NULL,
    change INTEGER NOT NULL,
    on_hand_after INTEGER NOT NULL,
    cause_type VARCHAR(12) NOT NULL,
    cause_id BIGINT NOT NULL,
    note VARCHAR(60) NOT NULL,
    actor_id BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    FOREIGN KEY (goods_id) REFERENCES goods (id) ON DELETE RESTRICT,
    CHECK (kind IN ('receive', 'redeem', 'undo')),
    CHECK ((kind = 'redeem') = (change < 0)),
    CHECK (change <> 0),
    CHECK (on_hand_after >= 0)
);
CREATE INDEX stock_movement_goods_id ON stock_movement (goods_id);

CREATE TABLE receipt (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    till_id BIGINT NOT NULL,
    sequence INTEGER NOT NULL,
    number VARCHAR(24) NOT NULL,
    household_id BIGINT NOT NULL,
    card_id BIGINT NOT NULL,
    collector_id BIGINT NOT NULL,
    clerk_id BIGINT NOT NULL,
    via VARCHAR(8) NOT NULL,
    pin BOOLEAN NOT NULL,
    points INTEGER NOT NULL,
    balance_after BIGINT NOT NULL,
    transfer_id BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    FOREIGN KEY (till_id) REFERENCES till (id) ON DELETE RESTRICT,
    FOREIGN KEY (household_id) REFERENCES household (id) ON DELETE RESTRICT,
    FOREIGN KEY (card_id) REFERENCES card (id) ON DELETE RESTRICT,
    FOREIGN KEY (collector_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (clerk_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (transfer_id) REFERENCES transfer (id) ON DELETE RESTRICT,
    CHECK (via IN ('scan', 'typed')),
    CHECK (via = 'scan' OR pin),
    CHECK (points > 0)
);
CREATE UNIQUE INDEX receipt_number ON receipt (number);
CREATE UNIQUE INDEX receipt_transfer_id ON receipt (transfer_id);
CREATE UNIQUE INDEX receipt_till_id_sequence ON receipt (till_id, sequence);
CREATE INDEX receipt_household_id_recorded_at ON receipt (household_id, recorded_at);

CREATE TABLE receipt_line (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    receipt_id BIGINT NOT NULL,
    goods_id BIGINT NOT NULL,
    name VARCHAR(40) NOT NULL,
    unit VARCHAR(8) NOT NULL,
    price INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    FOREIGN KEY (receipt_id) REFERENCES receipt (id) ON DELETE RESTRICT,
    FOREIGN KEY (goods_id) REFERENCES goods (id) ON DELETE RESTRICT,
    CHECK (price > 0),
    CHECK (quantity > 0)
);
CREATE INDEX receipt_line_receipt_id ON receipt_line (receipt_id);
CREATE INDEX receipt_line_goods_id ON receipt_line (goods_id);

CREATE TABLE receipt_undo (
    receipt_id BIGINT NOT NULL PRIMARY KEY,
    reason VARCHAR(120) NOT NULL,
    undone_by_id BIGINT NOT NULL,
    undone_at BIGINT NOT NULL,
    FOREIGN KEY (receipt_id) REFERENCES receipt (id) ON DELETE RESTRICT,
    FOREIGN KEY (undone_by_id) REFERENCES person (id) ON DELETE RESTRICT
);

CREATE TABLE refusal (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    till_id BIGINT NOT NULL,
    clerk_id BIGINT NOT NULL,
    household_id BIGINT,
    code VARCHAR(40) NOT NULL,
    details TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    FOREIGN KEY (till_id) REFERENCES till (id) ON DELETE RESTRICT,
    FOREIGN KEY (clerk_id) REFERENCES person (id) ON DELETE RESTRICT
);
CREATE INDEX refusal_till_id_recorded_at ON refusal (till_id, recorded_at)
"""


def up(migrator: Any, db: Any) -> None:
    postgresql = isinstance(db, PostgresqlDatabase)
    schema = SCHEMA
    if not postgresql:
        for word in ("BIGSERIAL", "BIGINT", "BOOLEAN"):
            schema = schema.replace(word, "INTEGER")
    for statement in schema.split(";"):
        db.execute_sql(statement.strip())
    for statement in _triggers_of_postgresql() if postgresql else _triggers_of_sqlite():
        db.execute_sql(statement)


def _triggers_of_sqlite() -> list[str]:
    return [
        f"CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for table in APPEND_ONLY
        for verb in ("UPDATE", "DELETE")
    ]


def _triggers_of_postgresql() -> list[str]:
    function = """
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ' is append-only'; END $$
    """
    return [function] + [
        f"CREATE TRIGGER {table}_no_{name} BEFORE {event} EXECUTE FUNCTION refuse_change()"
        for table in APPEND_ONLY
        for name, event in (
            ("change", f"UPDATE OR DELETE ON {table} FOR EACH ROW"),
            ("truncate", f"TRUNCATE ON {table} FOR EACH STATEMENT"),
        )
    ]
