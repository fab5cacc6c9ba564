/** Where a worker is reached: our own on a Unix socket with a token, one of the original on a loopback port without. */
export type WorkerEndpoint =
  | { readonly kind: "socket"; readonly path: string; readonly token: string }
  | { readonly kind: "port"; readonly port: number };
