// Two hours of the same, to see what grows.

import { options as optionsOf, setup as setUp, summary } from '../lib/run.js';

const STAGES = [
  ['5m', 80],
  ['1h50m', 80],
  ['5m', 0],
];

export const options = optionsOf('soak-test', STAGES);
export const setup = () => setUp(STAGES);
export { visit } from '../lib/visits.js';
export const handleSummary = summary;
