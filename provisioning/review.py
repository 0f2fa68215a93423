"""An application beside what can be found out about it without asking anybody: what it says, and what is odd."""

from collections.abc import Iterator
from dataclasses import dataclass

from agent.binding.record import REVERSE, REVERSE_AND_LOCK
from agent.sale.money import major_units
from provisioning.application import categories, regions
from provisioning.application.application import Application
from provisioning.application.fields import BY_NAME, FIELDS, LIMIT
from provisioning.application.money import hundredths
from provisioning.legal_form import form_of, form_said, forms_in_name, registered_in
from provisioning.registry import Registry
from provisioning.texts import _, mark

# Ceilings of issuer and network together (发改价格〔2016〕557号): 0.45 % and 0.35 % of the one, 0.065 % of the other;
# for debit cards at most 13.00 and 6.50 yuan. In hundredths of a basis point, and minor units.
_PUBLIC = {"credit_rate": 5_150, "debit_rate": 4_150}
_PUBLIC_CAP = 1_950

_POLICIES = {
    REVERSE: mark("the charge is reversed"),
    REVERSE_AND_LOCK: mark("the charge is reversed, and the terminal is locked"),
}

PROBLEM = "problem"
WARNING = "warning"
NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about the entry `name`. A `problem` prevents signing, a `warning` is for a person to decide."""

    level: str
    name: str
    text: str


def findings(application: Application, registry: Registry | None = None) -> list[Finding]:
    """What is odd about `application`, the worst first; beside a registry also what is bound elsewhere."""
    found = [
        *_missing(application),
        *_of_names(application),
        *_of_mid(application),
        *_of_region(application),
        *_of_category(application),
        *_of_licence(application),
        *_of_rates(application),
        *_of_limit(application),
        *(_of_registry(application, registry) if registry else ()),
    ]
    return sorted(found, key=lambda one: (PROBLEM, WARNING, NOTE).index(one.level))


def said(name: str, text: str) -> str:
    """What the checked entry `name` means, "" where it speaks for itself."""
    if name == "uscc":
        return " · ".join(filter(None, (_("check character is right"), form_said(text), registered_in(text))))
    if name == "licence":
        return " · ".join(filter(None, (_("check digit is right"), registered_in(text))))
    if name == "mcc":
        category = categories.known(text)
        return category.shown.partition(" ")[2] if category else ""
    if name == "region":
        region = regions.known(text)
        return region.name if region else ""
    return _(_POLICIES[text]) if name == "jump_policy" else ""


def shown(name: str, text: str) -> str:
    """The checked entry `name` with its unit."""
    if name in ("credit_rate", "debit_rate"):
        return f"{text} %"
    return _("{amount} yuan").format(amount=text) if name in ("debit_cap", "limit") else text


def _missing(application: Application) -> Iterator[Finding]:
    for name in ("uscc", "mid", "tid"):
        if not application.get(name):
            yield Finding(PROBLEM, name, _("not there yet; without it no binding is signed"))


def _of_names(application: Application) -> Iterator[Finding]:
    """An amount or a number that was pasted into the wrong place would stand on every cardholder's bill."""
    for name in ("legal_name", "name"):
        if not any(character.isalpha() for character in application.get(name)):
            yield Finding(WARNING, name, _("no letter and no Chinese sign stands in it; is it a name?"))


def _of_mid(application: Application) -> Iterator[Finding]:
    """The pattern is practice and no standard: what does not fit it is worth a look, no more."""
    mid, acquirer, region, mcc = (application.get(name) for name in ("mid", "acquirer", "region", "mcc"))
    if not mid:
        return
    if not mid[:11].isdigit():
        yield Finding(NOTE, "mid", _("it does not follow the usual pattern, so that nothing can be read from it"))
        return
    if not mid.startswith(acquirer[:3]):
        yield Finding(
            WARNING, "mid", _("it begins with {part}, the acquirer is {due}").format(part=mid[:3], due=acquirer)
        )
    if mid[3:7] != region[:4]:
        inside = regions.around(mid[3:7])
        place = inside.name if inside else _("none of GB/T 2260; it may be UnionPay's own code")
        text = _("the region in it is {part} ({place}), the terminal's is {due}")
        yield Finding(WARNING, "mid", text.format(part=mid[3:7], place=place, due=region))
    if mid[7:11] != mcc:
        category = categories.known(mid[7:11])
        text = _("the category in it is {part} ({category}), entered is {due}")
        shown = category.shown.partition(" ")[2] if category else _("none of ISO 18245")
        yield Finding(WARNING, "mid", text.format(part=mid[7:11], category=shown, due=mcc))


def _of_region(application: Application) -> Iterator[Finding]:
    region = regions.known(application.get("region"))
    if region is not None and region.abolished:
        yield Finding(WARNING, "region", _("abolished in {year}").format(year=region.abolished))
    if application.get("region").endswith("00"):
        yield Finding(WARNING, "region", _("a whole city or province; name the district or county"))
    place = regions.elsewhere(application.get("address"), application.get("region"))
    if place:
        yield Finding(WARNING, "address", _("it names {place}, which is not in the region").format(place=place))


def _of_category(application: Application) -> Iterator[Finding]:
    mcc = application.get("mcc")
    for name in ("name", "legal_name"):
        fitting = categories.fitting(application.get(name))
        if fitting and mcc not in fitting:
            shown = _("; ").join(found.shown for code in fitting if (found := categories.known(code)))
            text = _("{mcc} does not fit what stands under {title}: that sounds like {categories}")
            yield Finding(WARNING, "mcc", text.format(mcc=mcc, title=_(BY_NAME[name].title), categories=shown))
            return


def _of_licence(application: Application) -> Iterator[Finding]:
    number, name = application.get("uscc") or application.get("licence"), application.get("legal_name")
    form, expected = form_of(number), forms_in_name(name)
    if form and expected and form not in expected:
        text = _("the licence is of the form {form}, the legal name sounds like another")
        yield Finding(WARNING, "legal_name", text.format(form=form_said(number)))
    elsewhere = number[2:4] if application.get("uscc") else number[:2]
    if regions.known(f"{elsewhere}0000") and elsewhere != application.get("region")[:2]:
        text = _("another province than that of the licence ({place})")
        yield Finding(WARNING, "region", text.format(place=registered_in(number)))


def _of_rates(application: Application) -> Iterator[Finding]:
    for name, public in _PUBLIC.items():
        own = hundredths(application.get(name)) * 100 - public
        if own > 0:
            # Half of the rate for the acquirer alone is not forbidden, and not usual.
            level = WARNING if own > public else NOTE
            text = _("{own} % beyond the public caps of issuer and network ({public} %) is the acquirer's own part")
            yield Finding(level, name, text.format(own=_percent(own), public=_percent(public)))
    if hundredths(application.get("debit_rate")) > hundredths(application.get("credit_rate")):
        yield Finding(WARNING, "debit_rate", _("higher than that of credit cards; are the two swapped?"))
    cap = hundredths(application.get("debit_cap"))
    if cap > _PUBLIC_CAP:
        level = WARNING if cap > 2 * _PUBLIC_CAP else NOTE
        text = _("{own} yuan beyond the public caps of issuer and network ({public} yuan)")
        yield Finding(
            level, "debit_cap", text.format(own=major_units(cap - _PUBLIC_CAP), public=major_units(_PUBLIC_CAP))
        )


def _percent(fine: int) -> str:
    return f"{fine // 10_000}.{fine % 10_000:04}".rstrip("0")


def _of_limit(application: Application) -> Iterator[Finding]:
    if hundredths(application.get("limit")) > hundredths(LIMIT):
        text = _("above {limit} yuan cards ask for a PIN, which this terminal does not take")
        yield Finding(WARNING, "limit", text.format(limit=LIMIT))


def _of_registry(application: Application, registry: Registry) -> Iterator[Finding]:
    acquirer, mid, tid = (application.get(name) for name in ("acquirer", "mid", "tid"))
    bound = (acquirer, mid, tid, application.get("uscc"))
    before = registry.latest.get(application.serial)
    if before and before.bound != bound and all(bound):
        text = _("bound to {mid} / {tid} as version {version}: signing it is a switch, and needs --change and why")
        yield Finding(WARNING, "serial", text.format(mid=before.mid, tid=before.tid, version=before.version))
    for name, other in registry.others_with(application.serial, acquirer, mid, tid):
        if name == "tid":
            text = _("bound to terminal {serial}; one terminal, one code: close that one first")
            yield Finding(PROBLEM, name, text.format(serial=other.serial))
        elif other.uscc != application.get("uscc"):
            text = _("bound to another merchant, {uscc}, on terminal {serial}")
            yield Finding(PROBLEM, name, text.format(uscc=other.uscc, serial=other.serial))
        else:
            text = _("this merchant has terminal {serial} as well")
            yield Finding(NOTE, name, text.format(serial=other.serial))


def rows(application: Application) -> Iterator[tuple[str, str, str]]:
    """Title, entry and what it means, in the order of the fields; for the account what is kept of it."""
    for field in FIELDS:
        if field.name == "account":
            last4 = application.account.last4 if application.account else ""
            yield _(field.title), f"…{last4}", _("last 4 digits; the keyed hash is kept")
        elif text := application.get(field.name):
            yield _(field.title), shown(field.name, text), said(field.name, text)
    for photo in application.photos:
        yield _("Photo"), photo.file, f"SHA-256 {photo.sha256[:16]}…"
