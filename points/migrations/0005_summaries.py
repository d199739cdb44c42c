"""Summaries: what moved by month, area, kind and item; summed up once for the transfers that are there.

What is counted where: `points.summaries`.
"""

from __future__ import annotations

from typing import Any

from peewee import PostgresqlDatabase

from points import reshape

NEW = """
CREATE TABLE month_summary (
    area_id BIGINT NOT NULL,
    month VARCHAR(7) NOT NULL,
    kind VARCHAR(12) NOT NULL,
    item BIGINT NOT NULL,
    stripe INTEGER NOT NULL,
    count BIGINT NOT NULL,
    points BIGINT NOT NULL,
    change BIGINT NOT NULL,
    PRIMARY KEY (area_id, month, kind, item, stripe),
    FOREIGN KEY (area_id) REFERENCES area (id) ON DELETE RESTRICT,
    CHECK (count > 0),
    CHECK (points > 0)
);
CREATE INDEX month_summary_month ON month_summary (month) WHERE (stripe > 0)
"""
FILL = """
INSERT INTO month_summary (area_id, month, kind, item, stripe, count, points, change)
SELECT area_id, CASE part.column1 WHEN 1 THEN 'total' ELSE month END,
    CASE part.column1 WHEN 1 THEN 'total' ELSE kind END,
    CASE part.column1 WHEN 1 THEN 0 ELSE item END, 0, SUM(count), SUM(points), SUM(change)
FROM (
    SELECT COALESCE(household.village_id, shop.area_id) AS area_id, {month} AS month, kind,
        COALESCE(contribution.item_id, 0) AS item, COUNT(*) AS count, SUM(points) AS points, SUM(change) AS change
    FROM (
        SELECT transfer.recorded_at, transfer.kind, transfer.points, transfer.cause_type, transfer.cause_id,
            CASE WHEN target.type IN {owned} THEN target.owner_id WHEN source.type IN {owned} THEN source.owner_id END
                AS household_id,
            CASE WHEN transfer.kind = 'settlement' THEN source.owner_id END AS shop_id,
            CASE WHEN target.type IN {purses} THEN transfer.points ELSE 0 END - CASE WHEN source.type IN {purses}
                AND (target.owner_id = source.owner_id OR target.type NOT IN {owned}) THEN transfer.points ELSE 0 END
                AS change
        FROM transfer JOIN account AS source ON source.id = transfer.source_id
        JOIN account AS target ON target.id = transfer.target_id
        UNION ALL
        SELECT transfer.recorded_at, transfer.kind, transfer.points, transfer.cause_type, transfer.cause_id,
            source.owner_id, NULL, CASE WHEN source.type IN {purses} THEN -transfer.points ELSE 0 END
        FROM transfer JOIN account AS source ON source.id = transfer.source_id
        JOIN account AS target ON target.id = transfer.target_id AND target.owner_id <> source.owner_id
        WHERE transfer.kind = 'move'
    ) AS touched
    LEFT JOIN household ON household.id = touched.household_id LEFT JOIN shop ON shop.id = touched.shop_id
    LEFT JOIN line ON touched.cause_type = 'line' AND line.id = touched.cause_id
    LEFT JOIN contribution ON contribution.id = line.contribution_id GROUP BY 1, 2, 3, 4
) AS counted CROSS JOIN (VALUES (0), (1)) AS part WHERE area_id > 0 GROUP BY 1, 2, 3, 4
"""


def up(migrator: Any, db: Any) -> None:
    reshape.create(db, NEW)
    month = "strftime('%Y-%m', touched.recorded_at / 1000000 + 28800, 'unixepoch')"
    if isinstance(db, PostgresqlDatabase):
        month = "to_char(to_timestamp(touched.recorded_at / 1000000 + 28800) AT TIME ZONE 'UTC', 'YYYY-MM')"
    purses, owned = "('household', 'hold')", "('household', 'hold', 'owed')"
    db.execute_sql(FILL.format(month=month, purses=purses, owned=owned))
