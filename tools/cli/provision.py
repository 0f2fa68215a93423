"""`jumpguard provision`: from a merchant's application to a terminal that sells."""

import typer

from tools.cli.lazy import lazy

COMMANDS = {
    "apply": "tools.cli.provision_apply:apply",
    "example": "tools.cli.provision_apply:print_example",
    "review": "tools.cli.provision_review:review",
    "sign": "tools.cli.provision_sign:sign",
    "close": "tools.cli.provision_sign:close",
    "registry": "tools.cli.provision_registry:registry",
    "desk": "tools.cli.provision_desk:desk",
    "install": "tools.cli.provision_install:install",
    "batch": "tools.cli.provision_batch:batch",
    "change": "tools.cli.provision_change:change",
    "replace": "tools.cli.provision_replace:replace",
    "restore": "tools.cli.provision_restore:restore",
    "clear": "tools.cli.provision_clear:clear",
    "retire": "tools.cli.provision_retire:retire",
    "handover": "tools.cli.provision_handover:handover",
    "trail": "tools.cli.provision_trail:trail",
    "account-key": "tools.cli.provision_keys:account_key",
    "token-key": "tools.cli.provision_keys:token_key",
    "practice": "tools.cli.provision_practice:practice",
}

app = typer.Typer(
    cls=lazy(COMMANDS),
    no_args_is_help=True,
    add_completion=False,
    help="Put a merchant on a terminal: apply, review, sign, install; and the registry of what was signed.",
    epilog="Start with: jumpguard provision practice --dir DIR; or jumpguard provision account-key FILE",
)


@app.callback()
def _everything() -> None:
    """Only here so that Typer makes a group of it."""
