import { action, ToolCapability, z } from "@cjm/capability";

/** Each action is called by its name: `cjm-ctl call my-capability greet --arg name=Ada`. */
export class MyCapability extends ToolCapability {
  readonly actions = {
    greet: action({
      description: "Greets somebody by name.",
      input: z.object({ name: z.string().min(1), greeting: z.string().default("Hello") }),
      output: z.object({ text: z.string() }),
      idempotent: true,
      cache: "pure",
      run: ({ name, greeting }, ctx) => {
        ctx.log.info("greeting", { name });
        return { text: `${greeting}, ${name}!` };
      },
    }),
  };
}
