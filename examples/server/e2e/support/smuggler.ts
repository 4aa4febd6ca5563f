// A server's page with something smuggled into its text, as it were stored there; its headers stay as they are.
import type { Server } from './server';
import { Site } from './site';

/** Serves the page once, then 204, which leaves a browser that loads again where it is. */
export async function smuggle(server: Server, path: string, markup: string, without: string[] = []): Promise<Site> {
  let served = false;
  return Site.start(async (request, response) => {
    if (served || request.url !== path) {
      response.writeHead(204).end();
      return;
    }
    served = true;
    const { status, headers, text } = await server.ask(path);
    for (const name of ['connection', 'content-length', 'date', 'transfer-encoding', ...without]) delete headers[name];
    response.writeHead(status, headers).end(text.replace('</h1>', `</h1>${markup}`));
  });
}
