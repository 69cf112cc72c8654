"""What schemathesis asks of every answer: no fault of the server, and codes of the closed list alone."""

import os

import schemathesis

codes = set(os.environ["ERROR_CODES"].split(","))


@schemathesis.check
def closed_codes(ctx, response, case):
    assert response.status_code < 500, f"{response.status_code}: {response.text}"
    for error in response.json().get("errors", []):
        assert error["extensions"]["code"] in codes, response.text
