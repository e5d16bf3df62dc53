"""The errors that the kit raises on purpose.

    KitError                    something the user can mend; its text says what, where and what to do
    ├── PolicyError             kit.policy: a rule, a policy or a data source is wrong
    ├── SchedulingError         kit.scheduling: an option or a request is wrong, or nothing is left for it
    ├── HotError                kit.hot: a template, an environment or a stack's action is wrong
    ├── MigrationError          kit.migration: a guest, a knob, a plan or a real QEMU is wrong
    ├── GuidelineError          kit.guidelines: a description, a record of traffic or a configuration cannot be read
    ├── CloudError              kit.cloud: the mock cloud was set up or asked wrongly (never an HTTP answer)
    │   ├── SeedError           a seed file does not describe a cloud
    │   └── StoreError          the store cannot be opened, read or restored
    └── LabError                kit.lab: a lab folder, a step or a progress file is wrong

Each keeps its fields and builds its text from them, so that a caller never parses text.
Packages add their own leaves below these branches.
"""

from __future__ import annotations


class KitError(Exception):
    """Something the user can mend.

    Parameters
    ----------
    what : str
        What is wrong, one sentence.
    where : str
        The place: a file with its line, a path inside a document, a name.
    todo : str
        What to do about it.
    """

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.todo = todo

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        advice = f"\n{self.todo}" if self.todo else ""
        return f"{place}{self.what}{advice}"


class PolicyError(KitError):
    """A rule, a policy or a data source is wrong."""


class HotError(KitError):
    """A template, an environment or an action on a stack is wrong."""


class SchedulingError(KitError):
    """An option or a request is wrong, or nothing is left for it."""


class MigrationError(KitError):
    """A guest, a knob, a plan or a real QEMU is wrong."""


class GuidelineError(KitError):
    """A description, a record of traffic, a service to probe or a configuration cannot be read."""


class CloudError(KitError):
    """The mock cloud was set up or asked wrongly."""


class SeedError(CloudError):
    """A seed file does not describe a cloud."""


class StoreError(CloudError):
    """The store cannot be opened, read or restored."""


class LabError(KitError):
    """A lab folder, a step or a progress file is wrong."""
