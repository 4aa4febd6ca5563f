// Programs that the tests need and don't bring along.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The program's file; a missing one is a failure, never a skipped test. */
export function onPath(program: string): string {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const file = join(folder, program);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // The next folder may have it.
    }
  }
  throw new Error(`${program} is not on PATH: apt-get install --no-install-recommends ${program}`);
}
