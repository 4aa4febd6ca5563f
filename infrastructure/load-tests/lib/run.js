// What every scenario has: options from its stages, accounts before it, a summary after it.

import { settings } from './settings.js';
import { population, scenario } from './profile.js';
import { thresholds } from './thresholds.js';
import { logIn } from './users.js';

export function options(name, stages) {
  return {
    scenarios: { [name]: scenario(stages) },
    thresholds: thresholds(stages),
    summaryTrendStats: ['avg', 'min', 'med', 'max', 'p(50)', 'p(90)', 'p(95)', 'p(99)', 'count'],
    discardResponseBodies: true,
    setupTimeout: '120s',
    tags: { testid: `${name}-${settings.mode}` },
  };
}

export function setup(stages) {
  const run = Date.now().toString(36);
  return { run, tokens: logIn(run), users: population(stages) };
}

/** All figures as JSON; what is said on the terminal is up to whoever reads them. */
export function summary(data) {
  return { [`${settings.out}/summary.json`]: JSON.stringify(data, null, 2) };
}
