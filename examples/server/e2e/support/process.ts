// A child process with its output, that never outlives the tests.
import { type ChildProcess, spawn } from 'node:child_process';

export class Child {
  readonly ended: Promise<number | string>;
  private said = '';
  private readonly process: ChildProcess;
  private readonly last = () => this.process.kill('SIGKILL');

  constructor(program: string, args: string[], environment: Record<string, string>) {
    this.process = spawn(program, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.said += text));
    }
    process.once('exit', this.last);
    this.ended = new Promise((resolve) => {
      const end = (how: number | string) => {
        process.off('exit', this.last);
        resolve(how);
      };
      this.process.once('error', (error) => end(error.message));
      this.process.once('close', (code, signal) => end(code ?? signal ?? 'gone'));
    });
  }

  /** What it wrote so far, on both streams. */
  get output(): string {
    return this.said;
  }

  get running(): boolean {
    return this.process.pid !== undefined && this.process.exitCode === null && this.process.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** SIGTERM and, after the deadline, SIGKILL. */
  async stop(deadline = 10_000): Promise<number | string> {
    if (this.running) this.signal('SIGTERM');
    const late = setTimeout(() => this.signal('SIGKILL'), deadline);
    try {
      return await this.ended;
    } finally {
      clearTimeout(late);
    }
  }
}
