// Quotas: each client network has its own, and hears when to come back.
import { refused } from '../support/problem';
import { expect, test } from '../support/test';

const QUOTA_EXCEEDED = 'https://iana.org/assignments/http-problem-types#quota-exceeded';
const guess = { email: 'nadie@example.com', password: 'una llave que no es' };

test('the eleventh attempt is limited, of one address only', async ({ launch }) => {
  const server = await launch();
  const attempt = (from: number) => server.ask('/api/v1/auth/login', { method: 'POST', from, body: guess });
  for (let n = 1; n <= 10; n++) expect((await attempt(7)).status, `attempt ${n}`).toBe(401);
  const limited = await attempt(7);
  await refused(limited, { status: 429, type: QUOTA_EXCEEDED });
  const wait = Number(limited.headers['retry-after']);
  expect(wait).toBeGreaterThan(800);
  expect(wait).toBeLessThanOrEqual(900);
  expect(limited.headers['ratelimit-policy']).toBe('"auth";q=10;w=900');

  const body = { ...guess, email: 'otra@example.com' };
  expect((await server.ask('/api/v1/auth/login', { method: 'POST', from: 8, body })).status).toBe(401);
  expect((await server.ask('/api/openapi.json', { from: 7 })).status, 'another tier').toBe(200);
  expect((await server.ask('/health', { from: 7 })).status).toBe(200);
});

test('health, metrics and the status page cost no quota', async ({ launch }) => {
  const server = await launch({ CAMPOTECH_RATE_STANDARD: '2/1h' });
  const statuses: number[] = [];
  for (let n = 0; n < 3; n++) statuses.push((await server.ask('/api/docs', { from: 9 })).status);
  expect(statuses).toEqual([200, 200, 429]);
  for (const path of ['/live', '/ready', '/health', '/metrics', '/status']) {
    const { status, headers } = await server.ask(path, { from: 9 });
    expect(status, path).toBe(200);
    expect(headers, path).not.toHaveProperty('ratelimit');
  }
});
