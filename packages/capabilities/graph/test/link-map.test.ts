import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { communities } from "../src/report/communities.ts";
import { labelOf, linkLayout } from "../src/report/link-layout.ts";
import { placeNames } from "../src/report/place-names.ts";
import type { ReportDocument, ReportLink } from "../src/report/report-data.ts";

const SIZE = { width: 1000, height: 600 };
const LETTERS = "abcdefghijklmnop".split("");
const document = (id: string): ReportDocument => ({
  id,
  path: `/pages/${id}.md`,
  title: id,
  kind: "markdown",
  bytes: 1,
  language: "en",
  words: 1,
  readingEase: null,
  sections: 1,
  contentHash: "sha256:x",
  jobId: null,
});
const link = (source: string, target: string): ReportLink => ({ source, target, kind: "links_to", count: 1 });

describe("communities", () => {
  test("of two cliques with one link between them are the cliques, the larger first", () => {
    const clique = (...names: string[]) => names.flatMap((source) => names.filter((n) => n > source).map((target) => ({ source, target })));
    const found = communities([...clique("a", "b", "c", "d", "e"), ...clique("w", "x", "y", "z"), { source: "e", target: "w" }]);
    expect(Object.fromEntries(found)).toEqual({ a: 0, b: 0, c: 0, d: 0, e: 0, w: 1, x: 1, y: 1, z: 1 });
  });

  test("of nothing are none", () => {
    expect(communities([]).size).toBe(0);
  });
});

describe("the layout", () => {
  const name = fc.constantFrom(...LETTERS);
  test("keeps every linked document inside the picture, and the same links give the same places", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(name, name), { minLength: 1, maxLength: 40 }), (pairs) => {
        const links = pairs.filter(([a, b]) => a !== b).map(([a, b]) => link(a, b));
        const documents = LETTERS.map(document);
        const layout = linkLayout(documents, links, SIZE);
        expect(layout.nodes.map(({ document: { id } }) => id)).toEqual(
          documents.map(({ id }) => id).filter((id) => links.some(({ source, target }) => source === id || target === id)),
        );
        for (const { x, y } of layout.nodes) expect(x >= 0 && x <= SIZE.width && y >= 0 && y <= SIZE.height).toBe(true);
        const places = (of: typeof layout) => of.nodes.map(({ x, y }) => [x, y]);
        expect(places(linkLayout(documents, links, SIZE))).toEqual(places(layout));
      }),
      { numRuns: 25 },
    );
  });

  test("is capped to the best connected", () => {
    const spokes = Array.from({ length: 300 }, (_, index) => `s${index}`);
    const layout = linkLayout(
      ["hub", ...spokes].map(document),
      spokes.map((id) => link(id, "hub")),
      SIZE,
    );
    expect(layout.nodes).toHaveLength(120);
    expect(layout.nodes.find(({ document: { id } }) => id === "hub")).toMatchObject({ incoming: 119, community: 0 });
  });
});

test("names cover neither one another nor a dot", () => {
  const node = fc.record({
    label: fc.string({ minLength: 1, maxLength: 20 }),
    x: fc.integer({ min: 0, max: 1000 }),
    y: fc.integer({ min: 0, max: 600 }),
    radius: fc.integer({ min: 3, max: 20 }),
  });
  fc.assert(
    fc.property(fc.array(node, { maxLength: 40 }), (nodes) => {
      const boxes = placeNames(nodes, SIZE).map(({ node: { label }, x, y, anchor }) => {
        const width = label.length * 6.4;
        const left = anchor === "start" ? x : anchor === "end" ? x - width : x - width / 2;
        return { left, right: left + width, top: y - 10, bottom: y + 3 };
      });
      for (const [index, a] of boxes.entries())
        for (const b of boxes.slice(index + 1))
          expect(a.left >= b.right || a.right <= b.left || a.top >= b.bottom || a.bottom <= b.top).toBe(true);
    }),
  );
});

test.each([
  ["/x/node_modules/yaml/README.md", "yaml"],
  ["/x/node_modules/@types/node/README.md", "@types/node"],
  ["/x/node_modules/@biomejs/biome/README.es.md", "@biomejs/biome (es)"],
  ["/notes/plan.md", "plan"],
  ["/README.md", "README"],
])("%s goes by the name %s", (path, label) => {
  expect(labelOf({ path })).toBe(label);
});
