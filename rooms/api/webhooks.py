"""`/v1/webhooks`: made, listed, deleted; what was delivered, and delivered again.

Comes in: calls. Goes out: webhooks and deliveries as the API shows them.
"""

from http import HTTPStatus

from levelchat.contract.rest import (
    DeliveryPage,
    NewWebhook,
    NewWebhookView,
    Redelivered,
    Redelivery,
    WebhookPage,
)
from rooms.api.query import Page
from rooms.api.route import Call, Route, Work
from rooms.api.seams import Hooks
from rooms.errors import InvalidRequest, NotFound, TooManyWebhooks

TAG = "Webhooks"


class WebhookCalls:
    """Calls about webhooks."""

    def __init__(self, hooks: Hooks) -> None:
        self._hooks = hooks

    def routes(self) -> list[Route]:
        """What is called."""
        return [*self._of_the_project(), *self._of_deliveries()]

    def _of_the_project(self) -> list[Route]:
        return [
            Route(
                "POST",
                "/v1/webhooks",
                self._create,
                "Create a webhook",
                TAG,
                "The answer shows the secret that signs its deliveries; it is never shown again. "
                "Without `events` it is told everything.",
                request=NewWebhook,
                response=NewWebhookView,
                status=HTTPStatus.CREATED,
                work=Work.WRITE,
                idempotent=True,
                errors=(InvalidRequest, TooManyWebhooks),
            ),
            Route(
                "GET",
                "/v1/webhooks",
                self._list,
                "List webhooks",
                TAG,
                query=Page,
                response=WebhookPage,
            ),
            Route(
                "DELETE",
                "/v1/webhooks/{webhook_id}",
                self._delete,
                "Delete a webhook",
                TAG,
                "What is still owed to it is delivered no more.",
                status=HTTPStatus.NO_CONTENT,
                work=Work.WRITE,
                idempotent=True,
                errors=(NotFound,),
            ),
        ]

    def _of_deliveries(self) -> list[Route]:
        return [
            Route(
                "GET",
                "/v1/webhooks/{webhook_id}/deliveries",
                self._deliveries,
                "List deliveries",
                TAG,
                "Newest first.",
                query=Page,
                response=DeliveryPage,
                errors=(NotFound,),
            ),
            Route(
                "POST",
                "/v1/webhooks/{webhook_id}/redeliver",
                self._redeliver,
                "Deliver again",
                TAG,
                "One event, or without `event_id` all that went dead.",
                request=Redelivery,
                optional_body=True,
                response=Redelivered,
                work=Work.WRITE,
                idempotent=True,
                errors=(NotFound,),
            ),
        ]

    async def _create(self, call: Call) -> NewWebhookView:
        return await self._hooks.create(call.tx, call.who, call.body)

    async def _list(self, call: Call) -> WebhookPage:
        query: Page = call.query
        return await self._hooks.page(call.tx, call.who, limit=query.limit, cursor=query.cursor)

    async def _delete(self, call: Call) -> None:
        await self._hooks.delete(call.tx, call.who, call.path["webhook_id"])

    async def _deliveries(self, call: Call) -> DeliveryPage:
        query: Page = call.query
        webhook_id = call.path["webhook_id"]
        return await self._hooks.deliveries(
            call.tx, call.who, webhook_id, limit=query.limit, cursor=query.cursor
        )

    async def _redeliver(self, call: Call) -> Redelivered:
        wanted: Redelivery = call.body
        webhook_id = call.path["webhook_id"]
        count = await self._hooks.redeliver(call.tx, call.who, webhook_id, wanted.event_id)
        return Redelivered(count=count)
