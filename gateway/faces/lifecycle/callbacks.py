"""Where legacy systems report back, at addresses that the gateway signed for them."""

from gateway.faces.answer import Answer, Call, Handler
from gateway.faces.problems import problem
from gateway.lifecycle.callbacks import CallbackSigner, heard_of_callback
from gateway.ports.clock import Clock, SystemClock
from gateway.ports.inbox import Inbox

__all__ = ["callback_handlers"]


def callback_handlers(
    inbox: Inbox | None, signer: CallbackSigner | None, clock: Clock | None = None
) -> dict[str, Handler]:
    """Return the handler. Without a signer, or with a token that is not good, there is nothing at the address."""
    now = (clock or SystemClock()).now

    async def report_back(call: Call) -> Answer:
        """Keep what was said about one message; it is looked at soon."""
        ticket = None if signer is None else signer.read(call.parameters["token"], now())
        if ticket is None or inbox is None:
            # One answer for what was never signed, is of another gateway, or has ended: nobody learns which.
            raise problem("notFound", reason="nothing is reported back here", fix="use the address of the message")
        await inbox.keep(heard_of_callback(ticket, call.media, call.body))
        return Answer(204)

    return {"reportBack": report_back}
