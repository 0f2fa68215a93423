"""A binding signer whose key never leaves its token: SoftHSM signs what terminals prove."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pkcs11
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pkcs11 import Attribute, ObjectClass

from agent.canonical import encode
from provisioning import signing
from provisioning.errors import SigningError
from provisioning.registry import reading, writing
from provisioning.registry_check import faults
from provisioning.token import Token
from tests.provisioning.hsm import LABEL, MODULE, SoftToken
from tests.provisioning.merchant import application


@pytest.fixture(scope="session")
def soft_token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftToken]:
    """One for this process, whose SoftHSM remembers the first that it was shown."""
    made = SoftToken(tmp_path_factory.mktemp("hsm"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(made.configuration))
        yield made


@pytest.fixture(scope="session")
def token(soft_token: SoftToken) -> Token:
    return Token(MODULE, LABEL, soft_token.pin_file)


@pytest.fixture(scope="session")
def made(token: Token) -> str:
    """The public half of the key `binding` in the token."""
    return token.create("binding").public_hex


def test_what_the_token_signs_proves_and_stands_in_the_registry(token: Token, made: str, tmp_path: Path) -> None:
    order = signing.Order(by="desk", valid_from=datetime.now(UTC))
    with token.key("binding") as signer, writing(tmp_path / "registry") as registry:
        assert signer.public_hex == made
        document = {"a": "茶"}
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(made))
        public.verify(bytes.fromhex(signer.sign(document)), encode(document))
        signed = signing.sign(application(), registry, signer, order)
        assert signed.entry.binding["key_id"] == signer.id
    assert list(faults(reading(tmp_path / "registry"), {signer.id: made})) == []


def test_the_key_never_leaves_the_token(made: str, soft_token: SoftToken) -> None:
    assert made
    with pkcs11.lib(str(MODULE)).get_token(token_label=LABEL).open(user_pin="4711") as session:
        (private,) = session.get_objects({Attribute.CLASS: ObjectClass.PRIVATE_KEY})
        assert (private[Attribute.SENSITIVE], private[Attribute.EXTRACTABLE]) == (True, False)
        with pytest.raises(pkcs11.PKCS11Error):
            private[Attribute.VALUE]


def test_a_key_is_not_made_over_another(token: Token, made: str) -> None:
    with pytest.raises(SigningError, match="there is a key 'binding' already"):
        token.create("binding")
    with token.key("binding") as signer:
        assert signer.public_hex == made


def test_what_is_wrong_with_the_token_is_said_without_the_pin(
    token: Token, made: str, soft_token: SoftToken, tmp_path: Path
) -> None:
    wrong, readable = tmp_path / "wrong", tmp_path / "readable"
    wrong.write_text("999999")
    wrong.chmod(0o600)
    readable.write_text("4711")
    readable.chmod(0o644)
    for other, label, why in (
        (Token(MODULE, "no such", soft_token.pin_file), "binding", "has none of that label"),
        (token, "other", "0 Ed25519 keys 'other'; one is due"),
        (Token(MODULE, LABEL, wrong), "binding", "PKCS#11: PinIncorrect"),
        (Token(MODULE, LABEL, readable), "binding", "others may read the token's PIN"),
        (Token(MODULE, LABEL, tmp_path / "none"), "binding", "the token's PIN cannot be read"),
    ):
        with pytest.raises(SigningError, match=why) as refused, other.key(label):
            pass
        assert "999999" not in str(refused.value) and "4711" not in str(refused.value)
