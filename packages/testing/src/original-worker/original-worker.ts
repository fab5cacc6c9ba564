import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * A stand-in for the original's Python worker, standard library only: the same routes, the same quirks, none of its code.
 * With `pythonPath` in PYTHONPATH, `python -m cjm_substrate.core.worker` starts it around a capability of its own. Two
 * variables change how it starts: STAND_IN_IMPORT_SECONDS (importing takes long), STAND_IN_NAMELESS (`/health` is a 500).
 */
export const ORIGINAL_WORKER = {
  /** Folder that holds the package and the capability. Python is never built: it lies in `src`, also when this file does not. */
  pythonPath: join(dirname(fileURLToPath(import.meta.resolve("@cjm/testing/package.json"))), "src", "original-worker"),
  module: "stand_in",
  className: "StandIn",
  /** Serves the task `stand-in` with the methods `double` and `refuse`. */
  adapter: "stand_in:StandInAdapter",
} as const;
