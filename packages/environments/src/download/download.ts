import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { chmod, mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CjmError, errorMessage, isCjmError } from "@cjm/core";
import { replaceFile } from "../store/replace-file.ts";
import { takeTurn } from "../store/turn.ts";

/** Long enough for two that began at once to come to terms, and no wait for a whole download. */
const TURN_MS = 1_000;
const PROXY_HINT = "Behind a proxy, set HTTPS_PROXY and NODE_USE_ENV_PROXY=1.";

export interface DownloadProgress {
  readonly receivedBytes: number;
  /** Null when the server does not say. */
  readonly totalBytes: number | null;
}

export interface DownloadRequest {
  readonly url: string;
  /** Where the file is put once it is whole. `<target>.part` holds what there is until then. */
  readonly target: string;
  /** Hexadecimal; nothing is put in place unless it fits. */
  readonly sha256?: string;
  /** @default no limit */
  readonly maxBytes?: number;
  /** Permissions of the file. @default 0o644 */
  readonly mode?: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (progress: DownloadProgress) => void;
}

/**
 * Downloads a file. One that breaks off is gone on with by the next call for the same address, as long as the server still
 * has the same file; what is not what its checksum says is thrown away.
 * @throws CjmError CJM_DOWNLOAD_FAILED, CJM_ENVIRONMENT_BUSY when another process downloads the same; the signal's reason
 */
export async function download(request: DownloadRequest): Promise<void> {
  const { target, url, signal } = request;
  const part = `${target}.part`;
  signal?.throwIfAborted();
  try {
    await mkdir(dirname(target), { recursive: true });
    await using _turn = await takeTurn(`${part}.owner`, { waitMs: TURN_MS, activity: "is downloading the same file", signal });
    await receive(request, part);
    await verify(request, part);
    await rename(part, target);
    await rm(`${part}.from`, { force: true });
  } catch (error) {
    signal?.throwIfAborted();
    if (isCjmError(error)) throw error;
    throw failed(url, reasonOf(error), `Run the command again; it goes on where it stopped. ${PROXY_HINT}`, error);
  }
}

/** A short text at an address, such as a checksum. @throws as `download` */
export async function downloadText(url: string, signal?: AbortSignal): Promise<string> {
  try {
    const response = await fetch(url, { redirect: "follow", signal: signal ?? null });
    if (!response.ok) throw refused(url, response.status);
    return await response.text();
  } catch (error) {
    signal?.throwIfAborted();
    if (isCjmError(error)) throw error;
    throw failed(url, reasonOf(error), `Check the network. ${PROXY_HINT}`, error);
  }
}

async function receive(
  { url, mode = 0o644, maxBytes = Number.POSITIVE_INFINITY, signal, onProgress }: DownloadRequest,
  part: string,
): Promise<void> {
  const resume = await resumable(url, part);
  const headers: Record<string, string> = resume === null ? {} : { Range: `bytes=${resume.bytes}-`, "If-Range": resume.validator };
  const response = await fetch(url, { headers: { ...headers, "Accept-Encoding": "identity" }, redirect: "follow", signal: signal ?? null });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    // What is there may be all there is; the checksum will tell.
    if (response.status === 416 && resume !== null) return;
    throw refused(url, response.status);
  }
  const from = response.status === 206 && resume !== null ? resume.bytes : 0;
  const length = response.headers.get("content-length");
  const totalBytes = length === null ? null : from + Number(length);
  const validator = response.headers.get("etag") ?? response.headers.get("last-modified");
  await replaceFile(`${part}.from`, JSON.stringify({ url, validator }));
  let receivedBytes = from;
  const count = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      receivedBytes += chunk.length;
      onProgress?.({ receivedBytes, totalBytes });
      const isTooMuch = receivedBytes > maxBytes;
      done(isTooMuch ? failed(url, `it is larger than ${maxBytes} bytes`, "Check the address.") : null, chunk);
    },
  });
  const file = createWriteStream(part, { flags: from === 0 ? "w" : "a", mode });
  await pipeline(Readable.fromWeb(response.body), count, file, { signal: signal ?? new AbortController().signal });
  if (totalBytes !== null && receivedBytes < totalBytes) throw new Error(`it ended after ${receivedBytes} of ${totalBytes} bytes`);
  await chmod(part, mode);
}

async function verify({ url, sha256 }: DownloadRequest, part: string): Promise<void> {
  if (sha256 === undefined) return;
  const hash = createHash("sha256");
  await pipeline(createReadStream(part), hash);
  const actual = hash.digest("hex");
  if (actual === sha256.toLowerCase()) return;
  await rm(part, { force: true });
  await rm(`${part}.from`, { force: true });
  throw failed(
    url,
    `its SHA-256 is ${actual} and should be ${sha256.toLowerCase()}`,
    "Nothing of it was kept. Try again; if that does not help, somebody changed the file or its checksum.",
  );
}

/** What an earlier try left, if the server can be asked whether it still has that file; null otherwise. */
async function resumable(url: string, part: string): Promise<{ readonly bytes: number; readonly validator: string } | null> {
  try {
    const from = JSON.parse(await readFile(`${part}.from`, "utf8")) as { readonly url?: unknown; readonly validator?: unknown };
    const { size } = await stat(part);
    // A weak validator does not promise the same bytes.
    if (from.url !== url || typeof from.validator !== "string" || from.validator.startsWith("W/") || size === 0) return null;
    return { bytes: size, validator: from.validator };
  } catch {
    return null;
  }
}

function refused(url: string, status: number): CjmError {
  return failed(
    url,
    `the server answered ${status}`,
    status === 404 ? "Check version and mirror under runtime.micromamba in cjm.yaml, or the address." : "Try again later.",
  );
}

function failed(url: string, reason: string, hint: string, cause?: unknown): CjmError {
  return new CjmError("CJM_DOWNLOAD_FAILED", `${url} could not be downloaded: ${reason}.`, { hint, cause, details: { url } });
}

/** fetch says only that it failed; what failed is its cause. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? `${error.message} (${errorMessage(error.cause)})` : errorMessage(error);
}
