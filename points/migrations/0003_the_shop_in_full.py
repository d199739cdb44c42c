"""The shop in full: shifts, batches and stocktakes, reservations, proxies, the fund in double entry, settlements.

Twelve tables change. What was on the shelf becomes one batch of each goods, receipts get the shift of their clerk's
day, signed off then, and the fund's entries become transfers between its accounts.
"""

from __future__ import annotations

from typing import Any

from peewee import PostgresqlDatabase

from points import reshape

APPEND_ONLY = ("fund_transfer", "receipt_print")

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
    cover_percent INTEGER,
    cover_refuses BOOLEAN NOT NULL,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    CHECK (council_voices IN (1, 3, 5, 7)),
    CHECK (notice_days BETWEEN 3 AND 15),
    CHECK (no_pin_daily_limit >= 0),
    CHECK (monthly_cap > 0),
    CHECK (cover_percent IS NULL OR cover_percent > 0)
);

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
    FOREIGN KEY (household_id) REFERENCES household (id) ON DELETE RESTRICT,
    FOREIGN KEY (area_id) REFERENCES area (id) ON DELETE RESTRICT,
    CHECK (length(name) > 0)
);
CREATE INDEX person_household_id ON person (household_id);
CREATE UNIQUE INDEX person_username ON person (username);
CREATE INDEX person_area_id_name ON person (area_id, name);

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
        'release', 'settlement')),
    CHECK ((kind IN ('reversal', 'correction', 'debt')) = (answers_id IS NOT NULL))
);
CREATE UNIQUE INDEX transfer_key ON transfer (key);
CREATE INDEX transfer_source_id_id ON transfer (source_id, id);
CREATE INDEX transfer_target_id_id ON transfer (target_id, id);
CREATE INDEX transfer_cause_type_cause_id ON transfer (cause_type, cause_id);
CREATE INDEX transfer_answers_id ON transfer (answers_id) WHERE (answers_id IS NOT NULL);

CREATE TABLE shop (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    area_id BIGINT NOT NULL,
    code VARCHAR(8) NOT NULL,
    name VARCHAR(40) NOT NULL,
    hours VARCHAR(60) NOT NULL,
    active BOOLEAN NOT NULL,
    contracted BOOLEAN NOT NULL,
    takes_cash BOOLEAN NOT NULL,
    van BOOLEAN NOT NULL,
    hold_days INTEGER NOT NULL,
    FOREIGN KEY (area_id) REFERENCES area (id) ON DELETE RESTRICT,
    CHECK (length(name) > 0),
    CHECK (hold_days BETWEEN 1 AND 30)
);
CREATE INDEX shop_area_id ON shop (area_id);
CREATE UNIQUE INDEX shop_code ON shop (code);

CREATE TABLE till (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    number INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    shift_id BIGINT,
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
    cost_fen INTEGER NOT NULL,
    limit_household INTEGER,
    limit_person INTEGER,
    limit_period VARCHAR(8) NOT NULL,
    valid_from DATE,
    valid_to DATE,
    low_at INTEGER NOT NULL,
    photo_id BIGINT,
    FOREIGN KEY (shop_id) REFERENCES shop (id) ON DELETE RESTRICT,
    FOREIGN KEY (photo_id) REFERENCES photo (id) ON DELETE RESTRICT,
    CHECK (category IN ('粮油', '调味', '日化', '纸品', '清洁', '厨具', '家纺', '文具', '农具', '其他')),
    CHECK (limit_period IN ('day', 'week', 'month', 'quarter', 'year')),
    CHECK (price > 0),
    CHECK (length(name) > 0),
    CHECK (cost_fen >= 0),
    CHECK (low_at >= 0),
    CHECK (limit_household IS NULL OR limit_household > 0),
    CHECK (limit_person IS NULL OR limit_person > 0),
    CHECK (valid_from IS NULL OR valid_to IS NULL OR valid_from <= valid_to)
);
CREATE UNIQUE INDEX goods_shop_id_name ON goods (shop_id, name);
CREATE INDEX goods_shop_id_initials ON goods (shop_id, initials);

CREATE TABLE stock (
    goods_id BIGINT NOT NULL PRIMARY KEY,
    on_hand INTEGER NOT NULL,
    reserved INTEGER NOT NULL,
    FOREIGN KEY (goods_id) REFERENCES goods (id) ON DELETE RESTRICT,
    CHECK (on_hand >= 0),
    CHECK (reserved >= 0),
    CHECK (reserved <= on_hand)
);

CREATE TABLE stock_movement (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    goods_id BIGINT NOT NULL,
    batch_id BIGINT NOT NULL,
    kind VARCHAR(8) NOT NULL,
    change INTEGER NOT NULL,
    on_hand_after INTEGER NOT NULL,
    cause_type VARCHAR(12) NOT NULL,
    cause_id BIGINT NOT NULL,
    note VARCHAR(60) NOT NULL,
    actor_id BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    FOREIGN KEY (goods_id) REFERENCES goods (id) ON DELETE RESTRICT,
    FOREIGN KEY (batch_id) REFERENCES stock_batch (id) ON DELETE RESTRICT,
    CHECK (kind IN ('receive', 'donate', 'redeem', 'undo', 'loss', 'move_out', 'move_in', 'count')),
    CHECK (kind = 'count' OR (kind IN ('redeem', 'loss', 'move_out')) = (change < 0)),
    CHECK (change <> 0),
    CHECK (on_hand_after >= 0)
);
CREATE INDEX stock_movement_goods_id ON stock_movement (goods_id);
CREATE INDEX stock_movement_cause_type_cause_id ON stock_movement (cause_type, cause_id);

CREATE TABLE receipt (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    till_id BIGINT NOT NULL,
    sequence INTEGER NOT NULL,
    number VARCHAR(24) NOT NULL,
    household_id BIGINT NOT NULL,
    card_id BIGINT,
    collector_id BIGINT,
    proxy_id BIGINT,
    clerk_id BIGINT NOT NULL,
    shift_id BIGINT NOT NULL,
    reservation_id BIGINT,
    via VARCHAR(8) NOT NULL,
    pin BOOLEAN NOT NULL,
    points INTEGER NOT NULL,
    worth_fen INTEGER NOT NULL,
    cash_points INTEGER NOT NULL,
    cash_fen BIGINT NOT NULL,
    balance_after BIGINT NOT NULL,
    transfer_id BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    FOREIGN KEY (till_id) REFERENCES till (id) ON DELETE RESTRICT,
    FOREIGN KEY (household_id) REFERENCES household (id) ON DELETE RESTRICT,
    FOREIGN KEY (card_id) REFERENCES card (id) ON DELETE RESTRICT,
    FOREIGN KEY (collector_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (proxy_id) REFERENCES proxy (id) ON DELETE RESTRICT,
    FOREIGN KEY (clerk_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (shift_id) REFERENCES shift (id) ON DELETE RESTRICT,
    FOREIGN KEY (reservation_id) REFERENCES reservation (id) ON DELETE RESTRICT,
    FOREIGN KEY (transfer_id) REFERENCES transfer (id) ON DELETE RESTRICT,
    CHECK (via IN ('scan', 'typed', 'photo', 'phone', 'ticket')),
    CHECK (pin OR via IN ('scan', 'phone', 'ticket')),
    CHECK (points > 0),
    CHECK (worth_fen > 0),
    CHECK (cash_points >= 0 AND cash_fen >= 0 AND (cash_points = 0) = (cash_fen = 0)),
    CHECK ((collector_id IS NULL) <> (proxy_id IS NULL)),
    CHECK (card_id IS NOT NULL OR via = 'phone' OR reservation_id IS NOT NULL)
);
CREATE UNIQUE INDEX receipt_number ON receipt (number);
CREATE UNIQUE INDEX receipt_transfer_id ON receipt (transfer_id);
CREATE UNIQUE INDEX receipt_till_id_sequence ON receipt (till_id, sequence);
CREATE INDEX receipt_household_id_recorded_at ON receipt (household_id, recorded_at);
CREATE UNIQUE INDEX receipt_reservation_id ON receipt (reservation_id) WHERE (reservation_id IS NOT NULL);
CREATE INDEX receipt_household_id_id ON receipt (household_id, id) WHERE (proxy_id IS NOT NULL);

CREATE TABLE receipt_undo (
    receipt_id BIGINT NOT NULL PRIMARY KEY,
    reason VARCHAR(120) NOT NULL,
    undone_by_id BIGINT NOT NULL,
    undone_at BIGINT NOT NULL,
    shift_id BIGINT,
    FOREIGN KEY (receipt_id) REFERENCES receipt (id) ON DELETE RESTRICT,
    FOREIGN KEY (undone_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (shift_id) REFERENCES shift (id) ON DELETE RESTRICT
);
CREATE INDEX receipt_undo_shift_id ON receipt_undo (shift_id);

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
    CHECK (subject_type IN ('contribution', 'rule_book', 'notice', 'objection', 'goods', 'loss', 'receiving')),
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
    CHECK (kind IN ('contributions', 'rule_book', 'goods'))
);
CREATE INDEX upload_uploaded_by_id_uploaded_at ON upload (uploaded_by_id, uploaded_at)
"""

NEW = """
CREATE TABLE opening_hour (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    weekday INTEGER NOT NULL,
    opens INTEGER NOT NULL,
    closes INTEGER NOT NULL,
    redeems BOOLEAN NOT NULL,
    FOREIGN KEY (shop_id) REFERENCES shop (id) ON DELETE RESTRICT,
    CHECK (weekday BETWEEN 0 AND 6),
    CHECK (opens >= 0 AND opens < closes AND closes <= 1440)
);
CREATE UNIQUE INDEX opening_hour_shop_id_weekday_opens ON opening_hour (shop_id, weekday, opens);

CREATE TABLE shop_day (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    day DATE NOT NULL,
    area_id BIGINT,
    place VARCHAR(40) NOT NULL,
    opens INTEGER,
    closes INTEGER,
    FOREIGN KEY (shop_id) REFERENCES shop (id) ON DELETE RESTRICT,
    FOREIGN KEY (area_id) REFERENCES area (id) ON DELETE RESTRICT,
    CHECK ((opens IS NULL) = (closes IS NULL)),
    CHECK (opens IS NULL OR (opens >= 0 AND opens < closes AND closes <= 1440))
);
CREATE INDEX shop_day_shop_id_day ON shop_day (shop_id, day);
CREATE INDEX shop_day_area_id_day ON shop_day (area_id, day);

CREATE TABLE shift (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    till_id BIGINT NOT NULL,
    clerk_id BIGINT NOT NULL,
    day DATE NOT NULL,
    first_sequence INTEGER NOT NULL,
    opened_at BIGINT NOT NULL,
    closed_at BIGINT,
    redemptions INTEGER,
    points BIGINT,
    cash_fen BIGINT,
    undone INTEGER,
    refused INTEGER,
    counted_fen BIGINT,
    note VARCHAR(120) NOT NULL,
    next_clerk_id BIGINT,
    taken_at BIGINT,
    taken_fen BIGINT,
    taken_note VARCHAR(120) NOT NULL,
    FOREIGN KEY (till_id) REFERENCES till (id) ON DELETE RESTRICT,
    FOREIGN KEY (clerk_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (next_clerk_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (next_clerk_id IS NULL OR next_clerk_id <> clerk_id),
    CHECK (taken_at IS NULL OR next_clerk_id IS NOT NULL),
    CHECK (closed_at IS NOT NULL OR next_clerk_id IS NULL)
);
CREATE INDEX shift_till_id_day ON shift (till_id, day);
CREATE UNIQUE INDEX shift_till_id_clerk_id_day ON shift (till_id, clerk_id, day) WHERE (closed_at IS NULL);

CREATE TABLE shift_count (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    shift_id BIGINT NOT NULL,
    goods_id BIGINT NOT NULL,
    expected INTEGER NOT NULL,
    counted INTEGER NOT NULL,
    recounted INTEGER,
    FOREIGN KEY (shift_id) REFERENCES shift (id) ON DELETE RESTRICT,
    CHECK (counted >= 0),
    CHECK (recounted IS NULL OR recounted >= 0)
);
CREATE UNIQUE INDEX shift_count_shift_id_goods_id ON shift_count (shift_id, goods_id);

CREATE TABLE barcode (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    goods_id BIGINT NOT NULL,
    shop_id BIGINT NOT NULL,
    code VARCHAR(13) NOT NULL,
    FOREIGN KEY (goods_id) REFERENCES goods (id) ON DELETE RESTRICT,
    FOREIGN KEY (shop_id) REFERENCES shop (id) ON DELETE RESTRICT,
    CHECK (length(code) IN (8, 13))
);
CREATE INDEX barcode_goods_id ON barcode (goods_id);
CREATE UNIQUE INDEX barcode_shop_id_code ON barcode (shop_id, code);

CREATE TABLE wish (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    village_id BIGINT NOT NULL,
    name VARCHAR(40) NOT NULL,
    goods_id BIGINT,
    raised_by_id BIGINT NOT NULL,
    raised_at BIGINT NOT NULL,
    answer VARCHAR(60) NOT NULL,
    answered_by_id BIGINT,
    answered_at BIGINT,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (goods_id) REFERENCES goods (id) ON DELETE RESTRICT,
    FOREIGN KEY (raised_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (answered_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (length(name) > 0)
);
CREATE INDEX wish_village_id_answered_at ON wish (village_id, answered_at);
CREATE UNIQUE INDEX wish_village_id_name ON wish (village_id, name) WHERE (answered_at IS NULL);

CREATE TABLE wish_vote (
    wish_id BIGINT NOT NULL,
    household_id BIGINT NOT NULL,
    voted_at BIGINT NOT NULL,
    PRIMARY KEY (wish_id, household_id),
    FOREIGN KEY (wish_id) REFERENCES wish (id) ON DELETE RESTRICT,
    FOREIGN KEY (household_id) REFERENCES household (id) ON DELETE RESTRICT
);

CREATE TABLE receiving (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    kind VARCHAR(8) NOT NULL,
    number INTEGER NOT NULL,
    source VARCHAR(60) NOT NULL,
    voucher VARCHAR(60) NOT NULL,
    note VARCHAR(120) NOT NULL,
    received_by_id BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    FOREIGN KEY (shop_id) REFERENCES shop (id) ON DELETE RESTRICT,
    FOREIGN KEY (received_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (kind IN ('purchase', 'donation')),
    CHECK (number > 0),
    CHECK (length(source) > 0)
);
CREATE UNIQUE INDEX receiving_shop_id_kind_number ON receiving (shop_id, kind, number);

CREATE TABLE stock_batch (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    goods_id BIGINT NOT NULL,
    receiving_id BIGINT,
    best_before DATE,
    cost_fen INTEGER NOT NULL,
    remaining INTEGER NOT NULL,
    FOREIGN KEY (goods_id) REFERENCES goods (id) ON DELETE RESTRICT,
    FOREIGN KEY (receiving_id) REFERENCES receiving (id) ON DELETE RESTRICT,
    CHECK (remaining >= 0),
    CHECK (cost_fen >= 0)
);
CREATE INDEX stock_batch_goods_id ON stock_batch (goods_id);
CREATE INDEX stock_batch_receiving_id ON stock_batch (receiving_id);

CREATE TABLE loss (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    goods_id BIGINT NOT NULL,
    quantity INTEGER NOT NULL,
    reason VARCHAR(60) NOT NULL,
    recorded_by_id BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    FOREIGN KEY (goods_id) REFERENCES goods (id) ON DELETE RESTRICT,
    FOREIGN KEY (recorded_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (quantity > 0),
    CHECK (length(reason) > 0)
);
CREATE INDEX loss_goods_id ON loss (goods_id);

CREATE TABLE removal (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    source_id BIGINT NOT NULL,
    target_id BIGINT NOT NULL,
    quantity INTEGER NOT NULL,
    note VARCHAR(60) NOT NULL,
    moved_by_id BIGINT NOT NULL,
    moved_at BIGINT NOT NULL,
    FOREIGN KEY (source_id) REFERENCES goods (id) ON DELETE RESTRICT,
    FOREIGN KEY (target_id) REFERENCES goods (id) ON DELETE RESTRICT,
    FOREIGN KEY (moved_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (quantity > 0),
    CHECK (source_id <> target_id)
);
CREATE INDEX removal_source_id ON removal (source_id);
CREATE INDEX removal_target_id ON removal (target_id);

CREATE TABLE stocktake (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    state VARCHAR(8) NOT NULL,
    started_by_id BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    counted_by_id BIGINT,
    counted_at BIGINT,
    approved_by_id BIGINT,
    approved_at BIGINT,
    note VARCHAR(120) NOT NULL,
    FOREIGN KEY (shop_id) REFERENCES shop (id) ON DELETE RESTRICT,
    FOREIGN KEY (started_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (counted_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (approved_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (state IN ('counting', 'counted', 'approved', 'dropped')),
    CHECK (approved_by_id IS NULL OR approved_by_id <> counted_by_id),
    CHECK (approved_by_id IS NULL OR approved_by_id <> started_by_id)
);
CREATE INDEX stocktake_shop_id_state ON stocktake (shop_id, state);
CREATE UNIQUE INDEX stocktake_shop_id ON stocktake (shop_id) WHERE (state IN ('counting', 'counted'));

CREATE TABLE stocktake_line (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    stocktake_id BIGINT NOT NULL,
    goods_id BIGINT NOT NULL,
    counted INTEGER,
    expected INTEGER,
    counted_at BIGINT,
    FOREIGN KEY (stocktake_id) REFERENCES stocktake (id) ON DELETE RESTRICT,
    FOREIGN KEY (goods_id) REFERENCES goods (id) ON DELETE RESTRICT,
    CHECK (counted IS NULL OR counted >= 0),
    CHECK ((counted IS NULL) = (expected IS NULL))
);
CREATE UNIQUE INDEX stocktake_line_stocktake_id_goods_id ON stocktake_line (stocktake_id, goods_id);

CREATE TABLE reservation (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    household_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    points INTEGER NOT NULL,
    spoken VARCHAR(6) NOT NULL,
    state VARCHAR(10) NOT NULL,
    collect_by DATE NOT NULL,
    made_by_id BIGINT NOT NULL,
    made_at BIGINT NOT NULL,
    ended_by_id BIGINT,
    ended_at BIGINT,
    FOREIGN KEY (shop_id) REFERENCES shop (id) ON DELETE RESTRICT,
    FOREIGN KEY (household_id) REFERENCES household (id) ON DELETE RESTRICT,
    FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (made_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (ended_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (state IN ('open', 'collected', 'cancelled', 'expired')),
    CHECK (points > 0),
    CHECK ((state = 'open') = (ended_at IS NULL))
);
CREATE INDEX reservation_household_id ON reservation (household_id);
CREATE UNIQUE INDEX reservation_shop_id_spoken ON reservation (shop_id, spoken) WHERE (state = 'open');
CREATE INDEX reservation_collect_by ON reservation (collect_by) WHERE (state = 'open');

CREATE TABLE reservation_line (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    reservation_id BIGINT NOT NULL,
    goods_id BIGINT NOT NULL,
    name VARCHAR(40) NOT NULL,
    unit VARCHAR(8) NOT NULL,
    price INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    FOREIGN KEY (reservation_id) REFERENCES reservation (id) ON DELETE RESTRICT,
    FOREIGN KEY (goods_id) REFERENCES goods (id) ON DELETE RESTRICT,
    CHECK (price > 0),
    CHECK (quantity > 0)
);
CREATE INDEX reservation_line_reservation_id ON reservation_line (reservation_id);
CREATE INDEX reservation_line_goods_id ON reservation_line (goods_id);

CREATE TABLE proxy (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    household_id BIGINT NOT NULL,
    name VARCHAR(40) NOT NULL,
    person_id BIGINT,
    until DATE NOT NULL,
    granted_by_id BIGINT NOT NULL,
    granted_at BIGINT NOT NULL,
    revoked_by_id BIGINT,
    revoked_at BIGINT,
    FOREIGN KEY (household_id) REFERENCES household (id) ON DELETE RESTRICT,
    FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (granted_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (revoked_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (length(name) > 0)
);
CREATE INDEX proxy_household_id ON proxy (household_id);

CREATE TABLE phone_code (
    person_id BIGINT NOT NULL,
    step BIGINT NOT NULL,
    till_id BIGINT NOT NULL,
    clerk_id BIGINT NOT NULL,
    read_at BIGINT NOT NULL,
    used BOOLEAN NOT NULL,
    PRIMARY KEY (person_id, step),
    FOREIGN KEY (person_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (till_id) REFERENCES till (id) ON DELETE RESTRICT,
    FOREIGN KEY (clerk_id) REFERENCES person (id) ON DELETE RESTRICT
);

CREATE TABLE receipt_print (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    receipt_id BIGINT NOT NULL,
    number INTEGER NOT NULL,
    paper VARCHAR(2) NOT NULL,
    printed_by_id BIGINT NOT NULL,
    printed_at BIGINT NOT NULL,
    FOREIGN KEY (receipt_id) REFERENCES receipt (id) ON DELETE RESTRICT,
    FOREIGN KEY (printed_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (paper IN ('58', '80', 'a5')),
    CHECK (number > 0)
);
CREATE UNIQUE INDEX receipt_print_receipt_id_number ON receipt_print (receipt_id, number);

CREATE TABLE fund_account (
    village_id BIGINT NOT NULL,
    type VARCHAR(10) NOT NULL,
    fen BIGINT NOT NULL,
    PRIMARY KEY (village_id, type),
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    CHECK (type IN ('fund', 'committed')),
    CHECK (fen >= 0)
);

CREATE TABLE fund_transfer (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    village_id BIGINT NOT NULL,
    kind VARCHAR(10) NOT NULL,
    source VARCHAR(10) NOT NULL,
    target VARCHAR(10) NOT NULL,
    fen BIGINT NOT NULL,
    voucher VARCHAR(60) NOT NULL,
    note VARCHAR(120) NOT NULL,
    day DATE NOT NULL,
    commitment_id BIGINT,
    answers_id BIGINT,
    cause_type VARCHAR(12) NOT NULL,
    cause_id BIGINT,
    recorded_by_id BIGINT NOT NULL,
    recorded_at BIGINT NOT NULL,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (commitment_id) REFERENCES fund_transfer (id) ON DELETE RESTRICT,
    FOREIGN KEY (answers_id) REFERENCES fund_transfer (id) ON DELETE RESTRICT,
    FOREIGN KEY (recorded_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (kind IN ('income', 'commit', 'release', 'spend', 'reversal')),
    CHECK (source IN ('grant', 'donation', 'dividend', 'profit', 'other', 'fund', 'committed', 'spent')),
    CHECK (target IN ('grant', 'donation', 'dividend', 'profit', 'other', 'fund', 'committed', 'spent')),
    CHECK (fen > 0),
    CHECK (source <> target),
    CHECK ((kind = 'reversal') = (answers_id IS NOT NULL))
);
CREATE INDEX fund_transfer_village_id_id ON fund_transfer (village_id, id);
CREATE UNIQUE INDEX fund_transfer_answers_id ON fund_transfer (answers_id) WHERE (answers_id IS NOT NULL);
CREATE INDEX fund_transfer_commitment_id ON fund_transfer (commitment_id) WHERE (commitment_id IS NOT NULL);

CREATE TABLE settlement (
    id BIGSERIAL NOT NULL PRIMARY KEY,
    shop_id BIGINT NOT NULL,
    village_id BIGINT NOT NULL,
    month VARCHAR(7) NOT NULL,
    state VARCHAR(8) NOT NULL,
    receipts INTEGER NOT NULL,
    points BIGINT NOT NULL,
    undone INTEGER NOT NULL,
    undone_points BIGINT NOT NULL,
    fen BIGINT NOT NULL,
    drawn_by_id BIGINT NOT NULL,
    drawn_at BIGINT NOT NULL,
    shop_signed_by_id BIGINT,
    shop_signed_at BIGINT,
    village_signed_by_id BIGINT,
    village_signed_at BIGINT,
    paid_by_id BIGINT,
    paid_at BIGINT,
    payment_id BIGINT,
    transfer_id BIGINT,
    closed_by_id BIGINT,
    closed_at BIGINT,
    FOREIGN KEY (shop_id) REFERENCES shop (id) ON DELETE RESTRICT,
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT,
    FOREIGN KEY (drawn_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (shop_signed_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (village_signed_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (paid_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    FOREIGN KEY (payment_id) REFERENCES fund_transfer (id) ON DELETE RESTRICT,
    FOREIGN KEY (transfer_id) REFERENCES transfer (id) ON DELETE RESTRICT,
    FOREIGN KEY (closed_by_id) REFERENCES person (id) ON DELETE RESTRICT,
    CHECK (state IN ('drawn', 'paid', 'closed', 'dropped')),
    CHECK (fen > 0),
    CHECK (shop_signed_by_id IS NULL OR village_signed_by_id IS NULL OR shop_signed_by_id <> village_signed_by_id),
    CHECK (state NOT IN ('paid', 'closed') OR (shop_signed_at IS NOT NULL AND village_signed_at IS NOT NULL)),
    CHECK ((state IN ('paid', 'closed')) = (paid_at IS NOT NULL)),
    CHECK ((state = 'closed') = (closed_at IS NOT NULL))
);
CREATE UNIQUE INDEX settlement_shop_id_village_id_month ON settlement (shop_id, village_id,
        month) WHERE (state != 'dropped');

CREATE TABLE settlement_item (
    receipt_id BIGINT NOT NULL,
    undone BOOLEAN NOT NULL,
    settlement_id BIGINT NOT NULL,
    PRIMARY KEY (receipt_id, undone),
    FOREIGN KEY (receipt_id) REFERENCES receipt (id) ON DELETE RESTRICT,
    FOREIGN KEY (settlement_id) REFERENCES settlement (id) ON DELETE RESTRICT
);
CREATE INDEX settlement_item_settlement_id ON settlement_item (settlement_id);

CREATE TABLE cover_month (
    village_id BIGINT NOT NULL,
    month VARCHAR(7) NOT NULL,
    seen_on DATE NOT NULL,
    worth_fen INTEGER NOT NULL,
    outstanding BIGINT NOT NULL,
    fund_fen BIGINT NOT NULL,
    stock_fen BIGINT NOT NULL,
    unsettled_fen BIGINT NOT NULL,
    awarded BIGINT NOT NULL,
    redeemed BIGINT NOT NULL,
    income_fen BIGINT NOT NULL,
    spent_fen BIGINT NOT NULL,
    PRIMARY KEY (village_id, month),
    FOREIGN KEY (village_id) REFERENCES area (id) ON DELETE RESTRICT
)
"""

FILL = {
    "village_setting": {"cover_refuses": "FALSE"},
    "person": {"seen_receipt_id": "0"},
    "shop": {"contracted": "FALSE", "takes_cash": "FALSE", "van": "FALSE", "hold_days": "7"},
    "goods": {"cost_fen": "0", "limit_period": "'month'", "low_at": "3"},
    "stock": {"reserved": "0"},
    "stock_movement": {"batch_id": "(SELECT id FROM stock_batch WHERE stock_batch.goods_id = stock_movement.goods_id)"},
    "receipt": {
        "shift_id": "(SELECT id FROM shift WHERE shift.till_id = receipt.till_id AND shift.clerk_id = receipt.clerk_id "
        "AND shift.day = {day})",
        "worth_fen": "COALESCE((SELECT worth_fen FROM rule_book JOIN household ON village_id = rule_book.area_id "
        "WHERE household.id = receipt.household_id AND state = 'adopted'), 100)",
        "cash_points": "0",
        "cash_fen": "0",
    },
}
"""What a new column holds in the rows that are there already; NULL where nothing is said."""

# The local day of a receipt: UTC+8, as ever since 1991.
DAY_OF_SQLITE = "date(receipt.recorded_at / 1000000 + 28800, 'unixepoch')"
DAY_OF_POSTGRESQL = "DATE '1970-01-01' + CAST((receipt.recorded_at + 28800000000) / 86400000000 AS INTEGER)"

ROWS = (
    "INSERT INTO stock_batch (goods_id, cost_fen, remaining) SELECT goods_id, 0, on_hand FROM stock ORDER BY goods_id",
    """
    INSERT INTO shift (till_id, clerk_id, day, first_sequence, opened_at, closed_at, redemptions, points, cash_fen,
        undone, refused, note, taken_note)
    SELECT till_id, clerk_id, {day}, MIN(sequence), MIN(recorded_at), MAX(recorded_at), COUNT(*), SUM(points), 0,
        0, 0, '', ''
    FROM receipt GROUP BY till_id, clerk_id, {day} ORDER BY MIN(id)
    """,
    """
    UPDATE shift SET undone = (
        SELECT COUNT(*) FROM receipt JOIN receipt_undo ON receipt_undo.receipt_id = receipt.id
        WHERE receipt.till_id = shift.till_id AND receipt.clerk_id = shift.clerk_id AND {day} = shift.day)
    """,
    """
    INSERT INTO fund_transfer (id, village_id, kind, source, target, fen, voucher, note, day, answers_id, cause_type,
        recorded_by_id, recorded_at)
    SELECT id, village_id,
        CASE WHEN (kind = 'spent') = (fen > 0) THEN 'reversal' WHEN kind = 'spent' THEN 'spend' ELSE 'income' END,
        CASE WHEN fen < 0 THEN 'fund' ELSE kind END, CASE WHEN fen < 0 THEN kind ELSE 'fund' END,
        ABS(fen), voucher, note, day,
        CASE WHEN (kind = 'spent') = (fen > 0) THEN CAST(SUBSTR(voucher, 2) AS BIGINT) END, '',
        recorded_by_id, recorded_at
    FROM fund_entry ORDER BY id
    """,
    # A fund that was written below zero: whoever paid in advance is owed, which is other income until it is repaid.
    """
    INSERT INTO fund_transfer (id, village_id, kind, source, target, fen, voucher, note, day, cause_type,
        recorded_by_id, recorded_at)
    SELECT (SELECT MAX(id) FROM fund_entry) + ROW_NUMBER() OVER (ORDER BY village_id), village_id,
        'income', 'other', 'fund', -SUM(fen), '', '旧账余额为负，差额记为垫付', MAX(day), '',
        MAX(recorded_by_id), MAX(recorded_at)
    FROM fund_entry GROUP BY village_id HAVING SUM(fen) < 0
    """,
    """
    INSERT INTO fund_account (village_id, type, fen)
    SELECT village_id, 'fund', CASE WHEN SUM(fen) < 0 THEN 0 ELSE SUM(fen) END FROM fund_entry GROUP BY village_id
    """,
    "DROP TABLE fund_entry",
)


def up(migrator: Any, db: Any) -> None:
    postgresql = isinstance(db, PostgresqlDatabase)
    day = DAY_OF_POSTGRESQL if postgresql else DAY_OF_SQLITE
    reshape.create(db, NEW)
    for statement in ROWS:
        db.execute_sql(statement.replace("{day}", day))
    if postgresql:
        db.execute_sql("SELECT setval('fund_transfer_id_seq', COALESCE(MAX(id), 0) + 1, FALSE) FROM fund_transfer")
    fill = {
        table: {name: value.replace("{day}", day) for name, value in values.items()} for table, values in FILL.items()
    }
    reshape.change(db, CHANGED, fill)
    reshape.guard(db, APPEND_ONLY, rebuilt=("transfer", "stock_movement", "receipt"))
