// What stands in front of a server in production: ends TLS, says so to the server, and sends http to https.
import { createServer, request, type RequestListener, type Server as HttpServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Certificate, certificate } from './certificate';
import type { Server } from './server';

/** What a server has to be told to believe the edge. */
export const BEHIND = { CAMPOTECH_TRUSTED_PROXIES: '127.0.0.1/32' };

export class Edge {
  private constructor(
    readonly certificate: Certificate,
    private readonly servers: HttpServer[],
    readonly httpPort: number,
    readonly httpsPort: number,
    /** Method and path of what was asked over https, in order. */
    readonly asked: string[],
  ) {}

  /** In front of a server that was started with `BEHIND`. `edit` may change a page's text. */
  static async start(server: Server, edit: (text: string) => string = (text) => text): Promise<Edge> {
    const made = await certificate();
    const asked: string[] = [];
    const https = await listen(createTlsServer({ key: made.key, cert: made.cert }, forward(server, asked, edit)));
    const { port: httpsPort } = https.address() as AddressInfo;
    const http = await listen(
      createServer((incoming, outgoing) => {
        outgoing.writeHead(301, { location: `https://localhost:${httpsPort}${incoming.url}` }).end();
      }),
    );
    return new Edge(made, [https, http], (http.address() as AddressInfo).port, httpsPort, asked);
  }

  get origin(): string {
    return `https://localhost:${this.httpsPort}`;
  }

  async stop(): Promise<void> {
    for (const server of this.servers) {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    }
    await this.certificate.remove();
  }
}

function forward(server: Server, asked: string[], edit: (text: string) => string): RequestListener {
  return (incoming, outgoing) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    const from = incoming.socket.remoteAddress ?? '127.0.0.1';
    const headers = { ...incoming.headers, 'x-forwarded-for': from, 'x-forwarded-proto': 'https', connection: 'close' };
    const inner = request(server.url + incoming.url, { method: incoming.method, headers }, async (answer) => {
      const { connection, 'transfer-encoding': _, ...kept } = answer.headers;
      const parts: Buffer[] = [];
      for await (const part of answer) parts.push(part as Buffer);
      const whole = Buffer.concat(parts);
      const page = kept['content-type']?.startsWith('text/html');
      const body = page ? Buffer.from(edit(whole.toString('utf8'))) : whole;
      if (page) kept['content-length'] = String(body.length);
      outgoing.writeHead(answer.statusCode ?? 502, kept).end(body);
    });
    inner.once('error', () => outgoing.destroy());
    incoming.pipe(inner);
  };
}

function listen<S extends HttpServer>(server: S): Promise<S> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
