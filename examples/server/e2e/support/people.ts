// People who use the API, each from an address of their own.
import { randomUUID } from 'node:crypto';
import type { Server } from './server';

export const PASSWORD = 'una llave larga y verde';
export const PHONE = '011 15 2345-6789';

let last = 20;

export interface Person {
  token: string;
  /** The last number of the address: 127.0.0.`from`. */
  from: number;
}

/** Somebody new, logged in. */
export async function somebody(server: Server): Promise<Person> {
  const from = ++last;
  const email = `${randomUUID()}@example.com`;
  const body = { email, password: PASSWORD, name: 'Lucía' };
  const registered = await server.ask('/api/v1/auth/register', { method: 'POST', from, body });
  if (registered.status !== 201) throw new Error(`register: ${registered.status} ${registered.text}`);
  const login = { email, password: PASSWORD };
  const answer = await server.ask('/api/v1/auth/login', { method: 'POST', from, body: login });
  if (answer.status !== 200) throw new Error(`login: ${answer.status} ${answer.text}`);
  return { token: answer.json.token, from };
}

/** A new job of this person, as the API shows it. */
export async function newJob(server: Server, { token, from }: Person, title: string): Promise<any> {
  const body = { title, customer_phone: PHONE, priority: 'normal' };
  const answer = await server.ask('/api/v1/jobs', { method: 'POST', from, token, body });
  if (answer.status !== 201) throw new Error(`create: ${answer.status} ${answer.text}`);
  return answer.json;
}

/** Moves a job along. */
export async function move(server: Server, { token, from }: Person, id: string, status: string): Promise<any> {
  const answer = await server.ask(`/api/v1/jobs/${id}`, { method: 'PATCH', from, token, body: { status } });
  if (answer.status !== 200) throw new Error(`${status}: ${answer.status} ${answer.text}`);
  return answer.json;
}
