"""Sort what the search reads in at once: a list of what waits to be sorted in was most of what a search took

Revision: 0042
Follows: 0041
"""

from __future__ import annotations

from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER INDEX ix_catalog_entries_folded_tsv SET (fastupdate = off)")
    # What waits already is sorted in once; it stays where it is otherwise.
    op.execute("SELECT gin_clean_pending_list('ix_catalog_entries_folded_tsv')")


def downgrade() -> None:
    op.execute("ALTER INDEX ix_catalog_entries_folded_tsv RESET (fastupdate)")
