"""All tables of the fleet's store together, and how an older store is brought up to them."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

import tools.fleet.access.tables
import tools.fleet.alerts.tables
import tools.fleet.history.tables
import tools.fleet.jumps.tables
import tools.fleet.rollouts.tables  # noqa: F401 - they are in `metadata` once they are imported
from tools.fleet.tables import metadata

__all__ = ["bring_up_to_date", "metadata"]

_MIGRATIONS = "tools.fleet:migrations"


def bring_up_to_date(engine: Engine) -> None:
    """Make the store's tables, or change those of an earlier version to what they are now. Raises SQLAlchemyError."""
    config = Config()
    config.set_main_option("script_location", _MIGRATIONS)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
