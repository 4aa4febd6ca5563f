// How far it goes: up to 500 users, 20 minutes.

import { options as optionsOf, setup as setUp, summary } from '../lib/run.js';

const STAGES = [
  ['2m', 100],
  ['3m', 100],
  ['2m', 300],
  ['3m', 300],
  ['2m', 500],
  ['5m', 500],
  ['3m', 0],
];

export const options = optionsOf('stress-test', STAGES);
export const setup = () => setUp(STAGES);
export { visit } from '../lib/visits.js';
export const handleSummary = summary;
