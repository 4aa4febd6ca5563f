// Job events, as a page's script hears them.
import type { Page } from '@playwright/test';
import type { Server } from './server';

export interface Heard {
  opened: boolean;
  protocol?: string;
  events: any[];
  closed?: { code: number; clean: boolean };
}

/** Opens a WebSocket in the page; `heard` then says what came of it. */
export async function listen(page: Page, server: Server, token: string): Promise<void> {
  const url = `${server.url.replace('http', 'ws')}/api/v1/events`;
  await page.evaluate(
    ({ url, token }) => {
      const heard: Heard = { opened: false, events: [] };
      const socket = new WebSocket(url, ['bearer', token]);
      socket.onopen = () => {
        heard.opened = true;
        heard.protocol = socket.protocol;
      };
      socket.onmessage = ({ data }) => heard.events.push(JSON.parse(data));
      socket.onclose = ({ code, wasClean }) => (heard.closed = { code, clean: wasClean });
      Object.assign(window, { heard });
    },
    { url, token },
  );
}

export const heard = (page: Page): Promise<Heard> => page.evaluate(() => (window as any).heard);
