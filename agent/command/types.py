"""The types of command that a terminal knows."""

PING = "ping"
DIAGNOSIS = "diagnosis"
DIAGNOSTICS = "diagnostics"
SIGN_ON = "sign_on"
LOCK = "lock"
UNLOCK = "unlock"
SET_VITALS_PERIOD = "set_vitals_period"
RESTART = "restart"
RENEW_CERTIFICATE = "renew_certificate"
INSTALL_CERTIFICATE = "install_certificate"
UPDATE = "update"

TYPES = (
    PING,
    DIAGNOSIS,
    DIAGNOSTICS,
    SIGN_ON,
    LOCK,
    UNLOCK,
    SET_VITALS_PERIOD,
    RESTART,
    RENEW_CERTIFICATE,
    INSTALL_CERTIFICATE,
    UPDATE,
)
