// What specs look for on a page.
import AxeBuilder from '@axe-core/playwright';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page, TestInfo } from '@playwright/test';

export interface Violation {
  directive: string;
  blocked: string;
}

/** axe's findings that keep somebody out, each with its elements. */
export async function barriers(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}

/** Notes every violation of a content security policy, and every error on the console. */
export async function watch(page: Page): Promise<{ violations: Violation[]; errors: string[] }> {
  const noted = { violations: [] as Violation[], errors: [] as string[] };
  await page.exposeFunction('noteViolation', (violation: Violation) => noted.violations.push(violation));
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const note = { directive: event.effectiveDirective, blocked: event.blockedURI };
      void (window as any).noteViolation(note);
    });
  });
  page.on('console', (message) => {
    if (message.type() === 'error') noted.errors.push(message.text());
  });
  page.on('pageerror', (error) => noted.errors.push(error.message));
  return noted;
}

/** Saves what the viewport shows, in the folder of E2E_SCREENSHOTS where that is set. */
export async function photograph(page: Page, info: TestInfo, name: string): Promise<string> {
  const folder = process.env.E2E_SCREENSHOTS;
  if (folder) mkdirSync(folder, { recursive: true });
  const path = folder ? join(folder, name) : info.outputPath(name);
  await page.screenshot({ path, animations: 'disabled' });
  return path;
}
