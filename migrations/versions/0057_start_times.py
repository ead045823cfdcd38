"""At which times of the day a tour starts is found by an index, not by reading all its dates

Revision: 0057
Follows: 0056
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

LOCAL_AT = "CAST(timezone('Asia/Ho_Chi_Minh', starts_at) AS time)"


def upgrade() -> None:
    op.create_index(op.f("ix_departures_times"), "departures", ["tour_id", sa.text(LOCAL_AT), "ends_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_departures_times"), "departures")
