// Between a browser and a server: hands on what the server answers, or something else.
import type { Answer } from './ask';
import type { Server } from './server';
import { Site } from './site';

export class Middleman {
  /** Answers nothing. */
  hangs = false;
  /** Requests without an answer at this moment, and at most. */
  open = 0;
  most = 0;
  /** Says what is answered instead. */
  edit: (answer: Answer, path: string) => string = ({ text }) => text;

  private constructor(public server: Server) {}

  static async start(server: Server): Promise<Middleman & { site: Site }> {
    const middleman = new Middleman(server);
    const site = await Site.start(async (request, response) => {
      const path = request.url ?? '/';
      middleman.most = Math.max(middleman.most, ++middleman.open);
      response.once('close', () => middleman.open--);
      if (middleman.hangs) return;
      const answer = await middleman.server.ask(path, { from: 40 });
      const { status, headers } = answer;
      for (const name of ['connection', 'content-length', 'date', 'transfer-encoding']) delete headers[name];
      response.writeHead(status, headers).end(middleman.edit(answer, path));
    });
    return Object.assign(middleman, { site });
  }
}
