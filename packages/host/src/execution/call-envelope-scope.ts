import { AsyncLocalStorage } from "node:async_hooks";
import type { CallEnvelope } from "@cjm/core";

const scope = new AsyncLocalStorage<CallEnvelope>();

/** Runs `work`; every call it makes of a capability, however deep, belongs to `envelope` unless it says otherwise. */
export function withCallEnvelope<T>(envelope: CallEnvelope, work: () => T): T {
  return scope.run({ ...scope.getStore(), ...envelope }, work);
}

/** The envelope around the present code; empty outside of any. */
export function currentCallEnvelope(): CallEnvelope {
  return scope.getStore() ?? {};
}
