// One HTTP request from an address of the loopback network, so that each user has a quota of their own.
import { type IncomingHttpHeaders, request } from 'node:http';

export interface Ask {
  method?: string;
  from?: number;
  token?: string;
  headers?: Record<string, string>;
  /** Sent as it is, where it is text; else as JSON. */
  body?: unknown;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  json: any;
}

export function ask(url: string, { method = 'GET', from = 1, token, headers = {}, body }: Ask = {}): Promise<Answer> {
  const sent: Record<string, string> = { connection: 'close', ...headers };
  if (token !== undefined) sent.authorization = `Bearer ${token}`;
  const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  if (payload !== undefined) {
    sent['content-type'] ??= 'application/json';
    sent['content-length'] = String(Buffer.byteLength(payload));
  }
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers: sent, localAddress: `127.0.0.${from}`, timeout: 15_000 });
    asked.once('timeout', () => asked.destroy(new Error(`${method} ${url}: no answer`)));
    asked.once('error', reject);
    asked.once('response', async (answer) => {
      const parts: Buffer[] = [];
      for await (const part of answer) parts.push(part as Buffer);
      const text = Buffer.concat(parts).toString('utf8');
      const json = /json/.test(answer.headers['content-type'] ?? '') ? JSON.parse(text) : undefined;
      resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, json });
    });
    asked.end(payload);
  });
}
