// When a run has failed.

import { settings } from './settings.js';
import { visits } from './profile.js';

/** A run that is lost is ended; what a start costs is not held against it. */
const lost = (threshold) => ({ threshold, abortOnFail: true, delayAbortEval: '10s' });

export function thresholds(stages) {
  const limits = {
    http_req_duration: ['p(50)<100', 'p(95)<500', lost('p(95)<2000')],
    http_req_failed: ['rate<0.001', lost('rate<0.05')],
    // A visit that throws is a failure of the script, which k6 alone would call a success.
    checks: ['rate>0.999'],
    iterations: [`count>${Math.floor(visits(stages) * 0.8)}`],
    greedy_refusals: ['count>0'],
    websocket_sessions: ['rate>0.99'],
  };
  if (settings.mode === 'open') limits.dropped_iterations = ['count==0'];
  for (const endpoint of ENDPOINTS) {
    limits[`http_req_duration{ep:${endpoint}}`] = ['p(95)<500'];
    limits[`http_reqs{ep:${endpoint}}`] = ['count>0'];
  }
  return limits;
}

/** Names of requests, never with an id in them; those of `login` hash a password. */
export const ENDPOINTS = ['jobs.list', 'jobs.create', 'jobs.get', 'jobs.assign', 'customers.list', 'customers.create', 'whatsapp'];
