import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { readComposition } from "../src/index.ts";

test("default paths are relative to the file", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "flow.yaml");
  await writeFile(
    path,
    "name: flow\ninputs:\n  folder: { type: path, default: ../docs }\n  other: { type: string, default: ../docs }\nnodes:\n  a: { capability: c, action: x }\n",
  );
  const { composition, document } = await readComposition(path);
  expect(composition.inputs["folder"]?.default).toBe(join(folder.path, "../docs"));
  expect(composition.inputs["other"]?.default).toBe("../docs");
  expect(document["inputs"]).toMatchObject({ folder: { default: join(folder.path, "../docs") } });
});

test("every fault is named with its line and field", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "flow.yaml");
  await writeFile(
    path,
    'name: flow\nnodes:\n  a: { capability: c, action: x, args: { v: "${nodes.b}" } }\n  b:\n    capability: c\n    action: x\n    args: { v: "${inputs.nothing}" }\n',
  );
  await expect(readComposition(path)).rejects.toMatchObject({
    code: "CJM_COMPOSITION_INVALID",
    message: expect.stringMatching(/flow\.yaml has a fault[\s\S]*line 7: nodes\.b\.args\.v: .*nothing/),
  });
});
