// The floor of a Node worker: Fastify and nothing else. Plain JavaScript, as a program without a build step would have it.
import { writeSync } from "node:fs";
import { fastify } from "fastify";

const app = fastify({ logger: false, bodyLimit: 256 * 1024 * 1024 });
app.get("/health", () => ({ status: "running", pid: process.pid }));
app.post("/execute", (request) => ({ ok: true, payload: request.body.kwargs.payload, refs: 0 }));
await app.listen({ path: process.argv[2] });
writeSync(3, "ready\n");
