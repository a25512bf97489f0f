"""What Prism has against exchanges that are right: each pattern with the fact that proves it.

A pattern is held against `METHOD PATH PLACE: MESSAGE`; numbers in the path and indices in the place stand as `#`. "Facts" are
the notes on each product that its adapter was written from.
"""

_ANY = r"\w+ /[^ ]*"
_TICKET = _ANY + r" response/body/(ticket|tickets/#)/"

CHATWOOT = {
    r"POST .*/conversations/filter request/body/payload/#/query_operator: .*": (
        "the last condition's must be null, as in the swagger's own example (facts, Lists)"
    ),
    _ANY + r" response/body/(data/payload/#/|payload/#/)?snoozed_until: must be number,null": (
        "an ISO string in answers, Unix seconds in requests (facts, first paragraph)"
    ),
    _ANY + r" response/body/(data/payload/#/|payload/#/)?status: must be equal to one of the allowed values: .*": (
        "the fourth status is snoozed: the swagger has it for toggle_status, and forgets it in answers (facts, Conversation)"
    ),
    _ANY + r" response: (401|422) is not among [\d,]+": (
        "who may not gets 401 and never 403, what cannot be kept 422 (facts, Rate limits and errors)"
    ),
    r"POST .*/messages request/body/attachments\[\]: Reserved characters used in request body": (
        "bytes of a file: Prism looks for percent signs in the parts of a multipart body"
    ),
}
ZAMMAD = {
    _ANY + r" response: 4\d\d is not among 20\d": "the documentation shows no refusals (facts, Errors)",
    r"DELETE /api/v1/tags/remove response: 200 is not among 201": "documented is 201, recorded 200 (facts, Tags)",
    r"GET /api/v1/users/search response/body: must be object": (
        "a bare array, as the documentation has it in words; its sample shows one user (facts, People)"
    ),
    r"POST /api/v1/ticket_articles response/body/subject: must be string": "null where there is none (facts, Articles)",
}
ZENDESK = {
    _TICKET + r"(assignee_id|external_id|group_id|priority|problem_id|satisfaction_rating|type): .*": (
        "null until set: the file leaves `nullable` out (facts, Fields: from recorded traffic)"
    ),
    _TICKET + r"custom_fields/#/value: must be string": (
        "null until filled in, and of the field's own kind: the file says string, its prose and traffic have any value"
    ),
    r"PUT /api/v2/tickets/# request/body/ticket/assignee_id: must be integer": (
        "null is how a ticket is taken from its owner; tickets are read with null in it (facts, Fields)"
    ),
    _ANY + r" response: 4\d\d is not among [\d,]+": "refusals: the file names few (facts, Conflict protection and Errors)",
    r"GET /api/v2/job_statuses/[^ ]* response/body/job_status/results(/#)?: .*": (
        "null while a job is at work; the file's alternatives for a result fit each other's (facts, Bulk)"
    ),
    r"GET /api/v2/macros/active response/body/macros/#/actions/#/value: must be string": (
        'comment_value is ["channel:all", "…"] in the documentation (facts, Macros)'
    ),
    r"GET /api/v2/users/me response/body/user(/email|/id)?: .*": (
        "a sign-in nobody has is answered 200 with an anonymous user (facts, Whoami)"
    ),
}
KNOWN: dict[str, dict[str, str]] = {"chatwoot": CHATWOOT, "zammad": ZAMMAD, "zendesk": ZENDESK}
