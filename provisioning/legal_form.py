"""What a licence's number says of its bearer: who registered it, what kind it is of, and where.

A unified social credit code begins with the registering authority and the kind (GB 32100-2015, table 1), then the
region; an older registration number with the region, then a digit for the kind (GS 15-2006).
"""

from agent.binding.identifiers import is_uscc
from provisioning.application import regions
from provisioning.texts import _, mark

ENTERPRISE = mark("enterprise")
HOUSEHOLD = mark("individual household business")
COOPERATIVE = mark("farmers' cooperative")
INSTITUTION = mark("public institution")
ASSOCIATION = mark("social organisation")

_OF_CODE = {
    "91": ENTERPRISE,
    "92": HOUSEHOLD,
    "93": COOPERATIVE,
    "12": INSTITUTION,
    "51": ASSOCIATION,
    "52": ASSOCIATION,
    "53": ASSOCIATION,
}
# Endings and words of legal names, and the kinds whose names bear them. The first that is found counts.
_IN_NAMES = (
    ("合作社", (COOPERATIVE,)),
    ("公司", (ENTERPRISE,)),
    ("合伙", (ENTERPRISE,)),
    ("个体", (HOUSEHOLD,)),
    ("基金会", (ASSOCIATION,)),
    ("协会", (ASSOCIATION,)),
    ("经营部", (HOUSEHOLD, ENTERPRISE)),
    ("店", (HOUSEHOLD, ENTERPRISE)),
    ("大学", (INSTITUTION, ASSOCIATION)),
    ("中学", (INSTITUTION, ASSOCIATION)),
    ("小学", (INSTITUTION, ASSOCIATION)),
)


def form_of(number: str) -> str:
    """The kind that `number` says its bearer is of, in English; "" when it does not."""
    if is_uscc(number):
        return _OF_CODE.get(number[:2], "")
    if len(number) != 15:
        return ""
    return HOUSEHOLD if number[6] in "6789" else ENTERPRISE


def form_said(number: str) -> str:
    """As `form_of`, in the chosen language."""
    form = form_of(number)
    return _(form) if form else ""


def forms_in_name(legal_name: str) -> tuple[str, ...]:
    """The kinds whose legal names are like `legal_name`; () when nothing can be told."""
    return next((forms for word, forms in _IN_NAMES if word in legal_name), ())


def registered_in(number: str) -> str:
    """The place of the authority that registered `number`, "" when GB/T 2260 has none of that code."""
    code = number[2:8] if is_uscc(number) else number[:6]
    found = regions.around(code)
    return _("registered in {place}").format(place=found.name) if found else ""
