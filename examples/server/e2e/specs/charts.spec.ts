// The charts of the status page: drawn, named, read by keyboard and without a script, and true.
import { busy, chart, history, pixels, TITLES } from '../support/charts';
import { watch } from '../support/page';
import { newJob, somebody } from '../support/people';
import { Redis } from '../support/redis';
import { Site } from '../support/site';
import { expect, test } from '../support/test';

/** How long a change of state may take to be seen: two failures, five seconds apart, and a renewal. */
const SEEN = { timeout: 20_000 };
const BLUE = { light: 'rgb(29, 95, 180)', dark: 'rgb(124, 184, 255)' };

test('the history has a value of every line for every point', async ({ server }) => {
  await newJob(server, await somebody(server), 'Caldera');
  const { at, charts } = await history(server, 2);
  expect(charts.map(({ title }) => title)).toEqual([...TITLES, 'dead letters']);
  expect(at.map((seconds, i) => seconds > (at[i - 1] ?? 0))).not.toContain(false);
  for (const { title, lines } of charts) {
    for (const { name, values } of lines) {
      expect(values, `${title}: ${name}`).toHaveLength(at.length);
      expect(values.every((value) => value === null || value >= 0), `${title}: ${name}`).toBe(true);
    }
  }
  const limits = charts.find(({ title }) => title === 'Refused by rate limits')!;
  expect(limits.lines.map(({ name }) => name)).toEqual(['auth', 'webhook', 'standard']);
  const { headers } = await server.ask('/status/history.json');
  expect(headers).toMatchObject({ 'content-type': 'application/json', 'cache-control': 'no-store' });
});

test('every chart is drawn, in the colours of day and night', async ({ page, server }) => {
  await busy(server, 2);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto('/status?still');
  for (const title of TITLES) {
    await expect.poll(() => pixels(page, title, BLUE.light), title).toBeGreaterThan(50);
    expect(await pixels(page, title, BLUE.dark), title).toBe(0);
  }
  await page.emulateMedia({ colorScheme: 'dark' });
  for (const title of TITLES) {
    await expect.poll(() => pixels(page, title, BLUE.dark), title).toBeGreaterThan(50);
    expect(await pixels(page, title, BLUE.light), title).toBe(0);
  }
});

test('a chart that has nothing to say has no line', async ({ page, launch }) => {
  const server = await launch();
  await history(server, 2);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.goto(`${server.url}/status?still`);
  await expect.poll(() => pixels(page, 'Requests', BLUE.light)).toBeGreaterThan(50);
  expect(await pixels(page, 'Time to answer', BLUE.light)).toBe(0);
  await expect(chart(page, 'Time to answer').getByRole('definition')).toHaveText(Array(3).fill('nothing yet'));
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('what the charts say can be read', async ({ page, server }) => {
    await newJob(server, await somebody(server), 'Estufa');
    const { charts } = await history(server, 2);
    await page.goto('/status');
    for (const { title, lines } of charts) {
      await expect(chart(page, title).getByRole('term'), title).toHaveText(lines.map(({ name }) => name));
      const words = /^(nothing yet|(none|([<>] )?[\d.]+( \S+)?) now, (always )?([<>] )?[\d.]+( ms)?( to ([<>] )?[\d.]+)?( \S+)?)$/;
      await expect(chart(page, title).getByRole('definition'), title).toHaveText(lines.map(() => words));
    }
    for (const name of ['campotech-server', 'queue', 'store']) {
      const row = page.locator('#strips').getByRole('term').filter({ hasText: name });
      await expect(row.locator('xpath=following-sibling::dd'), name).toHaveText(/[\d.]+ % healthy/);
    }
  });
});

test.describe('where the clock is another one', () => {
  test.use({ timezoneId: 'America/Argentina/Buenos_Aires' });

  test('arrow keys go along the time, and every chart goes with them', async ({ page, server }) => {
    const { at } = await history(server, 3);
    await page.goto('/status?still');
    const along = (title: string) => chart(page, title).getByRole('slider', { name: `${title}, along the last hour` });
    await expect(along('Requests')).toHaveAttribute('aria-valuetext', /^\d\d:\d\d:\d\d: answered [\d.]+ \/s$/);
    await page.getByRole('link', { name: 'Hold it still' }).or(page.getByRole('link', { name: 'Keep it fresh' })).focus();
    await page.keyboard.press('Tab');
    await expect(along('Requests')).toBeFocused();

    await page.keyboard.press('Home');
    await expect(along('Requests')).toHaveAttribute('aria-valuenow', '0');
    for (const held of ['Alt', 'Control', 'Meta']) {
      const init = { key: 'ArrowRight', [`${held === 'Control' ? 'ctrl' : held.toLowerCase()}Key`]: true, bubbles: true, cancelable: true };
      const ours = await along('Requests').evaluate((slider, init) => !slider.dispatchEvent(new KeyboardEvent('keydown', init)), init);
      expect(ours, `${held} and an arrow are the browser's`).toBe(false);
    }
    await expect(along('Requests')).toHaveAttribute('aria-valuenow', '0');
    await page.keyboard.press('ArrowRight');
    await expect(along('Requests')).toHaveAttribute('aria-valuenow', '1');
    const time = new Date(at[1] * 1_000).toISOString().slice(11, 19);
    await expect(along('Requests')).toHaveAttribute('aria-valuetext', new RegExp(`^${time}: answered `));
    await expect(along('Time to answer')).toHaveAttribute('aria-valuetext', new RegExp(`^${time}: p50 `));
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowRight');
    const last = await along('Requests').getAttribute('aria-valuemax');
    await expect(along('Requests')).toHaveAttribute('aria-valuenow', last!);
  });
});

test('a refusal by a limit is seen in its tier, and in no other', async ({ page, launch }) => {
  const server = await launch({ CAMPOTECH_RATE_STANDARD: '2/1h' });
  await history(server, 1);
  for (let n = 0; n < 5; n++) await server.ask('/api/docs', { from: 9 });
  await page.goto(`${server.url}/status`);
  const limits = chart(page, 'Refused by rate limits');
  const said = (tier: string) => limits.getByRole('term').filter({ hasText: tier }).locator('xpath=following-sibling::dd');
  await expect(said('standard')).toHaveText(/0 to [\d.]+ \/min$/, SEEN);
  await expect(said('auth')).toHaveText('0 /min now, always 0 /min');
});

test('an outage appears in the strip and in the changes, and so does its end', async ({ page, launch }) => {
  const billing = await Site.start((_, response) => response.end('fine'));
  const server = await launch({ CAMPOTECH_EXTERNAL_CHECKS: `billing=${billing.origin}/` });
  await page.goto(`${server.url}/status`);
  const changes = page.getByRole('table', { name: 'Changes of state' }).getByRole('row');
  const of = (name: string) => changes.filter({ has: page.getByRole('rowheader', { name, exact: true }) });
  const first = (name: string) => of(name).first().getByRole('cell');
  const strip = page.locator('#strips').getByRole('term').filter({ hasText: 'billing' }).locator('xpath=following-sibling::dd');
  const when = /^\d\d:\d\d:\d\d \d+ s ago$/;
  await expect(first('billing')).toHaveText([when, 'unknown', 'healthy', 'ok'], SEEN);

  await billing.stop();
  await expect(first('billing')).toHaveText([when, 'healthy', 'unhealthy', 'refused'], SEEN);
  await expect(first('campotech-server')).toHaveText([when, 'healthy', 'degraded', 'serving']);
  await expect(page.getByRole('status')).toHaveText(/^campotech-server is degraded, seen at \d\d:\d\d:\d\d\.$/);
  await expect(strip).toHaveText(/[\d.]+ % healthy, [\d.]+ % unhealthy/, SEEN);
  await expect(strip.locator('rect.unhealthy')).toHaveCount(1);

  await billing.again();
  await expect(first('billing')).toHaveText([when, 'unhealthy', 'healthy', 'ok'], SEEN);
  await expect(of('billing')).toHaveCount(3);
  await billing.stop();
});

test('connections to Redis are counted while they are up', async ({ page, launch }) => {
  const redis = await Redis.start();
  const server = await launch({ REDIS_URL: redis.url });
  await page.goto(`${server.url}/status`);
  const said = chart(page, 'Redis connections').getByRole('definition');
  await expect(said).toHaveText([/^3 now, /, /^3 now, /], SEEN);
  await redis.kill();
  await expect(said).toHaveText([/^0 now, 0 to 3$/, /^3 now, /], SEEN);
  await redis.stop();
});

test('a renewal keeps the place and the charts, and violates nothing', async ({ page, server }) => {
  const { at } = await history(server, 1);
  const noted = await watch(page);
  await page.goto('/status');
  const slider = chart(page, 'Requests').getByRole('slider');
  await slider.focus();
  await page.locator('#about').evaluate((about) => about.setAttribute('data-old', ''));
  await expect(page.locator('#about')).not.toHaveAttribute('data-old');
  await history(server, at.length + 2);
  await expect.poll(async () => Number(await slider.getAttribute('aria-valuemax'))).toBeGreaterThan(at.length - 1);
  await expect(slider).toBeFocused();
  expect(noted).toEqual({ violations: [], errors: [] });
});

test('a page that is held still asks once', async ({ page, server }) => {
  const { at } = await history(server, 1);
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto('/status?still');
  await expect(chart(page, 'Requests').getByRole('slider')).toBeVisible();
  const [before, last] = [[...asked], await chart(page, 'Requests').getByRole('slider').getAttribute('aria-valuemax')];
  await history(server, at.length + 3);
  expect(asked).toEqual(before);
  await expect(chart(page, 'Requests').getByRole('slider')).toHaveAttribute('aria-valuemax', last!);
});
