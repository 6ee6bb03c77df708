"""`/v1/auth`: people log in to their organisation's workspace, and out.

Comes in: an address and a password, or the cookie. Goes out: a cookie that no script can read
and no other site's page can use for a change.
"""

from http import HTTPStatus

import msgspec
from aiohttp import web

from levelchat.contract.rest import Account, Login
from rooms.api.gate import COOKIE, Gate
from rooms.api.route import Auth, Call, Route, Work
from rooms.api.seams import Identities, Visit
from rooms.errors import InvalidRequest, KeyInvalid, KeyMissing, LoginFailed
from rooms.settings import RoomsSettings

TAG = "Login"


class LoginCalls:
    """Calls about logins."""

    def __init__(self, gate: Gate, identities: Identities, settings: RoomsSettings) -> None:
        self._gate = gate
        self._identities = identities
        self._secure = settings.cookie_secure or settings.public_url.startswith("https:")

    def routes(self) -> list[Route]:
        """What is called."""
        return [
            Route(
                "POST",
                "/v1/auth/login",
                self._log_in,
                "Log in",
                TAG,
                f"Sets the cookie `{COOKIE}`. After too many wrong passwords from one address it "
                "has to wait (429).",
                request=Login,
                response=Account,
                auth=Auth.NONE,
                work=Work.NONE,
                errors=(InvalidRequest, LoginFailed),
            ),
            Route(
                "POST",
                "/v1/auth/logout",
                self._log_out,
                "Log out",
                TAG,
                "The cookie is worth nothing from now on.",
                status=HTTPStatus.NO_CONTENT,
                auth=Auth.LOGIN,
                work=Work.NONE,
                errors=(KeyMissing, KeyInvalid),
            ),
            Route(
                "GET",
                "/v1/auth/me",
                self._me,
                "Who is logged in",
                TAG,
                response=Account,
                auth=Auth.LOGIN,
                work=Work.NONE,
                errors=(KeyMissing, KeyInvalid),
            ),
        ]

    async def _log_in(self, call: Call) -> web.Response:
        wanted: Login = call.body
        cookie, visit = await self._gate.log_in(call.request, wanted.email, wanted.password)
        response = web.Response(
            body=msgspec.json.encode(visit.account), content_type="application/json"
        )
        response.set_cookie(
            COOKIE,
            cookie,
            max_age=visit.seconds,
            path="/",
            httponly=True,
            samesite="Lax",
            secure=self._secure or call.request.secure,
        )
        return response

    async def _log_out(self, call: Call) -> web.Response:
        await self._identities.log_out(call.caller.cookie)
        response = web.Response(status=204)
        response.del_cookie(COOKIE, path="/", httponly=True, samesite="Lax")
        return response

    async def _me(self, call: Call) -> Account:
        return _visit(call).account


def _visit(call: Call) -> Visit:
    if call.caller.visit is None:
        raise KeyMissing("log in first: POST /v1/auth/login")
    return call.caller.visit
