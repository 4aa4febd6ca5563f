// A job's whole life, as a program of a technician sees it.
import type { APIRequestContext, APIResponse } from '@playwright/test';
import { PASSWORD, PHONE } from '../support/people';
import { refused } from '../support/problem';
import { expect, test } from '../support/test';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const UNAUTHORIZED = { status: 401, type: 'urn:campotech:problem:unauthorized' };
const NOT_FOUND = { status: 404, type: 'urn:campotech:problem:not-found' };
const CONFLICT = { status: 409, type: 'urn:campotech:problem:conflict' };

const register = (request: APIRequestContext, email: string) =>
  request.post('/api/v1/auth/register', { data: { email, password: PASSWORD, name: 'Ana' } });

async function logIn(request: APIRequestContext, email: string): Promise<{ authorization: string }> {
  const answer = await request.post('/api/v1/auth/login', { data: { email, password: PASSWORD } });
  expect(answer.status()).toBe(200);
  const { token, expires_at } = await answer.json();
  const hours = (Date.parse(expires_at) - Date.now()) / 3_600_000;
  expect(hours).toBeGreaterThan(11.9);
  expect(hours).toBeLessThanOrEqual(12.1);
  return { authorization: `Bearer ${token}` };
}

test.describe.configure({ mode: 'serial' });

let ana: { authorization: string };
let beto: { authorization: string };

test('people register and log in', async ({ request }) => {
  const registered = await register(request, 'ana@example.com');
  expect(registered.status()).toBe(201);
  expect(await registered.json()).toEqual({ id: expect.stringMatching(UUID), email: 'ana@example.com', name: 'Ana' });
  await refused(await register(request, 'ana@example.com'), CONFLICT);
  expect((await register(request, 'beto@example.com')).status()).toBe(201);
  ana = await logIn(request, 'ana@example.com');
  beto = await logIn(request, 'beto@example.com');

  const wrong = { email: 'ana@example.com', password: 'otra llave larga y verde' };
  const answer = await request.post('/api/v1/auth/login', { data: wrong });
  await refused(answer, UNAUTHORIZED);
  expect(answer.headers()['www-authenticate']).toBe('Bearer');
});

test('a job is created, assigned, worked on and done', async ({ request }) => {
  const data = {
    title: 'Caldera sin agua caliente',
    description: 'Desde ayer.\nTocar timbre.',
    customer_phone: PHONE,
    customer_email: 'cliente@example.com',
    priority: 'urgent',
    scheduled_at: '2030-05-04T09:30:00-03:00',
  };
  const created = await request.post('/api/v1/jobs', { headers: ana, data });
  expect(created.status()).toBe(201);
  const job = await created.json();
  expect(job).toEqual({
    ...data,
    id: expect.stringMatching(UUID),
    kind: 'api',
    status: 'open',
    customer_phone: '+5491123456789',
    scheduled_at: expect.stringMatching(TIME),
    created_at: expect.stringMatching(TIME),
    updated_at: expect.stringMatching(TIME),
  });
  expect(Date.parse(job.scheduled_at)).toBe(Date.parse(data.scheduled_at));
  const path = created.headers().location;
  expect(path).toBe(`/api/v1/jobs/${job.id}`);
  expect(await (await request.get(path, { headers: ana })).json()).toEqual(job);

  const moveTo = (status: string) => request.patch(path, { headers: ana, data: { status } });
  await refused(await moveTo('done'), CONFLICT);
  for (const status of ['assigned', 'in_progress', 'done']) {
    const moved = await moveTo(status);
    expect(moved.status(), status).toBe(200);
    expect(await moved.json()).toMatchObject({ id: job.id, status });
    expect((await moveTo(status)).status(), `${status} again`).toBe(200);
  }
  for (const status of ['open', 'assigned', 'in_progress', 'cancelled']) await refused(await moveTo(status), CONFLICT);
  expect(await (await request.get(path, { headers: ana })).json()).toMatchObject({ status: 'done' });
});

test("somebody else's job is not there", async ({ request }) => {
  const data = { title: 'De Ana', customer_phone: PHONE, priority: 'low' };
  const { id } = await (await request.post('/api/v1/jobs', { headers: ana, data })).json();
  const path = `/api/v1/jobs/${id}`;
  await refused(await request.get(path, { headers: beto }), NOT_FOUND);
  await refused(await request.patch(path, { headers: beto, data: { status: 'assigned' } }), NOT_FOUND);
  await refused(await request.get(path), UNAUTHORIZED);
  expect(await (await request.get('/api/v1/jobs', { headers: beto })).json()).toEqual({ items: [], next: null });
  expect(await (await request.get(path, { headers: ana })).json()).toMatchObject({ id, status: 'open' });
});

test('a list goes on where its page ended', async ({ request }) => {
  const titles = ['Uno', 'Dos', 'Tres', 'Cuatro', 'Cinco'];
  for (const title of titles) {
    const data = { title, customer_phone: PHONE, priority: 'normal' };
    expect((await request.post('/api/v1/jobs', { headers: beto, data })).status()).toBe(201);
  }
  const seen: string[] = [];
  const sizes: number[] = [];
  let path: string | undefined = '/api/v1/jobs?limit=2&status=open';
  while (path !== undefined) {
    const answer: APIResponse = await request.get(path, { headers: beto });
    expect(answer.status()).toBe(200);
    const { items, next } = await answer.json();
    seen.push(...items.map((job: any) => job.title));
    sizes.push(items.length);
    const link: string | undefined = answer.headers().link;
    path = link === undefined ? undefined : /^<([^>]+)>; rel="next"$/.exec(link)?.[1];
    expect(next === null, 'next and Link say the same').toBe(path === undefined);
    if (path !== undefined) {
      const query = new URL(path, 'http://server').searchParams;
      expect(Object.fromEntries(query)).toEqual({ limit: '2', cursor: next, status: 'open' });
    }
    expect(sizes.length).toBeLessThanOrEqual(3);
  }
  expect(sizes).toEqual([2, 2, 1]);
  expect(seen).toEqual(titles.reverse());

  const done = await (await request.get('/api/v1/jobs?status=done', { headers: beto })).json();
  expect(done.items).toEqual([]);
});

test("a cursor is its owner's, and of one list", async ({ request }) => {
  const { next } = await (await request.get('/api/v1/jobs?limit=1', { headers: beto })).json();
  expect(next).toEqual(expect.any(String));
  const bad = { status: 400, type: 'urn:campotech:problem:invalid-parameters' };
  for (const [headers, query] of [
    [ana, `limit=1&cursor=${next}`],
    [beto, `limit=1&status=open&cursor=${next}`],
    [beto, 'cursor=hunter2'],
    [beto, 'limit=0'],
    [beto, 'limit=101'],
  ] as const) {
    const problem = await refused(await request.get(`/api/v1/jobs?${query}`, { headers }), bad);
    expect(JSON.stringify(problem), 'input is not repeated').not.toContain('hunter2');
  }
});

test('every fault of the input is told at once, in the language of the client', async ({ request }) => {
  const data = { title: '', customer_phone: 'hunter2', priority: 'yesterday', owner: 'me' };
  const asked = async (language: string) =>
    request.post('/api/v1/jobs', { headers: { ...ana, 'accept-language': language }, data });
  const type = 'urn:campotech:problem:validation';

  const english = await refused(await asked('en'), { status: 422, type, title: 'The request is not valid' });
  const pointers = english.errors.map((error: any) => error.pointer);
  expect(pointers.sort()).toEqual(['#/customer_phone', '#/owner', '#/priority', '#/title']);
  expect(JSON.stringify(english)).not.toMatch(/hunter2|yesterday/);

  const title = 'La solicitud no es válida';
  const argentine = await refused(await asked('es-AR,es;q=0.9,en;q=0.5'), { status: 422, type, title, language: 'es-AR' });
  expect(argentine.detail).toBe('Corregí los campos indicados en errors.');
  expect(argentine.errors.map((error: any) => error.code)).toEqual(english.errors.map((error: any) => error.code));
  const spanish = await refused(await asked('es'), { status: 422, type, title, language: 'es' });
  expect(spanish.detail).not.toBe(argentine.detail);
});
