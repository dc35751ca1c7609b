"""What connexion's own chain gets wrong, and this one does not."""

import logging

import pytest


async def test_undeclared_filters_are_no_error_and_not_logged_as_one(faces, caplog):
    with caplog.at_level(logging.WARNING):
        answer = await faces.http.get(faces.orders + "?state=acknowledged&relatedParty.id=C-1&channel.id=1")
    assert answer.status_code == 200
    assert caplog.records == []


async def test_a_file_that_swagger_ui_lacks_is_an_error_object(faces):
    answer = await faces.http.get(faces.orders.removesuffix("productOrder") + "ui/nothing.js")
    assert (answer.status_code, answer.json()["code"]) == (404, "notFound")
    assert answer.json()["referenceError"] == "http://gateway.test/lifecycle/v1/errors/notFound"


@pytest.mark.parametrize("suffix", ["json", "yaml"])
async def test_a_document_with_cycles_can_be_had_in_both_spellings(faces, suffix):
    answer = await faces.http.get(faces.orders.removesuffix("productOrder") + f"openapi.{suffix}")
    assert answer.status_code == 200
    assert "createProductOrder" in answer.text


async def test_a_response_of_several_media_types_is_no_failure(faces):
    answer = await faces.http.get("/lifecycle/v1/errors/schema", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    answer = await faces.http.get("/lifecycle/v1/errors/schema", headers={"Accept": "*/*"})
    assert answer.json()["status"] == 400


async def test_what_the_gateway_sets_stands_before_what_a_client_wrote(faces):
    body = {"billingAccount": {"id": "BA-1"}, "lastUpdate": "yesterday"}  # no date: the document asks for a text
    answer = await faces.http.post(faces.on_demand, json=body)
    assert answer.json()["lastUpdate"] == "2026-03-01T09:00:00Z"
