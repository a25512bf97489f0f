"""Answers as the product's sources and documentation show them."""

from typing import Any

CONTACT: dict[str, Any] = {
    "id": 5, "name": "Jane Roe", "email": "jane@example.com", "phone_number": "+351210000000", "identifier": "u-5",
    "blocked": True, "thumbnail": "", "availability_status": "online", "custom_attributes": {"plan": "gold"},
    "additional_attributes": {"company_name": "Roe", "city": "Lisbon", "country_code": "PT", "browser_language": "pt-PT"},
    "last_activity_at": 1_700_000_000, "created_at": 1_690_000_000,
}  # fmt: skip
AGENT: dict[str, Any] = {
    "id": 3, "name": "Alice Smith", "available_name": "Alice", "email": "alice@desk.example", "role": "agent",
    "availability_status": "busy", "auto_offline": True, "confirmed": True, "thumbnail": "",
}  # fmt: skip
MESSAGE: dict[str, Any] = {
    "id": 501, "content": "**We** look", "inbox_id": 1, "conversation_id": 7, "message_type": 1, "content_type": "text",
    "status": "sent", "content_attributes": {}, "created_at": 1_700_000_100, "private": False, "source_id": None,
    "sender": {"id": 3, "name": "Alice Smith", "available_name": "Alice", "type": "user", "avatar_url": ""}, "attachments": [],
}  # fmt: skip
CONVERSATION: dict[str, Any] = {
    "id": 7, "account_id": 1, "uuid": "0f", "inbox_id": 1, "status": "open", "priority": "high", "labels": ["vip"],
    "meta": {
        "sender": CONTACT, "channel": "Channel::Email", "assignee": AGENT, "assignee_type": "User",
        "team": {"id": 2, "name": "Payments"}, "hmac_verified": False,
    },
    "messages": [MESSAGE], "last_non_activity_message": MESSAGE, "can_reply": True, "muted": False, "unread_count": 2,
    "snoozed_until": None, "created_at": 1_700_000_000, "updated_at": 1_700_000_200.123456, "timestamp": 1_700_000_150,
    "last_activity_at": 1_700_000_150, "waiting_since": 1_700_000_050, "first_reply_created_at": 0, "agent_last_seen_at": 0,
    "assignee_last_seen_at": 0, "contact_last_seen_at": 0, "additional_attributes": {"mail_subject": "Withdrawal?"},
    "custom_attributes": {"txid": "0xabc"}, "sla_policy_id": None,
}  # fmt: skip
SLA: dict[str, Any] = {
    "id": 1, "sla_id": 1, "sla_status": "active", "sla_name": "Gold", "sla_first_response_time_threshold": 3600,
    "sla_next_response_time_threshold": 600, "sla_resolution_time_threshold": 86_400, "sla_only_during_business_hours": False,
}  # fmt: skip
MAIL: dict[str, Any] = {
    **MESSAGE, "id": 500, "message_type": 0, "content_type": "incoming_email", "content": "Where is it?",
    "content_attributes": {
        "email": {
            "html_content": {"full": "<p>Where is it?</p><blockquote>You wrote</blockquote>", "reply": "<p>Where is it?</p>"},
            "text_content": {"full": "Where is it?\n> You wrote", "reply": "Where is it?"},
        }
    },
    "sender": {**CONTACT, "type": "contact"},
    "attachments": [
        {
            "id": 9, "message_id": 500, "file_type": "image", "account_id": 1, "extension": "png", "file_size": 12,
            "data_url": "https://desk.example/rails/active_storage/blobs/redirect/ab--cd/%E5%9B%9E%E5%8D%95%201.png",
            "thumb_url": "",
        },
        {"id": 10, "message_id": 500, "file_type": "location", "coordinates_lat": 38.7, "coordinates_long": -9.1},
    ],
}  # fmt: skip
