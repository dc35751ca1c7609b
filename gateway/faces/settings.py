"""What an operator can set of the faces."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.faces.callbacks import Callbacks

__all__ = ["FaceSettings"]


@dataclass(frozen=True, slots=True)
class FaceSettings:
    """Settings of all faces; the defaults are fit for production.

    `public_url` is how clients reach the gateway (no trailing slash); where it is empty each answer uses the address
    that the request came to. `aliases` maps another base path to a face's own, such as
    `/tmf-api/productOrdering/v4` to `/tmf-api/productOrderingManagement/v4`. `headers` go with every answer.
    `partial_status` answers a list that is not all, by face (`tmf622-v4`) or by version (`v4`): 206 or 200; where
    neither is named, v4 answers 206 and v5, whose documents know no other, 200.
    `order_item_alias` lets a TMF641 order call its lines `orderItem`, as the permissive profile does. `callbacks`
    says where listeners may be.
    `max_in_flight` requests are worked on at once in one process (more are answered 503), and of one client's address
    `max_in_flight_of_one_client` (429); 0 is no limit, as where all clients come through one proxy.
    """

    public_url: str = ""
    max_body_bytes: int = 4 * 1024 * 1024
    max_depth: int = 64
    max_query_bytes: int = 8192
    page_size: int = 100
    max_page_size: int = 1000
    partial_status: Mapping[str, int] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    order_item_alias: bool = False
    callbacks: Callbacks = field(default_factory=Callbacks)
    max_in_flight: int = 1000
    max_in_flight_of_one_client: int = 0
