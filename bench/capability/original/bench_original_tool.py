"""The measured tool as a capability of the original: the same work as ours."""

from cjm_substrate.core.capability import ToolCapability, capability_action, collect_capability_actions


class BenchTool(ToolCapability):
    name = "bench-tool"
    version = "1.0.0"

    def initialize(self, config=None):
        pass

    def get_config_schema(self):
        return {"type": "object", "properties": {}}

    def get_current_config(self):
        return {}

    def execute(self, action="noop", **kwargs):
        return self.dispatch_to_action(action, **kwargs)

    @capability_action("noop")
    def _noop(self):
        return {"ok": True}

    @capability_action("echo")
    def _echo(self, payload="", **refs):
        return {"ok": True, "payload": payload, "refs": len(refs)}


BenchTool.supported_actions = collect_capability_actions(BenchTool)
