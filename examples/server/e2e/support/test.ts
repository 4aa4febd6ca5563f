// `test` with servers and foreign sites; a test that fails shows what its servers logged.
import { test as base } from '@playwright/test';
import { Server, type Variables } from './server';
import { Site } from './site';

interface PerTest {
  /** Starts a server for this test alone. */
  launch: (variables?: Variables) => Promise<Server>;
  logs: void;
}

interface PerWorker {
  /** Variables of `server`; spec files with the same ones may share it. */
  variables: Variables;
  server: Server;
  /** An origin that `listing` puts into CAMPOTECH_CORS_ORIGINS. */
  listed: Site;
  /** An origin that is in no list. */
  stranger: Site;
}

export const test = base.extend<PerTest, PerWorker>({
  variables: [{}, { scope: 'worker', option: true }],
  server: [
    async ({ variables }, use) => {
      const server = await Server.start(variables);
      await use(server);
      await server.stop();
    },
    { scope: 'worker' },
  ],
  listed: [site, { scope: 'worker' }],
  stranger: [site, { scope: 'worker' }],
  baseURL: async ({ server }, use) => use(server.url),
  launch: async ({}, use, info) => {
    const servers: Server[] = [];
    await use(async (variables) => {
      const server = await Server.start(variables);
      servers.push(server);
      return server;
    });
    if (info.status !== info.expectedStatus) servers.forEach(print);
    for (const server of servers) await server.stop();
  },
  logs: [
    async ({ server }, use, info) => {
      await use();
      if (info.status !== info.expectedStatus) print(server);
    },
    { auto: true },
  ],
});

/** `test` with a server that lets the origin `listed` in. */
export const listing = test.extend<{}, PerWorker>({
  variables: [
    async ({ listed }, use) => use({ CAMPOTECH_CORS_ORIGINS: listed.origin, CAMPOTECH_RATE_STANDARD: '1000/1m' }),
    { scope: 'worker' },
  ],
});

async function site({}, use: (site: Site) => Promise<void>): Promise<void> {
  const site = await Site.start();
  await use(site);
  await site.stop();
}

function print(server: Server): void {
  console.log(`--- the server at ${server.url}\n${server.log}---`);
}

export { expect } from '@playwright/test';
