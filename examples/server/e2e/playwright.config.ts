// One Chromium, the one on PATH; at most two servers at work at once.
import { availableParallelism } from 'node:os';
import { defineConfig } from '@playwright/test';
import { onPath } from './support/path';

export default defineConfig({
  testDir: 'specs',
  outputDir: 'test-results',
  workers: Math.min(2, availableParallelism()),
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['junit', { outputFile: 'test-results/junit.xml' }]],
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 800 },
    launchOptions: {
      executablePath: onPath('chromium'),
      args: [
        '--no-sandbox',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-quic',
        '--no-first-run',
      ],
    },
  },
});
