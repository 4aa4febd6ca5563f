// A WebSocket client that answers a goodbye only when it is told to, as a browser on a slow line does.
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Server } from './server';
import { until } from './wait';

const CLOSE = 0x88;
/** A close frame with 1001, masked with zeros. */
const ANSWER = Buffer.from([CLOSE, 0x82, 0, 0, 0, 0, 0x03, 0xe9]);

export class SlowListener {
  private over = false;

  private constructor(
    private readonly socket: Socket,
    private said: Buffer,
  ) {
    socket.on('data', (data) => (this.said = Buffer.concat([this.said, data])));
    for (const end of ['end', 'error', 'close']) socket.once(end, () => (this.over = true));
  }

  static connect(server: Server, token: string): Promise<SlowListener> {
    return new Promise((resolve, reject) => {
      const headers = {
        connection: 'upgrade',
        upgrade: 'websocket',
        authorization: `Bearer ${token}`,
        'sec-websocket-version': '13',
        'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
      };
      const asked = request(`${server.url}/api/v1/events`, { headers });
      asked.once('upgrade', (_, socket, head) => resolve(new SlowListener(socket, head)));
      asked.once('response', ({ statusCode }) => reject(new Error(`no WebSocket, but ${statusCode}`)));
      asked.once('error', reject);
      asked.end();
    });
  }

  /** The code of the goodbye, once it comes. */
  goodbye(): Promise<number> {
    return until('a close frame', 10_000, () => {
      const at = this.said.indexOf(CLOSE);
      return at < 0 || this.said.length < at + 4 ? undefined : this.said.readUInt16BE(at + 2);
    });
  }

  answer(): void {
    this.socket.write(ANSWER);
  }

  /** Whether the connection is over now or within `time`. */
  async overWithin(time: number): Promise<boolean> {
    const end = Date.now() + time;
    while (!this.over && Date.now() < end) await pause(10);
    return this.over;
  }
}
