"""The columns of a batch's table: what they are called, in English and Chinese, and what stands in them."""

from dataclasses import replace
from functools import cache
from typing import Any

from board.settings.file import fault
from provisioning.application.fields import BY_NAME as APPLICATION
from provisioning.application.fields import Field
from provisioning.application.headings import Headings
from provisioning.batch import forms
from provisioning.errors import EntryError
from provisioning.settings.keys import KEYS, Key
from provisioning.texts import _, mark

FIELDS = (
    replace(APPLICATION["serial"], required=False),
    Field("host", mark("Address"), mark("HOST or HOST:PORT, reached by SSH."), "10.0.0.11", forms.host,
          ("主机", "主机地址", "终端IP", "IP地址", "网络地址", "ip", "address")),
    Field("user", mark("SSH user"), mark("Where it is another than --user says."), "", forms.user,
          ("用户", "SSH用户", "登录用户", "ssh_user"), required=False),
    Field("identity", mark("SSH key file"), mark("Where it is another than --identity says."), "", forms.path,
          ("密钥", "密钥文件", "SSH密钥", "ssh_key", "key"), required=False),
    Field("host_key", mark("SSH host key"), mark("Its fingerprint, unless the host is known already."), "",
          forms.fingerprint, ("主机密钥", "主机指纹", "指纹", "host_key_fingerprint", "fingerprint"), required=False),
    Field("root", mark("Root folder"), mark("Only for a virtual terminal: where its files are."), "", forms.path,
          ("根目录",), required=False),
    Field("binding", mark("Binding file"), mark("Without it the serial is looked up: in --bindings, or the registry."),
          "", forms.path, ("绑定文件", "绑定", "binding_file"), required=False),
    Field("application", mark("Application"), mark("Instead of the serial: the first digits of its SHA-256."), "",
          forms.digest, ("申请", "申请编号", "application_number"), required=False),
    replace(APPLICATION["mid"], hint=mark("If it is there, it is compared with the binding."), required=False),
    replace(APPLICATION["tid"], hint=mark("If it is there, it is compared with the binding."), required=False),
    Field("note", mark("Note"), mark("For the report."), "", forms.line, ("备注", "说明", "remark"), required=False),
)  # fmt: skip

BY_NAME = {field.name: field for field in FIELDS}

# What only a row can say of a terminal's settings, by `section.key`: who it is and whom it trusts, the desk knows.
SETTINGS: dict[str, Key] = {
    key.full_name: key for key in KEYS if key.section not in ("terminal", "trust") and key.lies is None
}
SETTING_NAMES = {"api.port": ("till_port", "收银端口", "接口端口"), "api.host": ("till_host", "收银地址")}

# Those of which a value shows the kind.
FORMS = ("serial", "host", "host_key", "mid", "tid", "application")

TITLES = {field.name: field.title for field in FIELDS}


@cache
def headings() -> Headings:
    """What each column may be called."""
    names = {name: SETTING_NAMES.get(name, ()) for name in SETTINGS}
    return Headings(names | {field.name: (field.title, *field.aliases) for field in FIELDS})


def fits(name: str, text: str) -> bool:
    """Whether `text` has the form of the column `name`, one of FORMS."""
    if name == "host":
        return forms.looks_like_host(text)
    try:
        BY_NAME[name].check(text)
    except EntryError:
        return False
    return True


def setting(name: str, text: str) -> Any:
    """The value of the setting `name`, one of SETTINGS. Raises EntryError for what a terminal would not take."""
    key = SETTINGS[name]
    plain = forms.line(text)
    value: Any = plain
    if key.type == "whole number" and plain.isascii() and plain.isdigit():
        value = int(plain)
    elif key.type == "switch" and plain.lower() in ("true", "false"):
        value = plain.lower() == "true"
    elif key.type == "list of texts":
        value = [part.strip() for part in plain.split(";")]
    if fault(value, key.declared):
        raise EntryError(_("not what a terminal takes: {due}").format(due=key.due))
    return value
