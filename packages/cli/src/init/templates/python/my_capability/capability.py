"""The class that cjm loads, and its actions."""

import logging

from cjm_capability import ToolCapability, capability_action

log = logging.getLogger(__name__)


class MyCapability(ToolCapability):
    """Each action is called by its name: `cjm-ctl call my-capability greet --arg name=Ada`."""

    @capability_action(description="Greets somebody by name.", idempotent=True, cache="pure")
    def greet(self, name: str, greeting: str = "Hello") -> dict:
        log.info("greeting %s", name)
        return {"text": "%s, %s!" % (greeting, name)}
