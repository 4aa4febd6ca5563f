// The status page: read by anybody, with or without scripts, by day and by night.
import { statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { history } from '../support/charts';
import { barriers, photograph } from '../support/page';
import { newJob, somebody } from '../support/people';
import { Redis } from '../support/redis';
import { Site } from '../support/site';
import { expect, test } from '../support/test';

const SCHEMES = ['light', 'dark'] as const;

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the facts can be read', async ({ page }) => {
    await page.goto('/status');
    await expect(page).toHaveTitle('campotech-server is healthy');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('campotech-server healthy');
    const facts = ['requests in flight', 'WebSockets', 'jobs created', 'voice messages', 'queue: jobs', 'queue: voice', 'dead letters'];
    for (const fact of facts) {
      const value = page.locator('#now dt', { hasText: fact }).locator('xpath=following-sibling::dd');
      await expect(value, fact).toHaveText(/^\d+$/);
    }
    const store = page.getByRole('table', { name: 'Components' }).getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'store' }) });
    await expect(store.getByRole('cell')).toHaveText([/^healthy$/, /^ok$/, /^critical$/, /^\d+\.\d ms$/, /^\d+ s ago$/]);
  });

  test('the page loads again by itself and shows what is new', async ({ page, server }) => {
    const created = page.locator('#now dt', { hasText: 'jobs created' }).locator('xpath=following-sibling::dd');
    await page.goto('/status');
    const before = Number(await created.textContent());
    await newJob(server, await somebody(server), 'Caldera sin agua caliente');
    await expect(created).toHaveText(String(before + 1));
  });
});

test('landmarks, headings and names tell the way', async ({ page }) => {
  await page.goto('/status?still');
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await expect(page.getByRole('main')).toHaveCount(1);
  const headings = [/^campotech-server/, 'Now', 'The last hour', 'Components', 'Changes of state'];
  await expect(page.getByRole('heading')).toHaveText(headings);
  await expect(page.getByRole('columnheader')).toHaveText([
    ...['Component', 'State', 'Reason', 'Matters', 'Latency', 'Checked'],
    ...['When', 'What', 'From', 'To', 'Reason'],
  ]);
  await expect(page.getByRole('table', { name: 'Components' })).toMatchAriaSnapshot(`
    - table "Components":
      - rowgroup:
        - row "Component State Reason Matters Latency Checked"
      - rowgroup:
        - row /^queue/:
          - rowheader "queue"
        - row /^store/:
          - rowheader "store"
  `);
});

for (const colorScheme of SCHEMES) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test('nobody is kept out', async ({ page, server }) => {
      await history(server, 1);
      await page.goto('/status?still');
      await expect(page.getByRole('slider').first()).toBeVisible();
      expect(await barriers(page)).toEqual([]);
    });

    test('nothing is wider than a telephone', async ({ page, server }) => {
      await history(server, 1);
      await page.setViewportSize({ width: 375, height: 667 });
      await page.goto('/status?still');
      await expect(page.getByRole('slider').first()).toBeVisible();
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(375);
      expect(await barriers(page)).toEqual([]);
    });
  });
}

test('it looks the part, by day and by night', async ({ page, launch }, info) => {
  // The pictures of the documentation show some minutes of work, with an outage in the middle.
  const third = process.env.E2E_SCREENSHOTS ? 70 : 5;
  test.setTimeout(3 * third * 1_000 + 60_000);
  const redis = await Redis.start();
  const billing = await Site.start((_, response) => response.end('fine'));
  const server = await launch({ CAMPOTECH_EXTERNAL_CHECKS: `billing=${billing.origin}/`, REDIS_URL: redis.url });
  const demo = server.demo(3 * third);
  await pause(third * 1_000);
  await billing.stop();
  await pause(third * 1_000);
  await billing.again();
  await pause(third * 1_000 - 3_000);

  await page.goto(`${server.url}/status?still`);
  await expect(page.getByRole('slider').first()).toBeVisible();
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width: 1280, height });
  const ok = { light: 'rgb(19, 122, 62)', dark: 'rgb(111, 215, 151)' };
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme });
    const healthy = page.getByRole('table', { name: 'Components' }).locator('.healthy').first();
    await expect(healthy).toHaveCSS('color', ok[colorScheme]);
    const photo = await photograph(page, info, `status-${colorScheme}.png`);
    expect(statSync(photo).size).toBeGreaterThan(5_000);
  }
  await demo;
  await redis.stop();
  await billing.stop();
});

test('what moves stands still for whoever wants less motion', async ({ page }) => {
  const moving = () => page.evaluate(() => document.getAnimations().length);
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await page.goto('/status');
  expect(await moving()).toBe(1);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  expect(await moving()).toBe(0);
});

test('it can be held still, and let go again', async ({ page }) => {
  const again = async (path: string) => (await (await page.request.get(path)).text()).match(/http-equiv="refresh" content="(\d+)"/)?.[1];
  expect(await again('/status')).toBe('5');
  expect(await again('/status?still')).toBeUndefined();
  await page.goto('/status');
  await page.getByRole('link', { name: 'Hold it still' }).click();
  await expect(page).toHaveURL(/\/status\?still$/);
  await page.getByRole('link', { name: 'Keep it fresh' }).click();
  await expect(page).toHaveURL(/\/status$/);
});
