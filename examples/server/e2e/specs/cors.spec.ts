// Foreign origins: a listed one reads with a bearer token, no other one does, and cookies play no part.
import type { Page } from '@playwright/test';
import { newJob, somebody } from '../support/people';
import { expect, listing as test } from '../support/test';

interface Fetched {
  status?: number;
  body?: string;
  headers?: Record<string, string>;
  failed?: string;
}

/** What a script of the page gets to read. */
function read(page: Page, url: string, init: RequestInit = {}): Promise<Fetched> {
  return page.evaluate(
    async ({ url, init }) => {
      try {
        const answer = await fetch(url, init);
        const headers = Object.fromEntries(answer.headers);
        return { status: answer.status, body: await answer.text(), headers };
      } catch (error) {
        return { failed: String(error) };
      }
    },
    { url, init },
  );
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const FAILED = { failed: 'TypeError: Failed to fetch' };

test('a listed origin works with jobs', async ({ page, context, server, listed }) => {
  const person = await somebody(server);
  for (const title of ['Caldera', 'Estufa']) await newJob(server, person, title);
  await page.goto(listed.origin);

  const list = await read(page, `${server.url}/api/v1/jobs?limit=1`, bearer(person.token));
  expect(list.status).toBe(200);
  expect(JSON.parse(list.body!).items).toHaveLength(1);
  expect(list.headers, 'what clients need is readable').toMatchObject({
    link: expect.stringContaining('rel="next"'),
    'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    ratelimit: expect.any(String),
  });

  const body = JSON.stringify({ title: 'Termotanque', customer_phone: '+5491123456789', priority: 'high' });
  const headers = { ...bearer(person.token).headers, 'content-type': 'application/json' };
  const created = await read(page, `${server.url}/api/v1/jobs`, { method: 'POST', headers, body });
  expect(created.status).toBe(201);
  const moved = await read(page, server.url + created.headers!.location, {
    method: 'PATCH',
    headers,
    body: '{"status":"assigned"}',
  });
  expect(JSON.parse(moved.body!)).toMatchObject({ title: 'Termotanque', status: 'assigned' });

  const refused = await read(page, `${server.url}/api/v1/jobs`);
  expect(refused.status, 'a refusal can be read too').toBe(401);
  expect(await context.cookies()).toEqual([]);
});

test('an unlisted origin reads nothing', async ({ page, server, stranger }) => {
  const person = await somebody(server);
  await page.goto(stranger.origin);
  const jobs = `${server.url}/api/v1/jobs`;
  expect(await read(page, jobs, bearer(person.token))).toEqual(FAILED);
  expect(await read(page, `${server.url}/api/openapi.json`)).toEqual(FAILED);
  const headers = { ...bearer(person.token).headers, 'content-type': 'application/json' };
  const body = JSON.stringify({ title: 'Ajeno', customer_phone: '+5491123456789', priority: 'low' });
  expect(await read(page, jobs, { method: 'POST', headers, body })).toEqual(FAILED);

  const { json } = await server.ask('/api/v1/jobs', person);
  expect(json.items, 'nothing was done either').toEqual([]);
});

test('a form of an unlisted origin is refused, whatever it sends', async ({ server, stranger }) => {
  const how = { method: 'POST', from: 9, body: '{}' };
  const form = await server.ask('/api/v1/auth/login', {
    ...how,
    headers: { 'content-type': 'text/plain', origin: stranger.origin, 'sec-fetch-site': 'cross-site' },
  });
  expect(form.status).toBe(403);
  expect(form.headers['content-type']).toBe('application/problem+json');
});

test('preflights are answered before any quota', async ({ server, listed, stranger }) => {
  const preflight = (origin: string) =>
    server.ask('/api/v1/jobs', {
      method: 'OPTIONS',
      from: 10,
      headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
    });
  const allowed = await preflight(listed.origin);
  expect(allowed.status).toBe(204);
  expect(allowed.headers['access-control-allow-origin']).toBe(listed.origin);
  expect(allowed.headers['access-control-allow-methods']?.split(',')).toEqual(expect.arrayContaining(['GET', 'POST', 'PATCH']));
  expect(allowed.headers['access-control-allow-headers']?.split(',')).toEqual(
    expect.arrayContaining(['authorization', 'content-type']),
  );
  expect(Number(allowed.headers['access-control-max-age'])).toBeGreaterThan(0);
  expect(allowed.headers.vary).toContain('origin');
  expect(allowed.headers).not.toHaveProperty('access-control-allow-credentials');
  expect(allowed.headers).not.toHaveProperty('ratelimit');

  const other = await preflight(stranger.origin);
  expect(other.status).toBe(204);
  expect(other.headers.vary).toContain('origin');
  expect(Object.keys(other.headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
});

test('cookies are neither set nor needed, and credentials never allowed', async ({ page, context, server, listed }) => {
  const person = await somebody(server);
  await context.addCookies([{ name: 'session', value: person.token, url: server.url }]);
  await page.goto(listed.origin);
  const jobs = `${server.url}/api/v1/jobs`;
  expect((await read(page, jobs)).status, 'a cookie opens nothing').toBe(401);
  expect((await server.ask('/api/v1/jobs', { headers: { cookie: `session=${person.token}` } })).status).toBe(401);
  expect(await read(page, jobs, { credentials: 'include', ...bearer(person.token) })).toEqual(FAILED);
  expect((await read(page, jobs, { credentials: 'omit', ...bearer(person.token) })).status).toBe(200);

  const paths = ['/status', '/api/docs', '/api/openapi.json', '/api/v1/jobs', '/health', '/metrics', '/nowhere'];
  for (const path of paths) {
    const { headers } = await server.ask(path, { token: person.token });
    expect(headers, path).not.toHaveProperty('set-cookie');
  }
});
