"""Bit by bit: what each set bit of a value says. (byte from 1, bit from 8 down to 1) as the standards count them."""

from provisioning.texts import _, mark

Bits = dict[tuple[int, int], str]

# EMV Book 3, annex C1; byte 2, b8: EMV Contactless Book C-2
INTERCHANGE_PROFILE: Bits = {
    (1, 7): mark("static data authentication"),
    (1, 6): mark("dynamic data authentication"),
    (1, 5): mark("cardholder verification"),
    (1, 4): mark("terminal risk management"),
    (1, 3): mark("issuer authentication"),
    (1, 2): mark("on-device cardholder verification"),
    (1, 1): mark("combined data authentication (CDA)"),
    (2, 8): mark("EMV mode of a contactless card"),
}

# EMV Contactless Book C-3, annex A; JR/T 0025.12
TERMINAL_QUALIFIERS: Bits = {
    (1, 8): mark("magnetic stripe mode"),
    (1, 6): mark("EMV mode (qVSDC, qPBOC)"),
    (1, 5): mark("contact chip"),
    (1, 4): mark("offline only"),
    (1, 3): mark("online PIN"),
    (1, 2): mark("signature"),
    (1, 1): mark("offline authentication for online transactions"),
    (2, 8): mark("online cryptogram required"),
    (2, 7): mark("cardholder verification required"),
    (2, 6): mark("offline PIN (contact)"),
    (3, 8): mark("issuer update processing"),
    (3, 7): mark("verification on the consumer's device"),
}

# EMV Contactless Book C-3, annex A
CARD_QUALIFIERS: Bits = {
    (1, 8): mark("online PIN required"),
    (1, 7): mark("signature required"),
    (1, 6): mark("go online if offline authentication fails"),
    (1, 5): mark("switch interface if offline authentication fails"),
    (1, 4): mark("go online if the application has expired"),
    (2, 8): mark("verified on the consumer's device"),
}

# EMV Book 3, annex C5
VERIFICATION_RESULTS: Bits = {
    (1, 8): mark("offline data authentication not performed"),
    (1, 7): mark("static data authentication failed"),
    (1, 6): mark("chip data missing"),
    (1, 5): mark("card on the exception file"),
    (1, 4): mark("dynamic data authentication failed"),
    (1, 3): mark("CDA failed"),
    (2, 8): mark("application versions differ"),
    (2, 7): mark("application expired"),
    (2, 6): mark("application not yet effective"),
    (2, 5): mark("service not allowed"),
    (2, 4): mark("new card"),
    (3, 8): mark("cardholder verification failed"),
    (3, 7): mark("unknown verification method"),
    (3, 6): mark("PIN tries exceeded"),
    (3, 5): mark("PIN pad missing or broken"),
    (3, 4): mark("PIN not entered"),
    (3, 3): mark("online PIN entered"),
    (4, 8): mark("floor limit exceeded"),
    (4, 7): mark("lower offline limit exceeded"),
    (4, 6): mark("upper offline limit exceeded"),
    (4, 5): mark("chosen at random for online"),
    (4, 4): mark("merchant forced it online"),
    (5, 8): mark("default TDOL used"),
    (5, 7): mark("issuer authentication failed"),
    (5, 6): mark("script failed before the last cryptogram"),
    (5, 5): mark("script failed after the last cryptogram"),
}

# EMV Book 4, annex A2
CAPABILITIES: Bits = {
    (1, 8): mark("manual entry"),
    (1, 7): mark("magnetic stripe"),
    (1, 6): mark("contact chip"),
    (2, 8): mark("plain PIN to the chip"),
    (2, 7): mark("online PIN"),
    (2, 6): mark("signature on paper"),
    (2, 5): mark("encrypted PIN to the chip"),
    (2, 4): mark("no verification"),
    (3, 8): mark("static data authentication"),
    (3, 7): mark("dynamic data authentication"),
    (3, 6): mark("card capture"),
    (3, 4): mark("combined data authentication (CDA)"),
}


def named(value: bytes, bits: Bits) -> str:
    """What the set bits of `value` say, in their order; a bit without a name by its place."""
    said = []
    for byte, content in enumerate(value, 1):
        for bit in range(8, 0, -1):
            if content >> (bit - 1) & 1:
                name = bits.get((byte, bit))
                said.append(_(name) if name else _("byte {byte} b{bit} (reserved)").format(byte=byte, bit=bit))
    return "; ".join(said) or _("no bit set")
