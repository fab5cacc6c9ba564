import { JobErrorSchema } from "@cjm/core";
import * as z from "zod";
import { type HelloFrame, isHelloFrame } from "./control-channel.ts";

/** The host's first line. */
export const HelloFrameSchema = z.custom<HelloFrame>(isHelloFrame);

/** What a worker tells its host without being asked. */
export const WorkerFrameSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("ready"),
    protocol: z.number(),
    /** Of the process that serves: the keeper of a worker of the original names its child. */
    pid: z.number(),
    /** Loopback TCP port of a worker of the original. Without it, the worker serves on the socket it was told. */
    port: z.int().min(1).max(65_535).optional(),
  }),
  z.object({ type: z.literal("failed"), error: JobErrorSchema }),
  z.object({
    type: z.literal("log"),
    ts: z.string(),
    level: z.enum(["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]).catch("INFO"),
    logger: z.string(),
    message: z.string(),
    job_id: z.string().nullish(),
    exc_text: z.string().nullish(),
  }),
  z.object({
    type: z.literal("progress"),
    job_id: z.string().nullish(),
    call_id: z.string().nullish(),
    progress: z.number(),
    message: z.string(),
  }),
]);
export type WorkerFrame = z.infer<typeof WorkerFrameSchema>;
