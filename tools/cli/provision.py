"""`jumpguard provision`: from a merchant's application to the signed binding of a terminal."""

import typer

from tools.cli.lazy import lazy

COMMANDS = {
    "apply": "tools.cli.provision_apply:apply",
    "example": "tools.cli.provision_apply:print_example",
    "review": "tools.cli.provision_review:review",
    "sign": "tools.cli.provision_sign:sign",
    "close": "tools.cli.provision_sign:close",
    "registry": "tools.cli.provision_registry:registry",
    "account-key": "tools.cli.provision_keys:account_key",
    "token-key": "tools.cli.provision_keys:token_key",
}
from tools.cli import (
    provision_apply,
    provision_handover,
    provision_keys,
    provision_registry,
    provision_review,
    provision_sign,
)

app = typer.Typer(
    cls=lazy(COMMANDS),
    no_args_is_help=True,
    add_completion=False,
    help="Put a merchant on a terminal: apply, review, sign; and the registry of what was signed.",
    epilog="Start with: jumpguard provision account-key FILE; jumpguard provision apply --account-key FILE",
)


@app.callback()
def _everything() -> None:
    """Only here so that Typer makes a group of it."""


app.command("apply")(provision_apply.apply)
app.command("example")(provision_apply.print_example)
app.command("review")(provision_review.review)
app.command("sign")(provision_sign.sign)
app.command("close")(provision_sign.close)
app.command("registry")(provision_registry.registry)
app.command("handover")(provision_handover.handover)
app.command("account-key")(provision_keys.account_key)
app.command("token-key")(provision_keys.token_key)
