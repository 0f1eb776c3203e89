"""The one family of errors that Casebook raises for its users.

    CasebookError              what is wrong, and what to do about it
    ├── LibraryError           the folder that should hold a library
    ├── ConflictError          a file that somebody else has changed meanwhile
    ├── CommitError            a Git commit of what was saved
    │   └── UncommittableError     of what was therefore not saved
    ├── VocabularyError        a vocabulary to import, or a change to one
    ├── ExportError            a place or a selection to export
    ├── SettingsError          an option, a variable or casebook.toml
    ├── UnknownItemError       an id that this asker cannot see or that does not exist
    ├── ImportFileError        a file that was to become items
    ├── EditError              front matter that cannot be changed in place without touching something else
    ├── JudgementsError        a file of judged challenges
    ├── EncoderError           the model that turns text into vectors
    ├── IndexMissingError      nothing has been published yet
    ├── IndexUnusableError     what was published cannot be read by this version or model
    ├── IndexBusyError         another process is writing
    ├── IndexWriteError        the index could not be written; the published one stays
    ├── ChallengeError         the text or the filters of a search
    │   └── FilterError            one value of a filter, or one id of what the team has
    ├── CursorError            what is to say how far a reader has come does not
    ├── StateError             the file of what cannot be rebuilt: keys, feedback
    │   └── StateBusyError     another process is writing to it
    ├── AccessKeyError         a key cannot be made or found as asked
    ├── ReviewError            an item cannot be approved, returned, verified or archived as it is
    ├── PurgeError             an item cannot be purged, or not everywhere
    └── RoleError              the asker's role does not allow this

Foreign errors are wrapped where the library that raises them is owned.
"""


class CasebookError(Exception):
    """Say what is wrong (`message`) and what to do about it (`hint`), wherever that is read.

    `command` is how one does it on the command line, which shows it after the hint; no other surface does.
    """

    def __init__(self, message: str, *, hint: str = "", command: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.command = command

    def __str__(self) -> str:
        return "\n".join(part for part in (self.message, self.hint, self.command) if part)


class LibraryError(CasebookError):
    """The library's folder is missing, is no library, or cannot be written."""


class ConflictError(CasebookError):
    """A file is no longer what was read from it; nothing was written over."""


class CommitError(CasebookError):
    """A saved file could not be committed to Git; it stays saved."""


class UncommittableError(CommitError):
    """No Git commit could be made; so nothing was written."""


class VocabularyError(CasebookError):
    """A vocabulary cannot be read or written, or may not be changed so."""


class ExportError(CasebookError):
    """What was asked for cannot be exported, or not to there."""


class SettingsError(CasebookError):
    """A setting has a value that cannot be used."""


class UnknownItemError(CasebookError):
    """No item of this id is visible to the asker (whether or not one exists)."""


class ImportFileError(CasebookError):
    """A file to import cannot be read or mapped."""


class EditError(CasebookError):
    """Front matter cannot be changed in place; the message says where."""


class JudgementsError(CasebookError):
    """Judged challenges cannot be read, or nothing can be measured with them; never repeats a challenge's text."""


class EncoderError(CasebookError):
    """A model is missing, damaged, or cannot be loaded."""


class IndexMissingError(CasebookError):
    """The library has no published index."""


class IndexUnusableError(CasebookError):
    """The published index is damaged or was made by another version."""


class IndexBusyError(CasebookError):
    """Another process holds the writer's lock."""


class IndexWriteError(CasebookError):
    """The index could not be written; what was published before stays."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        remedy = "Free some space or check the folder's rights, then run this again."
        super().__init__(message, hint=hint or f"What was published before still answers. {remedy}")


class ChallengeError(CasebookError):
    """The challenge is empty or a filter names a value that nothing has."""


class FilterError(ChallengeError):
    """Nothing visible has this `value`; `filter` is the name of the filter, or `have`."""

    def __init__(self, message: str, *, filter_name: str, value: str, hint: str = "", command: str = "") -> None:
        super().__init__(message, hint=hint, command=command)
        self.filter = filter_name
        self.value = value


class CursorError(CasebookError):
    """What is to say how far a reader has come is neither a cursor nor a time."""


class StateError(CasebookError):
    """The state (keys, feedback) is damaged, was made by a newer version, or cannot be read or written."""


class StateBusyError(StateError):
    """Another process wrote to the state for longer than one waits."""


class AccessKeyError(CasebookError):
    """A key cannot be made with these terms, or no key has this id."""


class ReviewError(CasebookError):
    """A decision on an item cannot be taken as it stands."""


class PurgeError(CasebookError):
    """An item's text cannot be removed, or not from everywhere."""


class RoleError(CasebookError):
    """What was asked for is open to other roles only."""
