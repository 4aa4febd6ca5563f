// People who work while one version takes over from another, and screens that stay open: nothing may fail.
//
// Not for `cargo xtask load`: it belongs to the deliveries of `cargo xtask delivery`, which end it.

import http from 'k6/http';
import { check } from 'k6';
import exec from 'k6/execution';
import { Counter } from 'k6/metrics';
import { stay } from '../lib/events.js';
import { address, ask } from '../lib/http.js';
import { random, weighted } from '../lib/random.js';
import { settings } from '../lib/settings.js';
import { credentials, logIn } from '../lib/users.js';
import { createJob } from '../lib/visits.js';

export { summary as handleSummary } from '../lib/run.js';

const ACCOUNTS = 4;
const SCREENS = 3;
/** Addresses that no visitor has. */
const FIRST_SCREEN = 0xfc0000;
const duration = '10m';

/** Of answers in which a version says its name. */
const versions = new Counter('versions');

const visits = { exec: 'visit', executor: 'constant-arrival-rate', rate: 40 * settings.size, timeUnit: '1s', duration, preAllocatedVUs: 80, maxVUs: 80 };
const screens = { exec: 'screen', executor: 'constant-vus', vus: SCREENS, duration };

export const options = {
  scenarios: settings.readsOnly ? { visits } : { visits, screens },
  thresholds: {
    http_req_failed: ['rate==0'],
    checks: ['rate==1'],
    dropped_iterations: ['count==0'],
    quota_refusals: ['count==0'],
    ...Object.fromEntries(settings.versions.map((version) => [`versions{version:${version}}`, ['count>0']])),
  },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max', 'count'],
  discardResponseBodies: true,
  setupTimeout: '120s',
};

export function setup() {
  const run = Date.now().toString(36);
  return { run, tokens: logIn(run, ACCOUNTS) };
}

const jobs = (who) => ask('jobs.list', 'GET', '/api/v1/jobs?limit=20', { ...who, expected: 200 });

/** A server that drains answers 503 here, as probes want it, and says its version all the same; nobody else may. */
function version({ user, headers }) {
  const answer = http.get(`${settings.base}/health`, {
    headers: { 'x-forwarded-for': address(user), ...headers },
    tags: { ep: 'health', name: 'health' },
    responseCallback: http.expectedStatuses(200, 503),
    responseType: 'text',
  });
  const json = (answer.headers['Content-Type'] || '').startsWith('application/json');
  const name = json ? answer.json('version') : undefined;
  check(answer, { 'health is 503 only while draining': () => answer.status === 200 || (json && answer.json('phase') === 'draining') });
  if (check(name, { 'health says a version': (said) => said !== undefined })) versions.add(1, { version: name });
}

const READS = [[60, jobs], [40, version]];

const ALL = [
  [40, jobs],
  [25, version],
  [15, (who, draw, number) => {
    const id = createJob(who, draw, number);
    if (id) ask('jobs.get', 'GET', `/api/v1/jobs/${id}`, { ...who, expected: 200 });
  }],
  [15, (who, draw, number) => {
    const id = createJob(who, draw, number);
    const body = JSON.stringify({ status: 'assigned' });
    if (id) ask('jobs.assign', 'PATCH', `/api/v1/jobs/${id}`, { ...who, body, expected: 200 });
  }],
  [5, (who, draw, number, run) => {
    const body = JSON.stringify(credentials(run, number % ACCOUNTS));
    ask('login', 'POST', '/api/v1/auth/login', { user: who.user, headers: who.headers, body, expected: 200 });
  }],
];

/** One visit, from an address of its own; every other one on connections of its own. */
export function visit({ run, tokens }) {
  // A refusal by quota is a failure here.
  http.setResponseCallback(http.expectedStatuses({ min: 200, max: 299 }));
  const number = exec.scenario.iterationInTest;
  const draw = random(number);
  const headers = number % 2 === 0 ? {} : { connection: 'close' };
  const who = { user: number, token: tokens[number % ACCOUNTS], headers };
  weighted(draw(), settings.readsOnly ? READS : ALL)(who, draw, number, run);
}

/** A screen that is opened again when the server it was at goes away. */
export function screen({ tokens }) {
  stay(FIRST_SCREEN + exec.vu.idInTest, tokens[exec.vu.idInTest % ACCOUNTS]);
}
