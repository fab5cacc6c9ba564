import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { validateComposition } from "@cjm/core";
import { temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { readComposition } from "../src/index.ts";

async function files(all: Readonly<Record<string, string>>) {
  const folder = await temporaryFolder();
  for (const [path, text] of Object.entries(all)) {
    await mkdir(dirname(join(folder.path, path)), { recursive: true });
    await writeFile(join(folder.path, path), text);
  }
  return { at: (path: string): string => join(folder.path, path), [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

const SCAN = `
name: scan
inputs:
  model: { type: path, default: models/ocr }
outputs: { text: "\${nodes.read.text}" }
nodes:
  read: { capability: ocr, args: { model: "\${inputs.model}" } }
`;

test("compositions in other files take their places, with paths relative to their own files", async () => {
  await using folder = await files({
    "flow.yaml": `
name: flow
nodes:
  one: { composition: parts/scan.yaml }
  two: { composition: ./parts/scan.yaml, inputs: { model: other } }
  inner:
    composition:
      name: inner
      inputs: { file: { type: path, default: a.txt } }
      nodes: [{ id: deep, composition: parts/both.yaml }]
`,
    "parts/both.yaml": "name: both\nnodes:\n  scan: { composition: scan.yaml }\n",
    "parts/scan.yaml": SCAN,
  });
  const { document, composition } = await readComposition(folder.at("flow.yaml"));
  const scan = expect.objectContaining({ name: "scan", inputs: { model: { type: "path", default: folder.at("parts/models/ocr") } } });
  expect(document).toMatchObject({
    nodes: {
      one: { composition: scan },
      two: { composition: scan, inputs: { model: "other" } },
      inner: {
        composition: {
          inputs: { file: { type: "path", default: folder.at("a.txt") } },
          nodes: [{ id: "deep", composition: { name: "both", nodes: { scan: { composition: scan } } } }],
        },
      },
    },
  });
  expect(validateComposition(document)).toEqual(composition);
});

test("faults are reported with the file and line that they stand in", async () => {
  await using folder = await files({
    "flow.yaml": "name: flow\nnodes:\n  one: { composition: bad.yaml }\n",
    "gone.yaml": "name: gone\nnodes:\n  one: { composition: nowhere.yaml }\n",
    "unfit.yaml": "name: unfit\nnodes:\n  one:\n    composition: scan.yaml\n    inputs: { modle: x }\n",
    "bad.yaml": "name: bad\nnodes:\n  read:\n    capability: ocr\n    args: { x: '${nodes.raed}' }\n",
    "scan.yaml": SCAN,
  });
  await expect(readComposition(folder.at("flow.yaml"))).rejects.toThrow(
    `The composition ${folder.at("bad.yaml")} has a fault:\n  - line 5: nodes.read.args.x: \${nodes.raed}: there is no node 'raed'. Did you mean 'read'?`,
  );
  await expect(readComposition(folder.at("gone.yaml"))).rejects.toThrow(`There is no composition at ${folder.at("nowhere.yaml")}.`);
  await expect(readComposition(folder.at("unfit.yaml"))).rejects.toThrow(
    "line 5: nodes.one.inputs.modle: the composition 'scan' has no input 'modle'.",
  );
});

test("a file that leads back to itself is refused with the way it does", async () => {
  await using folder = await files({
    "a.yaml": "name: a\nnodes:\n  x: { composition: b.yaml }\n",
    "b.yaml": "name: b\nnodes:\n  y: { composition: c.yaml }\n",
    "c.yaml": "name: c\nnodes:\n  z: { composition: b.yaml }\n",
  });
  await expect(readComposition(folder.at("a.yaml"))).rejects.toThrow("A composition must not run itself: b.yaml -> c.yaml -> b.yaml.");
});
