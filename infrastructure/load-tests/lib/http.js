// Requests as the service's own clients send them.

import http from 'k6/http';
import { check } from 'k6';
import { Counter } from 'k6/metrics';
import { settings } from './settings.js';

/** Refusals by a quota, of anybody; they are no failures. */
export const refusals = new Counter('quota_refusals');

http.setResponseCallback(http.expectedStatuses({ min: 200, max: 299 }, 429));

/** Addresses of the user with this number; the server trusts the proxy that says so. */
export function address(user) {
  return `10.${(user >> 16) & 255}.${(user >> 8) & 255}.${user & 255}`;
}

/** Sends, and checks that the answer is `expected` or a refusal by quota. */
export function ask(ep, method, path, { user, token, body, headers = {}, expected }) {
  const params = {
    headers: { 'x-forwarded-for': address(user), ...headers },
    tags: { ep, name: ep },
    responseType: 'text',
  };
  if (token) params.headers.authorization = `Bearer ${token}`;
  if (body !== undefined) params.headers['content-type'] = 'application/json';
  const answer = http.request(method, settings.base + path, body === undefined ? null : body, params);
  if (answer.status === 429) {
    refusals.add(1, { ep });
    return undefined;
  }
  const good = check(answer, { [`${ep} answers ${expected}`]: ({ status }) => status === expected }, { ep });
  return good ? answer : undefined;
}
