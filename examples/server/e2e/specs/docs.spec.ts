// The documentation page: the whole contract, without a script.
import { statSync } from 'node:fs';
import { barriers, photograph } from '../support/page';
import { expect, test } from '../support/test';

test('every operation of the OpenAPI document is listed, and no other', async ({ page, request }) => {
  const document = await (await request.get('/api/openapi.json')).json();
  const operations = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(operations.length).toBeGreaterThan(10);

  await page.goto('/api/docs');
  await expect(page).toHaveTitle(document.info.title);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(document.info.title);
  const headings = page.getByRole('heading', { level: 3 }).filter({ has: page.locator('.method') });
  const listed = await headings.evaluateAll((all) =>
    all.map((heading) => [...heading.children].map((part) => part.textContent).join(' ')),
  );
  expect(listed.sort()).toEqual(operations.sort());
});

test('schemas are a click away', async ({ page, request }) => {
  const document = await (await request.get('/api/openapi.json')).json();
  await page.goto('/api/docs');
  for (const name of Object.keys(document.components.schemas)) {
    await expect(page.locator(`section[id="${name}"]`), name).toHaveCount(1);
  }
  const links = await page.locator('a[href^="#"]').evaluateAll((all) => all.map((link) => link.getAttribute('href')!));
  expect(links.length).toBeGreaterThan(5);
  const dead = await page.evaluate((links) => links.filter((link) => !document.getElementById(link.slice(1))), links);
  expect(dead).toEqual([]);

  await page.getByRole('link', { name: 'OpenAPI document' }).click();
  await expect(page).toHaveURL('/api/openapi.json');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test.describe(colorScheme, () => {
    test.use({ colorScheme });

    test('nobody is kept out', async ({ page }) => {
      await page.goto('/api/docs');
      await expect(page.getByRole('main')).toHaveCount(1);
      expect(await barriers(page)).toEqual([]);
    });

    test('it looks the part', async ({ page }, info) => {
      await page.goto('/api/docs');
      await expect(page.getByRole('heading', { level: 1 })).toBeInViewport();
      const scrolls = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      expect(scrolls, 'nothing is wider than the window').toBe(false);
      const photo = await photograph(page, info, `docs-${colorScheme}.png`);
      expect(statSync(photo).size).toBeGreaterThan(5_000);
    });
  });
}
