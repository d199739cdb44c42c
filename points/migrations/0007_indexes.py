"""Indexes, so that no page reads a table that grows from one end to the other: of what waits, and of who did what."""

from __future__ import annotations

from typing import Any

from points import reshape

NEW = """
CREATE INDEX area_kind ON area (kind);
CREATE INDEX role_until ON role (until) WHERE (until IS NOT NULL);
CREATE INDEX write_key_actor_id ON write_key (actor_id);
CREATE INDEX contribution_recorded_by_id_recorded_at ON contribution (recorded_by_id, recorded_at);
CREATE INDEX line_village_id_item_code_day ON line (village_id, item_code, day);
CREATE INDEX line_village_id_day ON line (village_id, day) WHERE (effect = 'civility');
CREATE INDEX line_notice_id_open_objections ON line (notice_id, open_objections) WHERE (state = 'noticed');
CREATE INDEX line_recorded_by_id ON line (recorded_by_id) WHERE (state = 'returned');
CREATE INDEX line_revises_id ON line (revises_id) WHERE (revises_id IS NOT NULL);
CREATE INDEX line_village_id_posted_at ON line (village_id, posted_at) WHERE (posted_at IS NOT NULL);
CREATE INDEX voice_person_id ON voice (person_id);
CREATE INDEX objection_raised_by_id ON objection (raised_by_id);
CREATE INDEX objection_answered_at ON objection (answered_at);
CREATE INDEX photo_added_by_id ON photo (added_by_id);
CREATE INDEX complaint_village_id_answered_at ON complaint (village_id, answered_at);
CREATE INDEX complaint_raised_by_id ON complaint (raised_by_id);
CREATE INDEX wish_raised_by_id ON wish (raised_by_id);
CREATE INDEX wish_goods_id ON wish (goods_id) WHERE (goods_id IS NOT NULL);
CREATE INDEX proxy_person_id ON proxy (person_id) WHERE (person_id IS NOT NULL);
CREATE INDEX settlement_village_id_id ON settlement (village_id, id);
CREATE INDEX settlement_state_shop_id ON settlement (state, shop_id);
CREATE INDEX cover_month_seen_on ON cover_month (seen_on);
CREATE INDEX census_state_uploaded_at ON census (state, uploaded_at);
CREATE INDEX opening_line_opening_id ON opening_line (opening_id) WHERE (state = 'waiting');
CREATE INDEX opening_line_objected_at ON opening_line (objected_at) WHERE (state = 'disputed');
CREATE INDEX household_change_state ON household_change (state);
CREATE INDEX household_change_area_id ON household_change (area_id) WHERE (area_id IS NOT NULL)
"""


def up(migrator: Any, db: Any) -> None:
    reshape.create(db, NEW)
