import * as z from "zod";

/** What a worker recorded during a call, for the host's journal. */
export const AccountSchema = z.object({
  event_type: z.string().catch("worker_account"),
  payload: z.record(z.string(), z.unknown()).catch({}),
});
export type Account = z.infer<typeof AccountSchema>;

/** The accounts of a header; anything that is no list of accounts counts as none, since a call must not fail over it. */
export function decodeAccounts(header: string | undefined): readonly Account[] {
  if (header === undefined || header === "") return [];
  try {
    return z.array(AccountSchema).parse(JSON.parse(header));
  } catch {
    return [];
  }
}
