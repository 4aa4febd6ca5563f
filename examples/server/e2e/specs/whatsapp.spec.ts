// WhatsApp: what customers write and say becomes jobs, once.
import { heard, listen } from '../support/events';
import { somebody } from '../support/people';
import { refused } from '../support/problem';
import type { Server } from '../support/server';
import { expect, listing as test } from '../support/test';
import { deliver, handshake, sign, textMessage, voiceMessage } from '../support/whatsapp';

const UNAUTHORIZED = { status: 401, type: 'urn:campotech:problem:unauthorized' };

test("Meta's handshake is answered with its challenge", async ({ server }) => {
  const token = await server.secret('CAMPOTECH_WHATSAPP_VERIFY_TOKEN');
  const query = { 'hub.mode': 'subscribe', 'hub.challenge': '1158201444', 'hub.verify_token': token };
  const right = await handshake(server, query);
  expect([right.status, right.text]).toEqual([200, '1158201444']);
  expect(right.headers['content-type']).toMatch(/^text\/plain/);
  const wrong = await handshake(server, { ...query, 'hub.verify_token': `${token}x` });
  await refused(wrong, { status: 403, type: 'urn:campotech:problem:forbidden' });
});

test('texts and voice messages become jobs that everybody sees at once', async ({ page, server, listed }) => {
  const [ana, beto] = [await somebody(server), await somebody(server)];
  const inbox = async ({ token, from }: typeof ana) =>
    (await server.ask('/api/v1/jobs?limit=100', { token, from })).json.items as any[];
  await page.goto(listed.origin);
  await listen(page, server, ana.token);
  await expect.poll(async () => (await heard(page)).opened).toBe(true);

  const text = textMessage('wamid.text', '5491123456789', 'Se cortó la luz\nen toda la casa');
  const voice = voiceMessage('wamid.voice', '5493512345678', 'media-7');
  expect((await deliver(server, text)).status).toBe(200);
  await expect.poll(async () => (await inbox(ana)).length).toBe(1);
  expect((await deliver(server, voice)).status).toBe(200);
  await expect.poll(async () => (await inbox(ana)).length).toBe(2);

  const jobs = await inbox(ana);
  expect(jobs.find((job) => job.kind === 'text')).toMatchObject({
    title: 'Se cortó la luz',
    customer_phone: '+5491123456789',
    status: 'open',
  });
  expect(jobs.find((job) => job.kind === 'voice')).toMatchObject({
    description: expect.stringContaining('media-7'),
    customer_phone: '+5493512345678',
    status: 'open',
  });
  expect(await inbox(beto)).toEqual(jobs);
  await expect
    .poll(async () => (await heard(page)).events)
    .toEqual([...jobs].reverse().map((job) => ({ type: 'job.created', job })));
});

test('a message that comes again changes nothing', async ({ page, launch, listed }) => {
  const server = await launch({ CAMPOTECH_CORS_ORIGINS: listed.origin, CAMPOTECH_RATE_STANDARD: '1000/1m' });
  const ana = await somebody(server);
  await page.goto(listed.origin);
  await listen(page, server, ana.token);
  await expect.poll(async () => (await heard(page)).opened).toBe(true);

  const body = textMessage('wamid.again', '5491123456789', 'Hola');
  for (let n = 0; n < 3; n++) expect((await deliver(server, body)).status).toBe(200);
  await idle(server, 1);
  for (let n = 0; n < 3; n++) expect((await deliver(server, body)).status).toBe(200);
  // One that comes after them is through when they would have been.
  expect((await deliver(server, textMessage('wamid.last', '5491123456789', 'Chau'))).status).toBe(200);
  await idle(server, 2);
  const { items } = (await server.ask('/api/v1/jobs', ana)).json;
  expect(items.map((job: any) => job.title)).toEqual(['Chau', 'Hola']);
  await expect.poll(async () => (await heard(page)).events.map(({ job }) => job.title)).toEqual(['Hola', 'Chau']);
});

test('a wrong signature is refused, and nothing comes of it', async ({ launch }) => {
  const server = await launch();
  const ana = await somebody(server);
  const secret = await server.secret('CAMPOTECH_WHATSAPP_APP_SECRET');
  const body = textMessage('wamid.forged', '5491123456789', 'Falso');
  const right = sign(secret, body);
  for (const signature of [sign('0'.repeat(64), body), sign(secret, `${body} `), right.replace('sha256=', 'sha1='), '']) {
    await refused(await deliver(server, body, signature), UNAUTHORIZED);
  }
  const unsigned = await server.ask('/webhooks/whatsapp', { method: 'POST', from: 60, body });
  await refused(unsigned, UNAUTHORIZED);

  expect((await deliver(server, textMessage('wamid.true', '5491123456789', 'Cierto'))).status).toBe(200);
  await idle(server, 1);
  const { items } = (await server.ask('/api/v1/jobs', ana)).json;
  expect(items.map((job: any) => job.title)).toEqual(['Cierto']);
});

/** Waits until this many texts became jobs, and no more wait. */
async function idle(server: Server, texts: number): Promise<void> {
  await expect.poll(() => server.metric('jobs_created_total{kind="text"}')).toBe(texts);
  await expect.poll(() => server.metric('queue_size{queue="jobs"}')).toBe(0);
}
