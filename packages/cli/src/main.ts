#!/usr/bin/env node
// Imports nothing at the top: parts of cjm crash an older Node without a message, so its version is looked at first.
// The syntax here is what old versions can read.

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(
    `cjm-ctl needs Node 24.15 or later; this is ${process.versions.node} (${process.execPath}).\nInstall a newer one from https://nodejs.org or with your version manager.\n`,
  );
  process.exitCode = 1;
} else {
  // Halves the start: most of it is compiling the same files over and over.
  process.getBuiltinModule("node:module").enableCompileCache();
  const { runCli } = await import("./cli.ts");
  process.exitCode = await runCli(process.argv.slice(2));
}
