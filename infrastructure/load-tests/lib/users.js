// Accounts, made once before a run and shared by its users: hashing passwords is what a login is for, not a load test.

import http from 'k6/http';
import { fail, sleep } from 'k6';
import { settings } from './settings.js';
import { address } from './http.js';

const ACCOUNTS = 20;
const PASSWORD = 'una frase larga y propia';

/** Addresses that no user of a run has, since the quota for logins is ten in a quarter of an hour. */
const FIRST_ADDRESS = 0xff0000;

function post(path, user, body) {
  const headers = { 'content-type': 'application/json', 'x-forwarded-for': address(FIRST_ADDRESS + user) };
  return http.post(settings.base + path, JSON.stringify(body), { headers, tags: { ep: 'login', name: 'login' }, responseType: 'text' });
}

/** What this account logs in with. */
export function credentials(run, account) {
  return { email: `carga-${run}-${account}@example.com`, password: PASSWORD };
}

/** Waits until the server is ready, and returns a token for each account. */
export function logIn(run, accounts = ACCOUNTS) {
  for (let tries = 0; http.get(`${settings.base}/ready`, { tags: { ep: 'ready', name: 'ready' } }).status !== 200; tries++) {
    if (tries === 30) fail('the server is not ready');
    sleep(1);
  }
  const tokens = [];
  for (let user = 0; user < accounts; user++) {
    const who = credentials(run, user);
    const made = post('/api/v1/auth/register', user, { ...who, name: `Carga ${user}` });
    if (made.status !== 201) fail(`register answered ${made.status}`);
    const known = post('/api/v1/auth/login', user, who);
    if (known.status !== 200) fail(`login answered ${known.status}`);
    tokens.push(known.json('token'));
  }
  return tokens;
}
