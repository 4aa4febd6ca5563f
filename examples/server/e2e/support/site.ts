// Another origin: an HTTP server of the tests' own on a port of its own.
import { createServer, type RequestListener, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const PAGE = '<!doctype html><html lang="en"><title>Another site</title><h1>Another site</h1></html>';

export class Site {
  private constructor(
    private server: HttpServer,
    private readonly listener: RequestListener,
    readonly port: number,
    /** The paths that were asked for, in order. */
    readonly asked: string[],
  ) {}

  /** Serves an empty page, or what `listener` says. */
  static async start(listener: RequestListener = page): Promise<Site> {
    const asked: string[] = [];
    const noting: RequestListener = (request, response) => {
      asked.push(request.url ?? '');
      listener(request, response);
    };
    const server = await listen(noting, 0);
    return new Site(server, noting, (server.address() as AddressInfo).port, asked);
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Closes the port and every connection. */
  async stop(): Promise<void> {
    if (!this.server.listening) return;
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  /** Opens the same port again. */
  async again(): Promise<void> {
    this.server = await listen(this.listener, this.port);
  }
}

const page: RequestListener = (request, response) => {
  const script = request.url?.endsWith('.js');
  response.setHeader('content-type', script ? 'text/javascript' : 'text/html; charset=utf-8');
  response.end(script ? 'window.foreign = true' : PAGE);
};

function listen(listener: RequestListener, port: number): Promise<HttpServer> {
  return new Promise((resolve, reject) => {
    const server = createServer(listener);
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
