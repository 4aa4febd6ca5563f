// What scanners make of the headers, and what a browser reports: over TLS, as in production.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Page } from '@playwright/test';
import { CspEvaluator, STRICTCSP_CHECKS } from 'csp_evaluator/dist/evaluator.js';
import { CspParser } from 'csp_evaluator/dist/parser.js';
import { BEHIND, Edge } from '../support/edge';
import { watch } from '../support/page';
import { somebody } from '../support/people';
import type { Server } from '../support/server';
import { expect, test as base } from '../support/test';

const SCANNER = join(__dirname, '..', 'support', 'observatory.mjs');
const PAGES = ['/status', '/api/docs'];
/** An answer and a refusal. */
const API = ['/api/openapi.json', '/api/v1/jobs'];
const INLINE = '<script>window.inline = true</script>';

const test = base.extend<{ edged: { server: Server; edge: Edge } }>({
  edged: async ({ launch }, use) => {
    const server = await launch(BEHIND);
    const edge = await Edge.start(server);
    await use({ server, edge });
    await edge.stop();
  },
});

/** A page of a browser that trusts the edge and doesn't wait a minute with its reports. */
async function trusting(edge: Edge, see: (page: Page) => Promise<void>): Promise<void> {
  const { launchOptions } = test.info().project.use;
  const browser = await chromium.launch({
    ...launchOptions,
    args: [...(launchOptions?.args ?? []), `--ignore-certificate-errors-spki-list=${edge.certificate.pin}`, '--short-reporting-delay'],
  });
  try {
    await see(await browser.newPage());
  } finally {
    await browser.close();
  }
}

test("MDN's HTTP Observatory", async ({ edged: { edge } }) => {
  const ports = [String(edge.httpPort), String(edge.httpsPort)];
  const { stdout } = await promisify(execFile)(process.execPath, [SCANNER, ...ports, ...API, ...PAGES], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: edge.certificate.file },
  });
  const scores: { path: string; status: number; score: number; grade: string; points: object }[] = JSON.parse(stdout);
  expect(scores.map(({ path, status }) => [path, status])).toEqual([
    ['/api/openapi.json', 200],
    ['/api/v1/jobs', 401],
    ['/status', 200],
    ['/api/docs', 200],
  ]);
  for (const { path, score, grade, points } of scores) {
    const why = `${path} ${JSON.stringify(points)}`;
    // The most there is without cookies, scripts of others and a place on the preload list.
    if (API.includes(path)) expect(score, why).toBe(130);
    else expect(score, why).toBeGreaterThanOrEqual(130);
    expect(grade, why).toBe('A+');
  }
});

test("Google's CSP Evaluator finds nothing", async ({ edged: { server } }) => {
  for (const path of [...API, ...PAGES]) {
    const policy = String((await server.ask(path)).headers['content-security-policy']);
    const parsed = new CspParser(policy).csp;
    expect(new CspEvaluator(parsed).evaluate(), policy).toEqual([]);
    if (!PAGES.includes(path)) continue;
    // Those about a fallback for browsers without nonces (before 2016) are not wanted: it would let every script in there.
    const strict = new CspEvaluator(parsed).evaluate([], STRICTCSP_CHECKS);
    expect(strict.filter(({ description }) => !/backward compatible/.test(description)), policy).toEqual([]);
  }
});

test('an API answer over https has no more than 300 bytes of them', async ({ edged: { server } }) => {
  const headers = { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' };
  const { token } = await somebody(server);
  const answer = await server.ask('/api/v1/jobs', { token, from: 1, headers });
  expect(answer.status).toBe(200);
  const names = [
    'content-security-policy',
    'strict-transport-security',
    'x-content-type-options',
    'referrer-policy',
    'cross-origin-resource-policy',
    'cache-control',
  ];
  // A name, a colon, a space, a value, the end of the line.
  const bytes = names.map((name) => name.length + String(answer.headers[name]).length + 4);
  for (const name of names) expect(answer.headers).toHaveProperty(name);
  expect(bytes.reduce((sum, some) => sum + some)).toBeLessThanOrEqual(300);
});

test('pages keep to their policy over https, too', async ({ edged: { edge } }) => {
  await trusting(edge, async (page) => {
    const noted = await watch(page);
    for (const path of PAGES) await page.goto(edge.origin + path, { waitUntil: 'networkidle' });
    expect(await page.evaluate(() => [isSecureContext, originAgentCluster])).toEqual([true, true]);
    expect(noted).toEqual({ violations: [], errors: [] });
  });
  expect(edge.asked.filter((line) => line.startsWith('POST'))).toEqual([]);
});

test('a browser reports a smuggled script, and the server counts it', async ({ launch }) => {
  const server = await launch(BEHIND);
  const edge = await Edge.start(server, (text) => text.replace('</h1>', `</h1>${INLINE}`));
  const counted = () =>
    server.metric('security_decisions_total{guard="csp",decision="reported",reason="script-src-elem"}');
  expect(await counted()).toBeUndefined();
  await trusting(edge, async (page) => {
    const noted = await watch(page);
    await page.goto(`${edge.origin}/api/docs`);
    await expect.poll(() => noted.violations).toEqual([{ directive: 'script-src-elem', blocked: 'inline' }]);
    expect(await page.evaluate(() => 'inline' in window)).toBe(false);
    await expect.poll(counted, { timeout: 30_000 }).toBe(1);
  });
  expect(edge.asked).toContain('POST /api/v1/reports');
  expect(server.log, 'nothing of it is in the log').not.toContain('/api/docs?');
  await edge.stop();
});
