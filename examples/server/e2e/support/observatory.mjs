// Scores paths of localhost as MDN's HTTP Observatory does, by its own analysers: `node observatory.mjs HTTP_PORT HTTPS_PORT PATH...`.
// A program of its own, as Node reads NODE_EXTRA_CA_CERTS at its start.
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const main = createRequire(import.meta.url).resolve('@mdn/mdn-http-observatory');
const root = join(dirname(main), '..');
// Its install script would fetch these lists; no name of this machine is on them.
await writeFile(join(root, 'conf/hsts-preload.json'), '{}');
await writeFile(join(root, 'conf/tld-list.json'), '["com"]');
const part = (file) => import(join(root, 'src', file));
const { retrieve } = await part('retriever/retriever.js');
const { ALL_TESTS } = await part('constants.js');
const { MINIMUM_SCORE_FOR_EXTRA_CREDIT } = await part('grader/charts.js');
const { getGradeForScore, getScoreModifier } = await part('grader/grader.js');

const [httpPort, httpsPort, ...paths] = process.argv.slice(2);
const scores = [];
for (const path of paths) {
  const found = await retrieve('localhost', { httpPort, httpsPort, path });
  if (!found.responses.auto) throw new Error(`${path}: no answer`);
  const results = ALL_TESTS.map((test) => test(found)).filter(({ result }) => result);
  const points = results.map(({ result }) => [result, getScoreModifier(result)]);
  const lost = points.reduce((sum, [, modifier]) => sum + Math.min(modifier, 0), 100);
  const won = points.reduce((sum, [, modifier]) => sum + Math.max(modifier, 0), 0);
  // Bonuses are for those who need none.
  const { score, grade } = getGradeForScore(lost >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? lost + won : lost);
  scores.push({ path, status: found.responses.auto.status, score, grade, points: Object.fromEntries(points) });
}
console.log(JSON.stringify(scores));
