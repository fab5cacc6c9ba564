/**
 * Preloaded into the process that introspects a capability's source, with `node --import`. Imports that the source folder
 * cannot serve are looked up in the folders of CJM_SOURCE_FALLBACKS; when the time of CJM_SOURCE_LIMIT_MS is over, the place
 * where the code stands is printed as `cjm-hangs-at: <url>:<line>` and the process ends itself.
 */
import { writeSync } from "node:fs";
import { Session } from "node:inspector";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isMainThread, Worker, workerData } from "node:worker_threads";

/** How long code that runs may take to be stopped; on a crowded machine it has to get its turn first. Without any, nothing answers. */
const ANSWER_MS = 2_000;

if (isMainThread) {
  lookElsewhere(JSON.parse(process.env["CJM_SOURCE_FALLBACKS"] ?? "[]") as readonly string[]);
  new Worker(new URL(import.meta.url), { workerData: Number(process.env["CJM_SOURCE_LIMIT_MS"]), execArgv: [] }).unref();
} else {
  setTimeout(tellWhereItHangs, workerData as number);
}

function lookElsewhere(folders: readonly string[]): void {
  registerHooks({
    resolve: (specifier, context, nextResolve) => {
      try {
        return nextResolve(specifier, context);
      } catch (error) {
        if (/^[./]|^[a-z]+:/.test(specifier)) throw error;
        for (const folder of folders) {
          try {
            return nextResolve(specifier, { ...context, parentURL: pathToFileURL(join(folder, "index.js")).href });
          } catch {
            // The first failure is the one that tells who wanted it.
          }
        }
        throw error;
      }
    },
  });
}

function tellWhereItHangs(): void {
  const session = new Session();
  session.connectToMainThread();
  const urls = new Map<string, string>();
  session.on("Debugger.scriptParsed", ({ params }) => urls.set(params.scriptId, params.url));
  session.on("Debugger.paused", ({ params }) => {
    const places = params.callFrames.map(({ location }) => `${urls.get(location.scriptId)}:${location.lineNumber + 1}`);
    const frames = places.map((place) => `cjm-hangs-at: ${place}\n`);
    end(frames.join(""));
  });
  session.post("Debugger.enable");
  session.post("Debugger.pause");
  setTimeout(() => end("cjm-hangs-at: nowhere:0\n"), ANSWER_MS);
}

function end(text: string): void {
  writeSync(2, text);
  process.kill(process.pid, "SIGKILL");
}
