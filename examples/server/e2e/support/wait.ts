// Waiting for what is outside of the browser.
import { setTimeout as pause } from 'node:timers/promises';

/** Asks until the answer is one, or throws at the deadline. */
export async function until<T>(what: string, deadline: number, ask: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const end = Date.now() + deadline;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error(`${what}: not within ${deadline} ms`);
    await pause(25);
  }
}
