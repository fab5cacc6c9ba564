import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { jobErrorOfBody } from "@cjm/protocol";
import { type TemporaryFolder, temporaryFolder } from "@cjm/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WorkerUnderTest } from "../worker-harness.ts";
import { WORKER_KINDS, type WorkerKind } from "../worker-kinds.ts";

const PYTHON = WORKER_KINDS.find((kind) => kind.language === "python");
const HEAD = "import dataclasses, sys\nfrom cjm_capability import RELOAD_TRIGGER, ToolCapability, capability_action\n";

describe("the worker for Python", () => {
  let folder: TemporaryFolder;
  beforeEach(async () => {
    folder = await temporaryFolder("cjm-p-");
  });
  afterEach(() => folder[Symbol.asyncDispose]());

  async function kindOf(source: string): Promise<WorkerKind> {
    if (PYTHON === undefined) throw new Error("there is no worker for Python");
    await writeFile(join(folder.path, "tool.py"), HEAD + source);
    return { ...PYTHON, module: "tool", className: "Tool", environment: folder.path, adapters: [] };
  }

  test("a capability of the original keeps its configuration's way: triggers without arguments, then _apply_config", async () => {
    const kind = await kindOf(`
@dataclasses.dataclass
class Config:
    model: str = dataclasses.field(default="small", metadata={RELOAD_TRIGGER: "model", "title": "Model"})
    beam: int = 5

class Tool(ToolCapability):
    config_class = Config
    seen = []

    def _apply_config(self, config):
        self.seen.append("apply %s" % config.get("model", "small"))
        self.config = Config(**config)

    def initialize(self, config=None):
        self._apply_config(config or {})

    def _release_model(self):
        self.seen.append("release at %s" % self.config.model)

    @capability_action()
    def told(self) -> list:
        return self.seen
`);
    await using worker = await WorkerUnderTest.start(kind);
    await worker.post("/initialize", {});
    await worker.post("/reconfigure", { old_config: {}, new_config: { beam: 1 } });
    await worker.post("/reconfigure", { old_config: {}, new_config: { model: "large" } });
    expect((await worker.execute("told")).json).toEqual(["apply small", "apply small", "release at small", "apply large"]);
    expect((await worker.get("/config")).json).toEqual({ model: "large", beam: 5 });
  });

  test("sys.exit() ends the call with an error, not the worker", async () => {
    await using worker = await WorkerUnderTest.start(
      await kindOf("class Tool(ToolCapability):\n    @capability_action()\n    def leave(self):\n        sys.exit(3)\n"),
    );
    const reply = await worker.execute("leave");
    expect([reply.status, jobErrorOfBody(reply.json)]).toMatchObject([500, { category: "fatal", original_exc_repr: "SystemExit(3)" }]);
    expect((await worker.post("/execute_stream", { kwargs: { action: "leave" } })).text).toContain("SystemExit(3)");
    expect((await worker.get("/health")).status).toBe(200);
  });

  test.each([
    ["KeyError", "raise KeyError('name')", "'name'", "user_input"],
    ["IndexError", "[][0]", "list index out of range", "fatal"],
    ["UnicodeDecodeError", "b'\\xff'.decode()", "'utf-8' codec", "user_input"],
    ["FileExistsError", "raise FileExistsError('there')", "there", "transient"],
    ["ModuleNotFoundError", "import no_such_module", "No module named", "fatal"],
    ["AssertionError", "assert False, 'never'", "never", "fatal"],
  ])("%s has the message and category of the original", async (name, statement, message, category) => {
    const source = `class Tool(ToolCapability):\n    @capability_action()\n    def run(self):\n        ${statement}\n`;
    await using worker = await WorkerUnderTest.start(await kindOf(source));
    const error = jobErrorOfBody((await worker.execute("run")).json);
    expect(error).toMatchObject({
      category,
      message: expect.stringContaining(message),
      original_exc_repr: expect.stringContaining(`${name}(`),
    });
    expect(error?.traceback).toMatch(/^Traceback \(most recent call last\):\n[\s\S]*tool\.py/);
  });

  test("a file name whose bytes are no text comes back escaped", async () => {
    const source =
      "class Tool(ToolCapability):\n    @capability_action()\n    def run(self):\n        return b'a\\xff'.decode('utf-8', 'surrogateescape')\n";
    await using worker = await WorkerUnderTest.start(await kindOf(source));
    expect(await worker.execute("run")).toMatchObject({ status: 200, text: '"a\\udcff"' });
  });

  test.each([
    [
      "an action that is async",
      "class Tool(ToolCapability):\n    @capability_action()\n    async def run(self):\n        return 1\n",
      "Tool.run is async",
    ],
    [
      "a trigger without its method",
      '@dataclasses.dataclass\nclass Config:\n    model: str = dataclasses.field(default="a", metadata={RELOAD_TRIGGER: "model"})\n\nclass Tool(ToolCapability):\n    config_class = Config\n',
      "Config.model has the reload trigger 'model'",
    ],
  ])("tells an author about %s when it is loaded", async (_name, source, message) => {
    await using worker = await WorkerUnderTest.launch(await kindOf(source));
    expect((await worker.frame("failed")).error.message).toContain(message);
    expect((await worker.exited).code).toBe(1);
  });

  test("a subclass of a typed result is plain", async () => {
    if (PYTHON === undefined) throw new Error("there is no worker for Python");
    await using worker = await WorkerUnderTest.start(PYTHON);
    expect((await worker.execute("typed", { shape: "subclass" })).json).toEqual({ x: 1 });
  });
});
