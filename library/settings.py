"""Settings: an option beats an environment variable, that beats casebook.toml, that beats the default."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    SerializationInfo,
    ValidationError,
    field_serializer,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from library.access import Role
from library.codes import CodeList, industries, regions
from library.documents import SectionKind
from library.errors import LibraryError, SettingsError

CONFIG_NAME = "casebook.toml"
DEFAULT_MODEL = "all-MiniLM-L6-v2"
# The context in which `model_dump_json` writes secrets too: for worker processes alone.
SECRETS = "secrets"
_UNKNOWN = "There is no such setting"
_HOST_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.:[]")


class AskerSettings(BaseModel):
    """Who asks on the command line; a convenience, since whoever reads the folder reads its files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    user: str = ""
    role: str = "reader"
    groups: tuple[str, ...] = ()


class ServerSettings(BaseModel):
    """How the server listens, whom it lets in, and what it bears."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(default="127.0.0.1", description="The address to listen on; others than this machine's need keys")
    port: int = Field(default=8000, ge=0, le=65_535, description="The port to listen on; 0 takes any free one")
    workers: int = Field(default=1, ge=1, le=64, description="How many processes serve")
    public_url: str = Field(
        default="",
        pattern=r"^(https?://[^/\s?#@]+(/[^\s?#]*)?)?$",
        description="Where callers reach the server, such as https://kb.example.com/casebook; its path is the prefix",
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=(), description="Names that a request may ask for in its Host header; *.example.com takes in all below"
    )
    cors_origins: tuple[str, ...] = Field(
        default=(), description="Sites whose pages may call from a browser, such as https://portal.example.com"
    )
    proxies: tuple[str, ...] = Field(
        default=("127.0.0.1",), description="Addresses whose X-Forwarded headers are believed"
    )
    authentication: Literal["auto", "required"] = Field(
        default="auto", description="auto asks for credentials once a key exists or OIDC is set; required always does"
    )
    max_body_kilobytes: int = Field(default=256, ge=1, le=10_000, description="A larger request body is refused")
    max_upload_kilobytes: int = Field(
        default=20_000, ge=1, le=100_000, description="A larger file that is to become drafts is refused"
    )
    local_author: str = Field(
        default="",
        max_length=200,
        pattern=r"^[^<>\x00-\x1f\x7f]*$",
        description="Who writes drafts where nobody signs in and only this machine reaches the server; others read",
    )
    search_seconds: float = Field(default=20.0, gt=0, le=600, description="A search that takes longer is given up")
    concurrent_searches: int = Field(default=0, ge=0, le=256, description="Searches at once per process; 0 = cores")
    rate_per_minute: int = Field(default=240, ge=0, description="Requests of one caller per minute; 0 = no limit")
    rate_burst: int = Field(default=60, ge=1, description="How many of them may come at once")


class OidcSettings(BaseModel):
    """How end users' bearer tokens (OpenID Connect) are checked and read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    issuer: str = Field(default="", description="The issuer of tokens, as it stands in them")
    audience: str = Field(default="", description="Whom tokens must be for: this server's identifier at the issuer")
    jwks_url: str = Field(default="", description="Where the issuer's keys are; found by discovery if unset")
    user_claim: str = Field(default="email", description="The claim that names a user as `owner` and `authors` do")
    groups_claim: str = Field(default="groups", description="The claim that lists a user's groups")
    roles_claim: str = Field(default="roles", description="The claim that lists a user's roles")
    roles: dict[str, Role] = Field(
        default_factory=dict, description="A value of the roles or groups claim -> role, such as kb-coe = 'curator'"
    )
    groups_url: str = Field(
        default="", description="Asked for groups with the user's own token when they did not fit into it"
    )
    leeway_seconds: int = Field(default=30, ge=0, le=300, description="How far clocks may differ")
    client_id: str = Field(
        default="", description="What the portal is called at the issuer; people sign in if it is set"
    )
    client_secret: SecretStr = Field(
        default=SecretStr(""), description="The portal's secret at the issuer; best given as a CASEBOOK_ variable"
    )
    scope: str = Field(default="openid profile email", description="What the portal asks the issuer for")

    @field_serializer("client_secret", when_used="json")
    def _hide_secret(self, secret: SecretStr, info: SerializationInfo) -> str:
        """Write the secret only for processes of this server (`SECRETS`)."""
        return secret.get_secret_value() if info.context == SECRETS else str(secret)


def _checked_origin(value: str) -> str:
    """Take an origin as browsers write it, without a slash at the end; nothing that adds to a header."""
    parts = urlsplit(value)
    host = parts.netloc.removeprefix("*.")
    is_origin = parts.scheme in ("https", "http") and parts.path in ("", "/") and not (parts.query or parts.fragment)
    if not is_origin or not host or not set(host) <= _HOST_LETTERS:
        raise ValueError("write origins such as https://portal.example.com")
    return value.rstrip("/")


Origin: TypeAlias = Annotated[str, AfterValidator(_checked_origin)]


class PortalSettings(BaseModel):
    """How the web portal is used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    frame_ancestors: tuple[Origin, ...] = Field(
        default=(), description="Sites whose pages may show /embed in a frame, such as https://portal.example.com"
    )
    session_hours: float = Field(default=8.0, gt=0, le=168, description="Who signed in is asked again after so long")
    idle_minutes: float = Field(default=60.0, gt=0, le=1440, description="A session unused for so long ends")


class _LibraryToml(TomlConfigSettingsSource):
    """A library's casebook.toml; a relative folder in it is one in that library."""

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        folder = Path(str(self.toml_file_path)).parent
        for name in ("data", "state", "deny_list"):
            if isinstance(values.get(name), str):
                values[name] = str(folder / values[name])
        for name in ("model", "reranker"):
            if values.get(name) and isinstance(values[name], str) and (folder / values[name]).is_dir():
                values[name] = str(folder / values[name])
        return values


class Settings(BaseSettings):
    """Everything that can be set, with its default.

    Environment: `CASEBOOK_` and the name in capitals (`CASEBOOK_MODEL`); `__` between the parts of a
    nested one (`CASEBOOK_ASKER__USER`).
    """

    model_config = SettingsConfigDict(
        env_prefix="CASEBOOK_", env_nested_delimiter="__", extra="forbid", frozen=True, env_ignore_empty=True
    )

    library: Path = Field(default=Path(), description="The folder that holds cases/ and kb/")
    data: Path | None = Field(default=None, description="Where the index lies; .casebook in the library if unset")
    id: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9_-][A-Za-z0-9._-]{0,63})?$",
        description="What the library is called where its state lies; made from its path if unset",
    )
    state: Path | None = Field(
        default=None, description="The file of keys and feedback; state.db in the user's data folder if unset"
    )
    model: str = Field(
        default=DEFAULT_MODEL, description="The default model, or any sentence-transformers name or path"
    )
    reranker: str = Field(
        default="",
        description="A sentence-transformers cross-encoder, name or path, that reads the first cases again, or none",
    )
    contact: str = Field(default="the centre of excellence", description="Whom to ask where an item names nobody")
    language: str = Field(default="en", description="Language of labels: en, de or fr")
    limit: int = Field(default=5, ge=1, le=1000, description="How many cases a search returns")
    max_file_kilobytes: int = Field(default=2_000, ge=1, description="A larger Markdown file is left out")
    headings: dict[SectionKind, tuple[str, ...]] = Field(
        default_factory=dict, description="Further headings of a case by section, such as challenge = ['Problem']"
    )
    commit: bool = Field(
        default=False, description="Make a Git commit, in the author's name, of each file that is saved or reviewed"
    )
    regions: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="A firm's own regions, such as ALPS = ['CH', 'AT']"
    )
    deny_list: Path | None = Field(
        default=None, description="A file outside the library with names of accounts, or hashes, that no text may hold"
    )
    approval: Literal["files", "recorded"] = Field(
        default="files",
        description="files trusts the status in files; recorded serves as in_review what has no approval on record",
    )
    asker: AskerSettings = Field(default_factory=AskerSettings)
    server: ServerSettings = Field(default_factory=ServerSettings)
    oidc: OidcSettings = Field(default_factory=OidcSettings)
    portal: PortalSettings = Field(default_factory=PortalSettings)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the library's casebook.toml below options and environment."""
        toml = init_settings().get("library") or env_settings().get("library") or "."
        return init_settings, env_settings, _LibraryToml(settings_cls, Path(str(toml)) / CONFIG_NAME)

    @property
    def data_folder(self) -> Path:
        """Where generations and caches lie."""
        return self.data or self.library / ".casebook"

    @property
    def library_id(self) -> str:
        """What the library is called where its state lies."""
        import hashlib

        return self.id or hashlib.sha256(os.fsencode(self.library.resolve())).hexdigest()[:16]

    @property
    def state_file(self) -> Path:
        """Where keys and feedback lie, which cannot be rebuilt."""
        from platformdirs import user_data_path

        return self.state or user_data_path("casebook", appauthor=False) / self.library_id / "state.db"


def load_settings(**options: Any) -> Settings:  # each option has the type of its field
    """Return the settings; an option that is None counts as not given.

    Raises:
        SettingsError: a value cannot be used.
        LibraryError: the library's folder does not exist.
    """
    given = {name: value for name, value in options.items() if value is not None}
    try:
        settings = Settings(**given)
    except ValidationError as error:
        raise SettingsError(_explain(error), hint=f"Look at options, CASEBOOK_ variables and {CONFIG_NAME}.") from error
    except ValueError as error:
        raise _source_error(error) from error
    except OSError as error:
        raise SettingsError(f"{error.filename}: {error.strerror}", hint="Check the file's rights.") from error
    if not settings.library.is_dir():
        raise LibraryError(
            f"There is no folder {os.fspath(settings.library)}.",
            hint="Name a library with --library DIR or CASEBOOK_LIBRARY, or make one with `casebook init DIR`.",
        )
    return settings


def known_codes(settings: Settings) -> tuple[CodeList, CodeList]:
    """Return the regions (with the firm's own) and the industries that a library uses.

    Raises:
        SettingsError: a region of the firm's own has a member that does not exist or that holds it.
    """
    try:
        own = regions().with_groups(settings.regions) if settings.regions else regions()
    except ValueError as error:
        hint = f"Look at [regions] in {CONFIG_NAME}: members are codes, names or groups, such as ALPS = ['CH', 'AT']."
        raise SettingsError(f"Setting regions.{error}.", hint=hint) from error
    return own, industries()


def casebook_version() -> str:
    """Return the installed version."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("sam-casebook")
    except PackageNotFoundError:
        return "0"


def _explain(error: ValidationError) -> str:
    faults = error.errors(include_url=False)
    messages = [_UNKNOWN if fault["type"] == "extra_forbidden" else fault["msg"] for fault in faults]
    names = [".".join(map(str, fault["loc"])) for fault in faults]
    return "\n".join(f"Setting {name}: {message}." for name, message in zip(names, messages, strict=True))


def _source_error(error: ValueError) -> SettingsError:
    import tomllib

    if isinstance(error, tomllib.TOMLDecodeError | UnicodeDecodeError):
        hint = "Mend it (it is TOML in UTF-8 without a byte-order mark), or take it away."
        return SettingsError(f"{CONFIG_NAME} cannot be read: {error}.", hint=hint)
    hint = """Write a list or a table as JSON: CASEBOOK_ASKER__GROUPS='["sales"]'."""
    return SettingsError(f"A CASEBOOK_ variable cannot be read: {error}.", hint=hint)
