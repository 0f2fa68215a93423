"""The steps that a jump goes through at the desk, and which may follow which."""

NEW = "new"
INVESTIGATING = "investigating"
CONFIRMED = "confirmed"
FALSE_ALARM = "false_alarm"
# To the acquirer.
REPORTED = "reported"

# Whatever was found can be looked into again.
NEXT = {
    NEW: (INVESTIGATING,),
    INVESTIGATING: (CONFIRMED, FALSE_ALARM),
    CONFIRMED: (REPORTED, INVESTIGATING),
    FALSE_ALARM: (INVESTIGATING,),
    REPORTED: (INVESTIGATING,),
}
WORKFLOW = tuple(NEXT)
