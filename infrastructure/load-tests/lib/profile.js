// The shape of a run: stages of [duration, users at their end], as users who think (closed) or as arrivals (open).
//
// A closed profile slows down with the server, and so hides what people outside would feel; its open twin sends at the
// rate that the same users have on a server that answers at once, whatever the server does.

import { settings } from './settings.js';

/** Seconds that a user thinks after each visit; between half of it and one and a half. */
export const THINKS = 2;

const UNITS = { s: 1, m: 60, h: 3600 };

/** `1m30s` in seconds. */
export function seconds(text) {
  const parts = [...text.matchAll(/(\d+)([smh])/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit], 0);
}

/** The most users at once. */
function most(stages) {
  return Math.max(...stages.map(([, users]) => users));
}

function sized(users) {
  return Math.ceil(users * settings.size);
}

/** Milliseconds, so that a small scale does not round a stage away. */
function scaled(text) {
  return `${Math.round(seconds(text) * 1000 * settings.scale)}ms`;
}

/** How many visits the profile comes to, where each answer comes at once. */
export function visits(stages) {
  let [sum, before] = [0, 0];
  for (const [duration, users] of stages) {
    sum += ((sized(before) + sized(users)) / 2) * seconds(duration) * settings.scale;
    before = users;
  }
  return sum / THINKS;
}

/** How many users have an address of their own. */
export function population(stages) {
  return sized(most(stages));
}

/** The scenario in k6's terms. */
export function scenario(stages) {
  const shape = stages.map(([duration, users]) => [scaled(duration), sized(users)]);
  const common = { exec: 'visit', gracefulStop: '0s' };
  if (settings.mode === 'closed') {
    return {
      ...common,
      executor: 'ramping-vus',
      startVUs: 0,
      gracefulRampDown: '0s',
      stages: shape.map(([duration, target]) => ({ duration, target })),
    };
  }
  const peak = population(stages);
  return {
    ...common,
    executor: 'ramping-arrival-rate',
    startRate: 0,
    timeUnit: `${THINKS}s`,
    // As many as the closed twin has: where these are all waiting, arrivals are dropped, and that fails the run.
    preAllocatedVUs: peak,
    maxVUs: peak,
    stages: shape.map(([duration, target]) => ({ duration, target })),
  };
}
