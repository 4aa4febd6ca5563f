// Job events on a WebSocket of the browser's own.
import { heard, listen } from '../support/events';
import { move, newJob, somebody } from '../support/people';
import { SlowListener } from '../support/socket';
import { expect, listing as test } from '../support/test';

test('a page of a listed origin hears of its own jobs only', async ({ page, server, listed }) => {
  const [ana, beto] = [await somebody(server), await somebody(server)];
  await page.goto(listed.origin);
  await listen(page, server, ana.token);
  await expect.poll(() => heard(page)).toEqual({ opened: true, protocol: 'bearer', events: [] });

  await newJob(server, beto, 'De Beto');
  const job = await newJob(server, ana, 'De Ana');
  const assigned = await move(server, ana, job.id, 'assigned');
  await move(server, ana, job.id, 'assigned');
  const started = await move(server, ana, job.id, 'in_progress');
  await expect
    .poll(async () => (await heard(page)).events)
    .toEqual([
      { type: 'job.created', job },
      { type: 'job.updated', job: assigned },
      { type: 'job.updated', job: started },
    ]);
});

test('a foreign origin is refused, with the best of tokens', async ({ page, server, stranger }) => {
  const person = await somebody(server);
  await page.goto(stranger.origin);
  await listen(page, server, person.token);
  await expect.poll(() => heard(page)).toEqual({ opened: false, events: [], closed: { code: 1006, clean: false } });

  const headers = {
    connection: 'upgrade',
    upgrade: 'websocket',
    origin: stranger.origin,
    'sec-websocket-version': '13',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const refused = await server.ask('/api/v1/events', { ...person, headers });
  expect(refused.status).toBe(403);
  expect(refused.json.type).toBe('urn:campotech:problem:forbidden');
});

test('without a token that is known there are no events', async ({ page, server, listed }) => {
  await page.goto(listed.origin);
  await listen(page, server, 'hunter2');
  await expect.poll(() => heard(page)).toEqual({ opened: false, events: [], closed: { code: 1006, clean: false } });
});

test('a stopping server says goodbye with 1001', async ({ page, launch, listed }) => {
  const server = await launch({ CAMPOTECH_CORS_ORIGINS: listed.origin });
  const person = await somebody(server);
  await page.goto(listed.origin);
  await listen(page, server, person.token);
  await expect.poll(async () => (await heard(page)).opened).toBe(true);
  server.terminate();
  await expect.poll(async () => (await heard(page)).closed?.code).toBe(1001);
  expect(await server.ended).toBe(0);
});

test('the connection stays until the client has answered the goodbye', async ({ launch }) => {
  const server = await launch();
  const { token } = await somebody(server);
  const client = await SlowListener.connect(server, token);
  server.terminate();
  expect(await client.goodbye()).toBe(1001);
  // Closed before, the answer meets a reset, and a browser calls the end unclean.
  expect(await client.overWithin(250)).toBe(false);
  client.answer();
  expect(await client.overWithin(5_000)).toBe(true);
  expect(await server.ended).toBe(0);
});
