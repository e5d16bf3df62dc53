"""Large clouds: a seed with realistic numbers, and the quick growth of servers by the thousand."""

from kit.cloud.generate.bulk import Bulk
from kit.cloud.generate.population import Size, population

__all__ = ["Bulk", "Size", "population"]
