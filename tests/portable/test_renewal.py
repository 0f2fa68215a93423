"""Renewing the link's certificate: the core hands texts through, says why one is not taken, and connects anew."""

import asyncio

from agent.command.certificates import CERTIFICATE_OTHER_KEY, KEY_UNUSABLE
from tests.portable.helpers import end, finish, until
from tests.portable.ports.certificates import FITTING, REQUEST
from tests.portable.test_commands import desk


def test_a_request_goes_up_and_the_certificate_for_it_is_shown_at_a_new_connection() -> None:
    async def scenario() -> None:
        at = await desk()
        reporting = asyncio.create_task(at.shop.reporter.run())
        await until(lambda: at.shop.reporter.connected)
        assert (await at.done("renew_certificate", None, 1))["result"] == {"csr": REQUEST}
        assert at.shop.reporter.connections == 1
        status = await at.done("install_certificate", {"certificate": FITTING}, 2)
        assert (status["state"], status["result"]) == ("succeeded", {})
        await until(lambda: at.shop.reporter.connections == 2)
        assert at.shop.certificates.installed == [FITTING]
        await end(reporting)
        await at.stop()

    finish(scenario())


def test_what_fails_is_told_and_the_connection_stays() -> None:
    async def scenario() -> None:
        at = await desk()
        reporting = asyncio.create_task(at.shop.reporter.run())
        await until(lambda: at.shop.reporter.connected)
        wrong = await at.done("install_certificate", {"certificate": "another"}, 1)
        assert (wrong["state"], wrong["code"]) == ("failed", CERTIFICATE_OTHER_KEY)
        at.shop.certificates.broken = KEY_UNUSABLE
        assert (await at.done("renew_certificate", None, 2))["code"] == KEY_UNUSABLE
        args: "list[dict[str, object]]" = [{}, {"certificate": 1}, {"certificate": FITTING, "x": 1}]
        args.append({"certificate": "x" * 32_769})
        for number, given in enumerate(args):
            assert (await at.done("install_certificate", given, number + 3))["code"] == "ARGS_INVALID"
        assert (await at.done("renew_certificate", {"x": 1}, 9))["code"] == "ARGS_INVALID"
        assert at.shop.certificates.installed == [] and at.shop.reporter.connections == 1
        await end(reporting)
        await at.stop()

    finish(scenario())


def test_a_link_without_a_certificate_has_none_to_renew() -> None:
    async def scenario() -> None:
        at = await desk()
        at.shop.actions.certificates = None
        assert (await at.done("renew_certificate", None, 1))["code"] == "NOT_ALLOWED"
        assert (await at.done("install_certificate", {"certificate": FITTING}, 2))["code"] == "NOT_ALLOWED"
        await at.stop()

    finish(scenario())
