// A flash crowd: eight times as many users within ten seconds, and back.

import { options as optionsOf, setup as setUp, summary } from '../lib/run.js';

const STAGES = [
  ['1m', 50],
  ['1m', 50],
  ['10s', 400],
  ['3m', 400],
  ['10s', 50],
  ['2m', 50],
  ['40s', 0],
];

export const options = optionsOf('spike-test', STAGES);
export const setup = () => setUp(STAGES);
export { visit } from '../lib/visits.js';
export const handleSummary = summary;
