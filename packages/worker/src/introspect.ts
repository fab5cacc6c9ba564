import { printIntrospection } from "./introspection.ts";

await printIntrospection(process.argv.slice(2));
