"""Room tokens over REST: for who holds an API key, and fresh ones for who holds a token.

Comes in: calls. Goes out: tokens, and where they are used.
"""

import contextlib
from collections.abc import Iterator
from http import HTTPStatus

from levelchat.auth.errors import TokenInvalid, TokenMissing, TokenRevoked
from levelchat.contract.rest import NewRoomToken, NewToken, TokenView
from rooms import views
from rooms.api.route import Auth, Call, Route, Work
from rooms.api.seams import Place
from rooms.errors import Flaw, InvalidRequest, KeyMissing, NotFound, QuotaExceeded, RoomEnded
from rooms.minting import Minted, Minting

TAG = "Tokens"


class TokenCalls:
    """Calls about tokens."""

    def __init__(self, minting: Minting, place: Place) -> None:
        self._minting = minting
        self._place = place

    def routes(self) -> list[Route]:
        """What is called."""
        return [*self._for_keys(), *self._for_holders()]

    def _for_keys(self) -> list[Route]:
        return [
            Route(
                "POST",
                "/v1/auth/tokens/room",
                self._mint_on_the_fly,
                "Mint a room token, and make the room if need be",
                TAG,
                "`type` and `config` are for a room that has to be made; one that there is stays "
                "as it is.",
                request=NewRoomToken,
                response=TokenView,
                status=HTTPStatus.CREATED,
                work=Work.NONE,
                idempotent=True,
                errors=(InvalidRequest, RoomEnded, QuotaExceeded),
            ),
            Route(
                "POST",
                "/v1/rooms/{room_id}/tokens",
                self._mint,
                "Mint a token for a room that exists",
                TAG,
                request=NewToken,
                response=TokenView,
                status=HTTPStatus.CREATED,
                work=Work.NONE,
                idempotent=True,
                errors=(InvalidRequest, NotFound, RoomEnded),
            ),
        ]

    def _for_holders(self) -> list[Route]:
        return [
            Route(
                "POST",
                "/v1/auth/tokens/renew",
                self._renew,
                "Renew a room token",
                TAG,
                "A good room token gets a fresh one, with the same capabilities and the same "
                "`token_id`. It changes nothing, so it takes no `Idempotency-Key`.",
                response=TokenView,
                status=HTTPStatus.CREATED,
                auth=Auth.TOKEN,
                work=Work.NONE,
                public=True,
                errors=(KeyMissing, TokenMissing, TokenInvalid, TokenRevoked, NotFound, RoomEnded),
            ),
        ]

    async def _mint_on_the_fly(self, call: Call) -> TokenView:
        with _fitting():
            minted = await self._minting.mint_on_the_fly(call.who, call.body)
        return self._view(minted, call)

    async def _mint(self, call: Call) -> TokenView:
        with _fitting():
            minted = await self._minting.mint(call.who, call.path["room_id"], call.body)
        return self._view(minted, call)

    async def _renew(self, call: Call) -> TokenView:
        grant = call.caller.grant
        if grant is None:
            raise TokenMissing("send a room token as `Authorization: Bearer <token>`")
        return self._view(await self._minting.renew(grant), call)

    def _view(self, minted: Minted, call: Call) -> TokenView:
        return TokenView(
            token=minted.token,
            token_id=minted.token_id,
            room_id=minted.room.id,
            identity=minted.identity,
            capabilities=list(minted.capabilities),
            expires_at=views.instant(minted.expires_at),
            urls=views.room_urls(minted.room, call.base_url, self._place(minted.room)),
        )


@contextlib.contextmanager
def _fitting() -> Iterator[None]:
    """A token has a longest length; what makes it longer is the caller's to shorten."""
    try:
        yield
    except ValueError as error:
        raise InvalidRequest([Flaw("meta", str(error))]) from error
