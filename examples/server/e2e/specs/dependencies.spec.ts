// Dependencies that stop: shown where people and machines look, and survived.
import type { Page } from '@playwright/test';
import { newJob, somebody } from '../support/people';
import { Redis } from '../support/redis';
import type { Server } from '../support/server';
import { Site } from '../support/site';
import { expect, test } from '../support/test';

/** How long a change of state may take to be seen: two failures, five seconds apart. */
const SEEN = { timeout: 15_000 };

interface State {
  overall: string;
  component: string;
  reason: string;
}

async function health(server: Server, name: string): Promise<State> {
  const { json } = await server.ask('/health');
  return { overall: json.status, component: json.components[name].status, reason: json.components[name].reason };
}

/** What the page says, which renews itself meanwhile. */
async function shows(page: Page, name: string, overall: string, component: string): Promise<void> {
  await expect(page).toHaveTitle(`campotech-server is ${overall}`, SEEN);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`campotech-server ${overall}`, SEEN);
  const row = page.getByRole('table', { name: 'Components' }).getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) });
  await expect(row.getByRole('cell').first()).toHaveText(component, SEEN);
}

test('an HTTP dependency is degraded while it is away', async ({ page, launch }) => {
  const billing = await Site.start((_, response) => response.end('fine'));
  const server = await launch({ CAMPOTECH_EXTERNAL_CHECKS: `billing=${billing.origin}/health` });
  await page.goto(`${server.url}/status`);
  await expect.poll(() => health(server, 'billing'), SEEN).toEqual({ overall: 'healthy', component: 'healthy', reason: 'ok' });
  await shows(page, 'billing', 'healthy', 'healthy');
  expect(billing.asked).toContain('/health');

  await billing.stop();
  await expect
    .poll(() => health(server, 'billing'), SEEN)
    .toEqual({ overall: 'degraded', component: 'unhealthy', reason: 'refused' });
  expect((await server.ask('/health')).status).toBe(200);
  expect((await server.ask('/ready')).status).toBe(200);
  expect((await server.ask('/health/components/billing')).status).toBe(503);
  await shows(page, 'billing', 'degraded', 'unhealthy');

  await billing.again();
  await expect.poll(async () => (await health(server, 'billing')).overall, SEEN).toBe('healthy');
  expect((await server.ask('/health/components/billing')).status).toBe(200);
  await shows(page, 'billing', 'healthy', 'healthy');
  await billing.stop();
});

test('a dependency that answers with errors is degraded too', async ({ launch }) => {
  let status = 200;
  const billing = await Site.start((_, response) => response.writeHead(status).end());
  const server = await launch({ CAMPOTECH_EXTERNAL_CHECKS: `billing=${billing.origin}/` });
  await expect.poll(async () => (await health(server, 'billing')).overall, SEEN).toBe('healthy');
  status = 500;
  await expect.poll(async () => (await health(server, 'billing')).overall, SEEN).toBe('degraded');
  status = 200;
  await expect.poll(async () => (await health(server, 'billing')).overall, SEEN).toBe('healthy');
  await billing.stop();
});

test('without Redis the service goes on, degraded', async ({ page, launch }) => {
  const redis = await Redis.start();
  const server = await launch({ REDIS_URL: redis.url });
  const ana = await somebody(server);
  await page.goto(`${server.url}/status`);
  await expect.poll(async () => (await health(server, 'redis')).overall, SEEN).toBe('healthy');
  await shows(page, 'redis', 'healthy', 'healthy');

  await redis.kill();
  await expect.poll(() => health(server, 'redis'), SEEN).toMatchObject({ overall: 'degraded', component: 'unhealthy' });
  expect((await server.ask('/health')).status).toBe(200);
  expect((await server.ask('/ready')).status).toBe(200);
  await shows(page, 'redis', 'degraded', 'unhealthy');
  const job = await newJob(server, ana, 'Sin Redis');
  expect((await server.ask(`/api/v1/jobs/${job.id}`, ana)).json).toEqual(job);

  await redis.again();
  await expect.poll(async () => (await health(server, 'redis')).overall, SEEN).toBe('healthy');
  await shows(page, 'redis', 'healthy', 'healthy');
  await redis.stop();
});
