/**
 * Runs every subject once per round, A B C, B C A, C A B, ... so that what else happens on the machine, and what one leaves
 * behind for the next, hits all alike. The first `warmups` rounds are told so, for figures that are not to be kept.
 */
export async function interleave<Subject>(
  subjects: readonly Subject[],
  { rounds, warmups }: { readonly rounds: number; readonly warmups: number },
  measure: (subject: Subject, isWarmup: boolean) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < warmups + rounds; round += 1) {
    for (let turn = 0; turn < subjects.length; turn += 1) {
      const subject = subjects[(round + turn) % subjects.length];
      if (subject !== undefined) await measure(subject, round < warmups);
    }
  }
}
