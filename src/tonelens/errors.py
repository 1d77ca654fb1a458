"""Every error Tonelens raises on purpose.

    TonelensError               something went wrong that a person can act on
    ├── InputError              what the user gave is wrong: the command line ends with exit code 2
    │   ├── AudioError          a recording that cannot be trusted (unreadable, silent, too short ...)
    │   ├── CorpusError         a corpus folder, a list of clips or a set of cuts
    │   ├── ConfigError         a recipe or a setting
    │   ├── LabelError          a label that the label set does not have
    │   ├── ModelError          a model folder that cannot be loaded
    │   └── RunError            a run folder that cannot be written to or resumed
    └── StorageError            the disk is full or not writable (exit code 2 as well: nothing half-written)

Every message says what was found, the rule, and the way out, in one line.
"""

from __future__ import annotations


class TonelensError(Exception):
    """Base of every error raised on purpose; its text is one line meant for a person."""

    exit_code = 1


class InputError(TonelensError):
    """What the user gave is wrong."""

    exit_code = 2


class AudioError(InputError):
    """A recording that cannot be trusted. `reason` is a stable word for programs."""

    def __init__(self, message: str, *, reason: str = "unreadable") -> None:
        super().__init__(message)
        self.reason = reason


class CorpusError(InputError):
    """A corpus folder, a list of clips or a set of cuts that breaks its rule."""


class ConfigError(InputError):
    """A recipe or setting that breaks its rule."""


class LabelError(InputError):
    """A label that the label set does not have."""


class ModelError(InputError):
    """A model folder that cannot be loaded."""


class RunError(InputError):
    """A run folder that cannot be written to or resumed."""


class StorageError(TonelensError):
    """The disk is full or not writable; what was there before is untouched."""

    exit_code = 2
