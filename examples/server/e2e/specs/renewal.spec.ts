// How the status page renews itself: what it does when the server hangs, is gone, is another one, or comes back.
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from '@playwright/test';
import { chart, history } from '../support/charts';
import { Middleman } from '../support/middleman';
import { expect, test } from '../support/test';

/** An interval, the time that an answer may take, and some more. */
const SEEN = { timeout: 25_000 };
const SILENT = /^No answer since \d\d:\d\d:\d\d: what follows is of then\.$/;
const news = (page: Page) => page.getByRole('status');

test('a server that hangs is told of, and that it answers again', async ({ page, launch }) => {
  const server = await launch();
  await page.goto(`${server.url}/status`);
  await expect(news(page)).toHaveText('');
  server.freeze();
  await expect(news(page)).toHaveText(SILENT, SEEN);
  server.thaw();
  await expect(news(page)).not.toHaveText(SILENT, SEEN);
});

test('a server that is gone is told of once', async ({ page, launch }) => {
  const server = await launch();
  await page.goto(`${server.url}/status`);
  await expect(news(page)).toHaveText('');
  await news(page).evaluate((news) => {
    const said = ((window as any).said = [] as string[]);
    new MutationObserver(() => said.push(news.textContent ?? '')).observe(news, { childList: true });
  });
  server.terminate();
  await expect(news(page)).toHaveText(SILENT, SEEN);
  await pause(11_000);
  expect(await page.evaluate(() => (window as any).said)).toHaveLength(1);
});

test('one renewal at a time', async ({ page, server }) => {
  const middleman = await Middleman.start(server);
  await page.goto(`${middleman.site.origin}/status`, { waitUntil: 'networkidle' });
  middleman.hangs = true;
  await expect.poll(() => middleman.open).toBe(1);
  middleman.most = 1;
  for (let i = 0; i < 20; i++) await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await pause(1_000);
  expect(middleman.most).toBe(1);
  await middleman.site.stop();
});

test('another page leaves this one as it is, until it is back', async ({ page, server }) => {
  const middleman = await Middleman.start(server);
  await page.goto(`${middleman.site.origin}/status`);
  const title = await page.title();
  middleman.edit = ({ text }, path) => (path === '/status' ? '<!doctype html><title>Sign in</title><h1>Sign in</h1>' : text);
  await expect(news(page)).toHaveText(SILENT, SEEN);
  await expect(page).toHaveTitle(title);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('campotech-server');
  middleman.edit = ({ text }) => text;
  await expect(news(page)).toHaveText('', SEEN);
  await page.locator('#about').evaluate((about) => about.setAttribute('data-old', ''));
  await expect(page.locator('#about')).not.toHaveAttribute('data-old', SEEN);
  await middleman.site.stop();
});

test('what changed while there was no answer is said, and charts of then are gone', async ({ page, server, launch }) => {
  await history(server, 1);
  const middleman = await Middleman.start(server);
  await page.goto(`${middleman.site.origin}/status`);
  await expect(chart(page, 'Requests').getByRole('slider')).toBeVisible();
  await expect(chart(page, 'dead letters')).toHaveCount(1);
  middleman.edit = () => '';
  await expect(news(page)).toHaveText(SILENT, SEEN);
  // As a process that began anew, without one of the facts.
  middleman.server = await launch({ CAMPOTECH_EXTERNAL_CHECKS: 'billing=http://127.0.0.1:1/' });
  const without = (text: string) => text.replace(/<figure data-chart="dead letters">.*?<\/figure>/s, '');
  middleman.edit = ({ text }, path) => (path === '/status' ? without(text) : text);
  await expect(news(page)).toHaveText(/^campotech-server is (degraded|unknown), seen at \d\d:\d\d:\d\d\.$/, SEEN);
  await expect(chart(page, 'dead letters')).toHaveCount(0);
  await expect(chart(page, 'Requests').getByRole('slider')).toBeVisible(SEEN);
  await expect(page.locator('#charts > p')).toHaveCount(0);
  await middleman.site.stop();
});

test('a page of another version comes with its own script', async ({ page, server }) => {
  const middleman = await Middleman.start(server);
  await page.goto(`${middleman.site.origin}/status`);
  await page.evaluate(() => ((window as any).old = true));
  middleman.edit = ({ text }) => text.replace(/charts\.js\?v=\w+/, 'charts.js?v=next');
  // Asked in the moment of the change, a page has no answer.
  const old = () => page.evaluate(() => (window as any).old).catch(() => true);
  await expect.poll(old, SEEN).toBeUndefined();
  await expect(page.locator('#script')).toHaveAttribute('src', 'status/charts.js?v=next');
  await middleman.site.stop();
});

test('what nobody saw is a gap in the lines, and as wide as its time in the strips', async ({ page, launch }) => {
  const server = await launch();
  await history(server, 2);
  server.freeze();
  await pause(20_000);
  server.thaw();
  const { at, charts } = await history(server, 7);
  for (const { title, lines } of charts.filter(({ title }) => title !== 'Time to answer')) {
    for (const { name, values } of lines) {
      const missing = values.flatMap((value, i) => (value === null ? [i] : []));
      expect(missing.length, `${title}: ${name}`).toBeGreaterThanOrEqual(3);
      expect(missing, 'in one piece').toEqual(missing.map((_, i) => missing[0] + i));
    }
  }
  expect(Math.max(...at.slice(1).map((time, i) => time - at[i]))).toBeLessThan(10);
  await page.goto(`${server.url}/status?still`);
  const strip = page.locator('#strips').getByRole('term').filter({ hasText: 'campotech-server' }).locator('xpath=following-sibling::dd');
  await expect(strip).toHaveText(/% healthy, [\d.]+ % unknown$/);
  const widths = await strip.locator('rect.unknown').evaluateAll((rects) => rects.map((rect) => Number(rect.getAttribute('width'))));
  expect(Math.max(...widths)).toBeGreaterThanOrEqual(3);
});
