"""What schemathesis can't know: how Meta signs, and what a schema can't say."""

import hashlib
import hmac
import os
import re

import schemathesis
from requests.auth import AuthBase

HEADER = "X-Hub-Signature-256"
FORM = re.compile(r"sha256=[0-9a-f]{64}")

# Codes of docs/reference/validation-codes.md that no schema can tell: tables of telephone numbers and names of domains, lists of
# passwords, check digits, days of a calendar, what we signed ourselves. Who is refused for any other reason sent what the
# document allows.
BEYOND_SCHEMAS = re.compile(
    r"phone\.[a-z_]+|email\.domain|password\.(common|pattern|personal)|cuit\.check|timestamp\.invalid|text\.marks"
    r"|cursor\.invalid"
)


class Signature(AuthBase):
    """Puts the right signature where one of its form is; what is malformed or missing stays so."""

    def __call__(self, request):
        if FORM.fullmatch(request.headers.get(HEADER, "")):
            body = request.body or b""
            body = body.encode() if isinstance(body, str) else body
            secret = os.environ["ATTACK_SECRET"].encode()
            request.headers[HEADER] = "sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest()
        return request


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.operation.path == "/webhooks/whatsapp":
        kwargs["auth"] = Signature()


@schemathesis.hook
def filter_failure(context, failure, case, response):
    if type(failure).__name__ != "RejectedPositiveData":
        return True
    codes = [error["code"] for error in response.json().get("errors", [])]
    return not codes or not all(BEYOND_SCHEMAS.fullmatch(code) for code in codes)
