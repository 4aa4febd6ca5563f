// A working day: 100 users, 19 minutes.

import { options as optionsOf, setup as setUp, summary } from '../lib/run.js';

const STAGES = [
  ['2m', 50],
  ['5m', 50],
  ['2m', 100],
  ['8m', 100],
  ['2m', 0],
];

export const options = optionsOf('api-baseline', STAGES);
export const setup = () => setUp(STAGES);
export { visit } from '../lib/visits.js';
export const handleSummary = summary;
