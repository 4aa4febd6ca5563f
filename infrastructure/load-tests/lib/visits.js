// What people do: one visit is one thing that a technician, an office or a customer wants.

import http from 'k6/http';
import exec from 'k6/execution';
import { sleep } from 'k6';
import { Counter } from 'k6/metrics';
import { settings } from './settings.js';
import { THINKS } from './profile.js';
import { address, ask } from './http.js';
import { cuit, phone, random, weighted } from './random.js';
import { callBack } from './whatsapp.js';
import { watch } from './events.js';

const greedyRefusals = new Counter('greedy_refusals');

/** Beyond the addresses of users. */
const GREEDY = 0xfd0000;
const GREEDY_VISIT = 20;

const job = (draw, number) => JSON.stringify({
  title: `Visita ${number}`,
  description: 'Pérdida en la cocina',
  customer_phone: phone(draw),
  priority: weighted(draw(), [[6, 'normal'], [2, 'high'], [1, 'low'], [1, 'urgent']]),
});

export function createJob(who, draw, number) {
  const made = ask('jobs.create', 'POST', '/api/v1/jobs', { ...who, body: job(draw, number), expected: 201 });
  return made && made.json('id');
}

const KINDS = [
  [34, (who) => ask('jobs.list', 'GET', '/api/v1/jobs?limit=20', { ...who, expected: 200 })],
  [16, (who, draw, number) => createJob(who, draw, number)],
  [14, (who, draw, number) => {
    const id = createJob(who, draw, number);
    if (id) ask('jobs.get', 'GET', `/api/v1/jobs/${id}`, { ...who, expected: 200 });
  }],
  [10, (who, draw, number) => {
    const id = createJob(who, draw, number);
    const body = JSON.stringify({ status: 'assigned' });
    if (id) ask('jobs.assign', 'PATCH', `/api/v1/jobs/${id}`, { ...who, body, expected: 200 });
  }],
  [10, (who) => ask('customers.list', 'GET', '/api/v1/customers?limit=20', { ...who, expected: 200 })],
  [5, (who, draw, number, run) => {
    const customer = { name: `Cliente ${number}`, email: `cliente-${run}-${number}@example.com`, phone: phone(draw), cuit: cuit(draw) };
    ask('customers.create', 'POST', '/api/v1/customers', { ...who, body: JSON.stringify(customer), expected: 201 });
  }],
  [8, (who, draw, number, run) => callBack(number, run, phone(draw), draw() < 0.3)],
  [3, (who) => watch(who.user, who.token, 1000)],
];

/** One visit of one of the users; a closed profile's user thinks afterwards. */
export function visit({ run, tokens, users }) {
  const number = exec.scenario.iterationInTest;
  const user = settings.mode === 'closed' ? exec.vu.idInTest : number % users;
  const draw = random(number);
  const who = { user, token: tokens[user % tokens.length] };
  if (number === GREEDY_VISIT) greed(who.token);
  weighted(draw(), KINDS)(who, draw, number, run);
  if (settings.mode === 'closed') sleep(THINKS * (0.5 + draw()));
}

/** More than a hundred requests at once from one address, so that refusals are there, and counted apart. */
function greed(token) {
  const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': address(GREEDY) };
  const tags = { ep: 'greedy', name: 'greedy' };
  for (let i = 0; i < 130; i++) {
    const answer = http.get(`${settings.base}/api/v1/jobs?limit=1`, { headers, tags });
    if (answer.status === 429) greedyRefusals.add(1);
  }
}
