// A Redis of the tests' own.
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onPath } from './path';
import { Child } from './process';
import { Site } from './site';
import { until } from './wait';

export class Redis {
  private constructor(
    private child: Child,
    private readonly dir: string,
    readonly port: number,
  ) {}

  static async start(): Promise<Redis> {
    const dir = await mkdtemp(join(tmpdir(), 'campotech-e2e-redis-'));
    // A port that was free a moment ago.
    const site = await Site.start();
    await site.stop();
    return new Redis(await spawn(dir, site.port), dir, site.port);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async kill(): Promise<void> {
    this.child.signal('SIGKILL');
    await this.child.ended;
  }

  /** Starts it again on the same port. */
  async again(): Promise<void> {
    this.child = await spawn(this.dir, this.port);
  }

  async stop(): Promise<void> {
    await this.child.stop();
    await rm(this.dir, { recursive: true, force: true });
  }
}

async function spawn(dir: string, port: number): Promise<Child> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', '', '--appendonly', 'no'];
  const child = new Child(onPath('redis-server'), args, {});
  await until('redis-server', 10_000, () => {
    if (!child.running) throw new Error(`redis-server ended:\n${child.output}`);
    return answers(port);
  });
  return child;
}

function answers(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    const end = (pong: boolean) => {
      socket.destroy();
      resolve(pong || undefined);
    };
    socket.once('data', (data) => end(data.toString().startsWith('+PONG')));
    socket.once('error', () => end(false));
  });
}
