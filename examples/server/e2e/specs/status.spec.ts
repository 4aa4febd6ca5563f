// The status page: read by anybody, with or without scripts, by day and by night.
import { statSync } from 'node:fs';
import { barriers, holdStill, photograph } from '../support/page';
import { newJob, somebody } from '../support/people';
import { expect, test } from '../support/test';

const SCHEMES = ['light', 'dark'] as const;

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the facts can be read', async ({ page }) => {
    await page.goto('/status');
    await expect(page).toHaveTitle('campotech-server is healthy');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('campotech-server healthy');
    for (const fact of ['requests in flight', 'WebSockets', 'jobs created', 'voice messages']) {
      const value = page.locator('dt', { hasText: fact }).locator('xpath=following-sibling::dd');
      await expect(value, fact).toHaveText(/^\d+$/);
    }
    const store = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'store' }) });
    await expect(store.getByRole('cell')).toHaveText([/^healthy$/, /^ok$/, /^critical$/, /^\d+\.\d ms$/, /^\d+ s ago$/]);
  });

  test('the page loads again by itself and shows what is new', async ({ page, server }) => {
    const created = page.locator('dt', { hasText: 'jobs created' }).locator('xpath=following-sibling::dd');
    await page.goto('/status');
    const before = Number(await created.textContent());
    await newJob(server, await somebody(server), 'Caldera sin agua caliente');
    await expect(created).toHaveText(String(before + 1));
  });
});

test('landmarks, headings and names tell the way', async ({ page }) => {
  await holdStill(page, '/status');
  await page.goto('/status');
  await expect(page.locator('html')).toHaveAttribute('lang', 'en');
  await expect(page.getByRole('main')).toHaveCount(1);
  await expect(page.getByRole('heading')).toHaveText([/^campotech-server/, 'Now', 'Components']);
  await expect(page.getByRole('columnheader')).toHaveText(['Component', 'State', 'Reason', 'Matters', 'Latency', 'Checked']);
  await expect(page.getByRole('table')).toMatchAriaSnapshot(`
    - table:
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

    test('nobody is kept out', async ({ page }) => {
      await holdStill(page, '/status');
      await page.goto('/status');
      expect(await barriers(page)).toEqual([]);
    });

    test('it looks the part', async ({ page }, info) => {
      await holdStill(page, '/status');
      await page.goto('/status');
      const ok = { light: 'rgb(19, 122, 62)', dark: 'rgb(111, 215, 151)' }[colorScheme];
      await expect(page.getByRole('heading', { level: 1 }).locator('.healthy')).toHaveCSS('color', ok);
      const photo = await photograph(page, info, `status-${colorScheme}.png`);
      expect(statSync(photo).size).toBeGreaterThan(5_000);
    });
  });
}

test('it can be held still, and let go again', async ({ page }) => {
  const again = async (path: string) => (await page.request.get(path)).headers()['refresh'];
  expect(await again('/status')).toBe('5');
  expect(await again('/status?still')).toBeUndefined();
  await page.goto('/status');
  await page.getByRole('link', { name: 'Hold it still' }).click();
  await expect(page).toHaveURL(/\/status\?still$/);
  await page.getByRole('link', { name: 'Load again every five seconds' }).click();
  await expect(page).toHaveURL(/\/status$/);
});
