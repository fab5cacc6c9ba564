import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@cjm/testing";
import { expect, test } from "vitest";
import { addressesOf, publishedAddresses } from "../src/published-addresses.ts";

test.each([
  [{ name: "x" }, ["https://www.npmjs.com/package/x"]],
  [{ repository: "o/n" }, ["https://github.com/o/n"]],
  [{ repository: { url: "git+https://github.com/o/n.git", directory: "packages/x" } }, ["https://github.com/o/n/tree/HEAD/packages/x"]],
  [{ repository: "git@github.com:o/n.git" }, ["https://github.com/o/n"]],
  [{ repository: "git://github.com/o/n.git", homepage: "https://x.dev" }, ["https://github.com/o/n", "https://x.dev"]],
  [{ name: "n-linux-x64", repository: "o/n", homepage: "https://n.dev", os: ["linux"] }, ["https://www.npmjs.com/package/n-linux-x64"]],
  [{ repository: "somewhere", homepage: "none" }, []],
])("%j", (manifest, addresses) => {
  expect(addressesOf(manifest)).toEqual(addresses);
});

test("only a README beside a package.json has any", async () => {
  await using folder = await temporaryFolder();
  expect(await publishedAddresses(join(folder.path, "README.md"))).toEqual([]);
  writeFileSync(join(folder.path, "package.json"), '{"name": "x"}');
  expect(await publishedAddresses(join(folder.path, "README.md"))).toEqual(["https://www.npmjs.com/package/x"]);
  expect(await publishedAddresses(join(folder.path, "CHANGELOG.md"))).toEqual([]);
});
