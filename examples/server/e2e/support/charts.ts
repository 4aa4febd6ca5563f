// The charts of the status page: what they are drawn from, and what was drawn.
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from '@playwright/test';
import type { Server } from './server';
import { until } from './wait';

export interface History {
  at: number[];
  charts: { title: string; unit: string; lines: { name: string; values: (number | null)[] }[] }[];
}

/** Those that every service has. */
export const TITLES = ['Requests', 'Server errors', 'Time to answer', 'At work', 'Waiting in queues', 'Refused by rate limits'];

/** The history, as soon as it has so many points: one every five seconds. */
export function history(server: Server, points: number): Promise<History> {
  return until(`${points} points`, points * 5_000 + 10_000, async () => {
    const { json } = await server.ask('/status/history.json');
    return json.at.length >= points ? json : undefined;
  });
}

/** Asks now and then until there are so many points more. */
export async function busy(server: Server, points: number): Promise<History> {
  const { at } = await history(server, 1);
  return until(`${points} points`, points * 5_000 + 10_000, async () => {
    await server.ask('/api/openapi.json', { from: 30 });
    await pause(400);
    const { json } = await server.ask('/status/history.json');
    return json.at.at(-1) > at.at(-1)! + points * 5 - 2 ? json : undefined;
  });
}

/** A chart, by what it is called. */
export const chart = (page: Page, title: string) => page.getByRole('figure', { name: title });

/** How many pixels of a chart have a colour, such as `rgb(29, 95, 180)`. */
export function pixels(page: Page, title: string, colour: string): Promise<number> {
  return chart(page, title)
    .locator('canvas')
    .evaluate((canvas: HTMLCanvasElement, colour) => {
      const [red, green, blue] = colour.match(/\d+/g)!.map(Number);
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      let found = 0;
      for (let i = 0; i < data.length; i += 4) {
        if (data[i] === red && data[i + 1] === green && data[i + 2] === blue && data[i + 3] === 255) found++;
      }
      return found;
    }, colour);
}
