// Security headers: on pages, on answers, on refusals, and what a browser makes of them.
import type { Answer } from '../support/ask';
import { somebody } from '../support/people';
import { smuggle } from '../support/smuggler';
import { expect, test } from '../support/test';

const API = {
  'content-security-policy': "default-src 'none';base-uri 'none';form-action 'none';frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};
const PAGE = {
  ...API,
  'content-security-policy': expect.stringMatching(
    /^default-src 'none';script-src 'nonce-[\w-]{22}' 'strict-dynamic';style-src 'nonce-[\w-]{22}';img-src 'self' data:;connect-src 'self';font-src 'self';base-uri 'none';form-action 'self';frame-ancestors 'none';require-trusted-types-for 'script';report-to csp$/,
  ),
  'cross-origin-opener-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'permissions-policy':
    'accelerometer=(), bluetooth=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), microphone=(), midi=(), payment=(), serial=(), usb=()',
  'reporting-endpoints': 'csp="/api/v1/reports"',
  'cache-control': 'no-store',
};
const NEVER = ['server', 'x-powered-by', 'set-cookie', 'strict-transport-security', 'access-control-allow-origin'];

function check({ headers }: Answer, expected: Record<string, unknown>, path: string): void {
  expect(headers, path).toMatchObject(expected);
  expect(headers['x-request-id'], path).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}$/);
  for (const name of NEVER) expect(headers, path).not.toHaveProperty(name);
}

test('pages', async ({ server }) => {
  for (const path of ['/status', '/api/docs']) {
    const answer = await server.ask(path);
    expect(answer.status, path).toBe(200);
    expect(answer.headers['content-type'], path).toMatch(/^text\/html; charset=utf-8$/i);
    check(answer, PAGE, path);
  }
});

test('answers and probes', async ({ server }) => {
  for (const path of ['/api/openapi.json', '/health', '/ready', '/live', '/metrics']) {
    const answer = await server.ask(path);
    expect(answer.status, path).toBe(200);
    check(answer, API, path);
  }
  const list = await server.ask('/api/v1/jobs', await somebody(server));
  expect(list.status).toBe(200);
  check(list, { ...API, 'cache-control': 'no-store' }, '/api/v1/jobs');
});

test('refusals', async ({ server }) => {
  const refusals: [number, string, object][] = [
    [401, '/api/v1/jobs', {}],
    [404, '/nowhere', {}],
    [405, '/api/v1/auth/login', {}],
    [405, '/status', { method: 'DELETE' }],
    [415, '/api/v1/auth/login', { method: 'POST', body: 'x', headers: { 'content-type': 'text/plain' } }],
    [413, '/api/v1/auth/login', { method: 'POST', body: 'x'.repeat(300 * 1024) }],
  ];
  for (const [status, path, how] of refusals) {
    const answer = await server.ask(path, { from: 11, ...how });
    expect(answer.status, path).toBe(status);
    check(answer, API, path);
  }
});

test('https is asked for where it is spoken', async ({ launch }) => {
  const server = await launch({ CAMPOTECH_TRUSTED_PROXIES: '127.0.0.1/32' });
  const headers = { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' };
  const hsts = async (from: number) => (await server.ask('/health', { from, headers })).headers['strict-transport-security'];
  expect(await hsts(1)).toBe('max-age=31536000; includeSubDomains');
  expect(await hsts(2), 'nobody else may say so').toBeUndefined();
});

test('no other site frames a page', async ({ page, server, stranger }) => {
  const blocked: string[] = [];
  page.on('console', (message) => blocked.push(message.text()));
  await page.goto(stranger.origin);
  await page.setContent(`<iframe title="Framed" src="${server.url}/status"></iframe>`);
  await expect.poll(() => blocked.join()).toContain("frame-ancestors 'none'");
  await expect(page.frameLocator('iframe').getByText('campotech-server')).toHaveCount(0);
});

test('no other site embeds an answer', async ({ page, server, stranger }) => {
  const loads = (src: string) =>
    page.evaluate(
      (src) =>
        new Promise((resolve) => {
          const script = document.createElement('script');
          script.onload = () => resolve(true);
          script.onerror = () => resolve(false);
          document.head.append(Object.assign(script, { src }));
        }),
      src,
    );
  await page.goto(stranger.origin);
  expect(await loads('/foreign.js')).toBe(true);
  expect(await loads(`${server.url}/api/openapi.json`)).toBe(false);
});

test('links tell nobody where they were', async ({ page, server, stranger }) => {
  const site = await smuggle(server, '/api/docs', `<a href="${stranger.origin}/out">Out</a>`);
  await page.goto(`${site.origin}/api/docs`);
  const [request] = await Promise.all([
    page.waitForRequest(`${stranger.origin}/out`),
    page.getByRole('link', { name: 'Out' }).click(),
  ]);
  expect(await request.allHeaders()).not.toHaveProperty('referer');
  await page.waitForURL(`${stranger.origin}/out`);
  expect(await page.evaluate(() => document.referrer)).toBe('');
  await site.stop();
});
