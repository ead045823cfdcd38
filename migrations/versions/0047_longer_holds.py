"""Keep how many times a hold was made longer

Revision: 0047
Follows: 0044
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("bookings", sa.Column("extensions", sa.BigInteger(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("bookings", "extensions")
