"""A written adapter plays every role of a gateway, unedited: an order goes all the way to its bill."""

import pytest

from gateway.app.demo.bodies import added, product_order, rate
from gateway.app.demo.client import GatewayClient
from gateway.app.serve import running
from gateway.app.settings import Settings

pytestmark = pytest.mark.server


async def test_an_order_goes_all_the_way_to_its_bill_through_what_was_written(at_work, tmp_path):
    landscape = at_work.package / "landscape.yaml"
    example = "{url: http://127.0.0.1:8099}"
    text = landscape.read_text()
    assert text.count(example) == 4
    landscape.write_text(text.replace(example, f"{{url: {at_work.settings['url']}, poll_seconds: 0.05}}"))
    settings = Settings(port=0, database=f"sqlite:///{tmp_path / 'gateway.sqlite'}", landscape=str(landscape))
    order = product_order("acme-1", 1011, [added("1", "FIBRE-500", 1011, place=1011, characteristics=[rate(500)])])
    async with running(settings) as (_, address), GatewayClient(address) as client:
        answer = await client.create("tmf622-v4", order)
        assert answer.status_code == 201, answer.text
        timeline = [one async for one in client.follow(answer.json()["id"], 30)][-1]
        rates, bills = await client.billing(timeline)
    assert (timeline["lifecycle"]["checkpoint"], timeline["state"]) == ("closed", "completed")
    assert [one["taxIncludedAmount"]["value"] for one in rates] == [48]
    assert [one["state"] for one in bills] == ["sent"]
