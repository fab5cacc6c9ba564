import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { action, ToolCapability, z } from "@cjm/capability";

/** Leaves a mark that is the same however often it is left, and counts how often it was. */
export class MarkingProbe extends ToolCapability {
  static override readonly capabilityName = "marking-probe";

  readonly actions = {
    mark: action({
      description: "Writes folder/name, and a line to folder/attempts.",
      input: z.object({ folder: z.string(), name: z.string(), after: z.array(z.json()).default([]) }),
      output: z.string(),
      idempotent: true,
      run: ({ folder, name }) => {
        appendFileSync(join(folder, "attempts"), `${name}\n`);
        writeFileSync(join(folder, `.${name}`), name);
        renameSync(join(folder, `.${name}`), join(folder, name));
        return name;
      },
    }),
  };
}
