// The content security policy: pages keep to it, and what is smuggled into them does not run.
import type { Page } from '@playwright/test';
import { watch } from '../support/page';
import type { Site } from '../support/site';
import { smuggle } from '../support/smuggler';
import { expect, test } from '../support/test';

const INLINE = '<script>window.inline = true</script>';
const HANDLER = '<img alt="" src="data:," onerror="window.handler = true">';
const foreign = (site: Site) => `<script src="${site.origin}/foreign.js"></script>`;

/** Which of the three ran. */
const ran = (page: Page) =>
  page.evaluate(() => ['inline', 'handler', 'foreign'].filter((name) => (window as any)[name] === true));

for (const path of ['/status', '/api/docs']) {
  test.describe(path, () => {
    test('nothing violates the policy', async ({ page }) => {
      const noted = await watch(page);
      await page.goto(path, { waitUntil: 'networkidle' });
      const width = await page.evaluate(() => getComputedStyle(document.body).maxWidth);
      expect(width, 'the style is let through by its nonce').toMatch(/^\d+px$/);
      expect(noted).toEqual({ violations: [], errors: [] });
    });

    test('smuggled scripts are blocked and reported', async ({ page, server, stranger }) => {
      const noted = await watch(page);
      const before = stranger.asked.length;
      const site = await smuggle(server, path, INLINE + HANDLER + foreign(stranger));
      await page.goto(site.origin + path);
      await expect.poll(() => noted.violations).toHaveLength(3);
      expect(noted.violations).toEqual(
        expect.arrayContaining([
          { directive: 'script-src-elem', blocked: 'inline' },
          { directive: 'script-src-attr', blocked: 'inline' },
          { directive: 'script-src-elem', blocked: `${stranger.origin}/foreign.js` },
        ]),
      );
      expect(noted.errors.filter((text) => text.includes('Content Security Policy'))).toHaveLength(3);
      expect(await ran(page)).toEqual([]);
      expect(stranger.asked.slice(before), 'it was not even fetched').toEqual([]);
      await site.stop();
    });

    test('text becomes neither HTML nor code', async ({ page }) => {
      await page.goto(path);
      const refused = await page.evaluate(() => {
        const sinks: Record<string, () => void> = {
          innerHTML: () => (document.body.innerHTML = '<b>text</b>'),
          insertAdjacentHTML: () => document.body.insertAdjacentHTML('beforeend', '<b>text</b>'),
          eval: () => (0, eval)('window.code = true'),
          Function: () => new Function('window.code = true')(),
          src: () => (document.createElement('script').src = 'data:,'),
        };
        const refuses = (name: string) => {
          try {
            sinks[name]();
            return false;
          } catch {
            return true;
          }
        };
        // Later: what a test evaluates may itself evaluate, whatever the policy says.
        return new Promise<string[]>((told) => setTimeout(() => told(Object.keys(sinks).filter(refuses))));
      });
      expect(refused).toEqual(['innerHTML', 'insertAdjacentHTML', 'eval', 'Function', 'src']);
      expect(await page.evaluate(() => 'code' in window)).toBe(false);
    });

    test('without the policy they would run', async ({ page, server, stranger }) => {
      const site = await smuggle(server, path, INLINE + HANDLER + foreign(stranger), ['content-security-policy']);
      await page.goto(site.origin + path);
      await expect.poll(() => ran(page)).toEqual(['inline', 'handler', 'foreign']);
      await site.stop();
    });

    test('a smuggled style, frame and form are blocked too', async ({ page, server, stranger }) => {
      const noted = await watch(page);
      const before = stranger.asked.length;
      const form = `<form action="${stranger.origin}/form"><button>Go</button></form>`;
      const frame = `<iframe title="Frame" src="${stranger.origin}/frame"></iframe>`;
      const site = await smuggle(server, path, `<style>h1 { color: red }</style>${frame}${form}`);
      await page.goto(site.origin + path);
      await expect(page.getByRole('heading', { level: 1 })).not.toHaveCSS('color', 'rgb(255, 0, 0)');
      await page.getByRole('button', { name: 'Go' }).click({ noWaitAfter: true });
      await expect
        .poll(() => noted.violations.map(({ directive }) => directive).sort())
        .toEqual(['form-action', 'frame-src', 'style-src-elem']);
      expect(stranger.asked.slice(before)).toEqual([]);
      await site.stop();
    });

    test('every answer has a nonce of its own, and no cache keeps it', async ({ server }) => {
      const nonces = new Set<string>();
      for (let i = 0; i < 3; i++) {
        const { headers, text } = await server.ask(path);
        const nonce = /'nonce-([\w-]{22})'/.exec(String(headers['content-security-policy']))?.[1];
        expect(text).toContain(`<style nonce="${nonce}">`);
        expect(headers['cache-control']).toBe('no-store');
        nonces.add(nonce!);
      }
      expect(nonces.size).toBe(3);
    });
  });
}
