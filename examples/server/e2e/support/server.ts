// A server of the tests' own: free port, empty data directory, ended with the tests.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answer, type Ask, ask } from './ask';
import { Child } from './process';
import { until } from './wait';

export type Variables = Record<string, string>;

const START = 20_000;
const DEFAULTS: Variables = {
  CAMPOTECH_LISTEN: '127.0.0.1:0',
  CAMPOTECH_DRAIN_DELAY: '100ms',
  CAMPOTECH_DRAIN_DEADLINE: '5s',
};

export class Server {
  private constructor(
    private readonly child: Child,
    private readonly dataDir: string,
    /** Without a slash at the end. */
    readonly url: string,
  ) {}

  /** Starts one and waits until it is ready. */
  static async start(variables: Variables = {}): Promise<Server> {
    const dataDir = await mkdtemp(join(tmpdir(), 'campotech-e2e-'));
    const child = new Child(program(), [], { ...DEFAULTS, CAMPOTECH_DATA_DIR: dataDir, ...variables });
    try {
      const url = await until('the banner', START, () => {
        if (!child.running) throw new Error('the server ended at its start');
        return /^ *API +(http:\/\/[^/\s]+)\//m.exec(child.output)?.[1];
      });
      await until('/ready', START, async () => ((await ask(`${url}/ready`)).status === 200 ? true : undefined));
      return new Server(child, dataDir, url);
    } catch (error) {
      await child.stop(0);
      await rm(dataDir, { recursive: true, force: true });
      throw new Error(`${error}\n${child.output}`);
    }
  }

  /** What it printed and logged. */
  get log(): string {
    return this.child.output;
  }

  ask(path: string, how?: Ask): Promise<Answer> {
    return ask(this.url + path, how);
  }

  /** A field-service company's life for so long, as `demo` sends it. */
  async demo(seconds: number): Promise<void> {
    const args = ['demo', '--url', this.url, '--seconds', String(seconds)];
    const demo = new Child(program(), args, { CAMPOTECH_DATA_DIR: this.dataDir });
    const end = await demo.ended;
    if (end !== 0) throw new Error(`demo ended with ${end}\n${demo.output}`);
  }

  /** The value of a series in `/metrics`. */
  async metric(series: string): Promise<number | undefined> {
    const { text } = await this.ask('/metrics');
    const line = text.split('\n').find((line) => line.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length));
  }

  /** A secret that the server made for itself at its first start. */
  async secret(name: string): Promise<string> {
    const text = await readFile(join(this.dataDir, 'dev-secrets'), 'utf8');
    const value = new RegExp(`^${name}=(.+)$`, 'm').exec(text)?.[1];
    if (!value) throw new Error(`no ${name} in dev-secrets`);
    return value;
  }

  /** SIGTERM. */
  terminate(): void {
    this.child.signal('SIGTERM');
  }

  /** It runs no more, and its connections stay open. */
  freeze(): void {
    this.child.signal('SIGSTOP');
  }

  thaw(): void {
    this.child.signal('SIGCONT');
  }

  /** The exit code. */
  get ended(): Promise<number | string> {
    return this.child.ended;
  }

  /** Ends it; one that doesn't end well by itself is an error. */
  async stop(): Promise<void> {
    const end = await this.child.stop();
    await rm(this.dataDir, { recursive: true, force: true });
    if (end !== 0) throw new Error(`the server ended with ${end}\n${this.log}`);
  }
}

function program(): string {
  const path = process.env.CAMPOTECH_SERVER;
  if (!path) throw new Error('CAMPOTECH_SERVER names no program: set it to the path of campotech-server');
  return path;
}
