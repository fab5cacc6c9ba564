"""Whose call it is, and what it records; visible to capability code on whatever thread the call runs."""

from __future__ import annotations

import contextvars
import json
from typing import Any, Dict, List, Optional

ACCOUNTS_HEADER = "X-CJM-Accounts"

_envelope: contextvars.ContextVar[Optional[Dict[str, Any]]] = contextvars.ContextVar("envelope", default=None)
_accounts: contextvars.ContextVar[Optional[List[Dict[str, Any]]]] = contextvars.ContextVar("accounts", default=None)


def begin_call(envelope: Any) -> None:
    """An envelope that is there and no object breaks the request, as in the original."""
    _envelope.set({key: value for key, value in envelope.items()} if envelope else None)
    _accounts.set([])


def current_envelope() -> Optional[Dict[str, Any]]:
    return _envelope.get()


def record_account(event_type: str, payload: Dict[str, Any]) -> None:
    accounts = _accounts.get()
    if accounts is not None:
        accounts.append({"event_type": event_type, "payload": payload})


def accounts_header() -> Dict[str, str]:
    accounts = _accounts.get()
    return {ACCOUNTS_HEADER: json.dumps(accounts, default=str)} if accounts else {}
