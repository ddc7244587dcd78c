"""Settings: where they come from, which values they may have, and the keys that a first run makes."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from adapter.config import Config, ConfigError, load_config
from tests.fixtures.processes import PROCESSES

KEY = "YSBrZXkgdGhhdCBpcyBvbmx5IGV2ZXIgZm9yIHRlc3Q="


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def load(folder: Path, **given: str) -> Config:
    environ = {f"ADAPTER_{name}": value for name, value in given.items()}
    return load_config({"PATH": "/bin", **environ}, folder=folder, platforms=("mindbody", "sandbox"))


def test_a_fresh_machine_needs_no_setting(folder: Path) -> None:
    config = load(folder)
    assert config.instance == folder / "instance"
    assert config.database_url == f"sqlite:///{folder / 'instance' / 'adapter.db'}"
    assert config.public_url == "http://127.0.0.1:5000"
    assert not config.allow_private_addresses
    assert config.platform("mindbody") == {}
    assert config.platform("nobody") == {}


def test_keys_are_made_once_and_are_their_owners_only(folder: Path) -> None:
    first, second = load(folder), load(folder)
    assert (first.secret_key, first.encryption_keys) == (second.secret_key, second.encryption_keys)
    assert len(first.secret_key) >= 32
    Fernet(first.encryption_keys[0])
    made = sorted(path for path in (folder / "instance").iterdir())
    assert [path.name for path in made] == ["encryption.keys", "secret.key"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in made} == {0o600}
    assert stat.S_IMODE((folder / "instance").stat().st_mode) == 0o700


def _secret(folder: Path) -> str:
    return load(folder).secret_key


def test_processes_that_start_at_once_agree_on_the_keys(folder: Path) -> None:
    with PROCESSES.Pool(3) as pool:
        assert len(set(pool.map(_secret, [folder] * 6))) == 1


def test_an_empty_key_file_is_an_error_that_says_so(folder: Path) -> None:
    load(folder)
    (folder / "instance" / "secret.key").write_text("\n")
    with pytest.raises(ConfigError, match=r"secret\.key is empty"):
        load(folder)


def test_a_database_whose_key_is_lost_gets_no_new_one(folder: Path) -> None:
    load(folder)
    (folder / "instance" / "adapter.db").touch()
    (folder / "instance" / "encryption.keys").unlink()
    with pytest.raises(ConfigError, match=r"encryption\.keys is missing"):
        load(folder)
    assert load(folder, ENCRYPTION_KEYS=KEY).encryption_keys == (KEY,)


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(folder: Path) -> None:
    (folder / ".env").write_text(
        "ADAPTER_PUBLIC_URL=https://file.example/\nADAPTER_MINDBODY_API_KEY='a$b#c'\nOTHER=1\n", encoding="utf-8"
    )
    assert load(folder).public_url == "https://file.example"
    assert load(folder).platform("mindbody") == {"API_KEY": "a$b#c"}
    assert load(folder, PUBLIC_URL="https://env.example").public_url == "https://env.example"


def test_a_dotenv_that_is_no_text_is_an_error(folder: Path) -> None:
    (folder / ".env").write_bytes(b"ADAPTER_PUBLIC_URL=\xff\xfe")
    with pytest.raises(ConfigError, match=r"\.env cannot be read"):
        load(folder)


def test_a_secret_may_come_from_a_file(folder: Path) -> None:
    (folder / "key").write_text("a secret from a file\n", encoding="utf-8")
    config = load(folder, SECRET_KEY_FILE=str(folder / "key"), MINDBODY_CLIENT_SECRET_FILE=str(folder / "key"))
    assert config.secret_key == "a secret from a file"
    assert config.platform("mindbody") == {"CLIENT_SECRET": "a secret from a file"}


def test_the_instance_folder_may_be_moved(folder: Path) -> None:
    assert load(folder, INSTANCE="elsewhere").instance == folder / "elsewhere"
    assert load(folder, INSTANCE=str(folder / "x")).database_url == f"sqlite:///{folder / 'x' / 'adapter.db'}"


def test_platform_settings_are_told_apart_by_platform(folder: Path) -> None:
    config = load(folder, MINDBODY_API_URL="https://a.example/v6/", SANDBOX_CLIENT_ID="x")
    assert config.platform("mindbody") == {"API_URL": "https://a.example/v6"}
    assert config.platform("sandbox") == {"CLIENT_ID": "x"}


def test_what_means_nothing_is_named(folder: Path) -> None:
    config = load(folder, MINDBODI_API_KEY="x", PUBLIK_URL="x")
    assert config.unknown == ("ADAPTER_MINDBODI_API_KEY", "ADAPTER_PUBLIK_URL")


@pytest.mark.parametrize("given", ["1", "true", "YES", "on"])
def test_private_addresses_are_allowed_by_a_plain_yes(folder: Path, given: str) -> None:
    assert load(folder, ALLOW_PRIVATE_ADDRESSES=given).allow_private_addresses


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALLOW_PRIVATE_ADDRESSES", "maybe"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "10"),
        ("PUBLIC_URL", "adapter.example"),
        ("PUBLIC_URL", "ftp://adapter.example"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "https://x.example:99999"),
        ("PUBLIC_URL", "https://x.example/?a=1"),
        ("PUBLIC_URL", "https://user:pw@x.example"),
        ("MINDBODY_API_URL", "api.example/v6"),
        ("SANDBOX_ISSUER", "nowhere"),
        ("SANDBOX_CALLS_PER_DAY", "many"),
        ("DATABASE_URL", "mysql://x/y"),
        ("DATABASE_URL", "postgresql+psycopg2://x/y"),
        ("DATABASE_URL", "postgresql+psycopg://x"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "no url"),
        ("SECRET_KEY", "short"),
        ("ENCRYPTION_KEYS", "not a key"),
        ("ENCRYPTION_KEYS", f"{KEY},short"),
        ("SECRET_KEY_FILE", "/nowhere/at/all"),
    ],
)
def test_a_wrong_value_is_an_error_that_names_the_variable(folder: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=f"^ADAPTER_{name}"):
        load(folder, **{name: value})


def test_one_setting_given_twice_is_an_error(folder: Path) -> None:
    with pytest.raises(ConfigError, match="both set"):
        load(folder, SECRET_KEY="0123456789abcdef", SECRET_KEY_FILE="/some/file")


def test_no_error_and_no_repr_shows_a_secret(folder: Path) -> None:
    url = "postgresql+psycopg://me:canary@db.example/adapter"
    config = load(folder, DATABASE_URL=url, SECRET_KEY="canary-canary-canary", MINDBODY_API_KEY="canary")
    assert "canary" not in repr(config)
    for wrong in ({"DATABASE_URL": "mysql://me:canary@x/y"}, {"ENCRYPTION_KEYS": "canary"}, {"SECRET_KEY": "canary"}):
        with pytest.raises(ConfigError) as refused:
            load(folder, **wrong)
        assert "canary" not in str(refused.value)


def test_several_encryption_keys_keep_their_order(folder: Path) -> None:
    other = Fernet.generate_key().decode()
    assert load(folder, ENCRYPTION_KEYS=f"{other}, {KEY}").encryption_keys == (other, KEY)
