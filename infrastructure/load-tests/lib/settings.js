// What a run is told from outside; nothing else reads `__ENV`.

/** A fraction such as `1/20`, or a number. */
function fraction(text) {
  const [above, below = '1'] = text.split('/');
  const value = Number(above) / Number(below);
  if (!(value > 0)) throw new Error(`SCALE=${text} is no fraction, for example SCALE=1/20`);
  return value;
}

const mode = __ENV.MODE || 'closed';
if (mode !== 'closed' && mode !== 'open') throw new Error(`MODE=${mode} is neither closed nor open`);

export const settings = {
  base: __ENV.BASE || 'http://127.0.0.1:8080',
  mode,
  /** Of durations; rates and users stay as they are. */
  scale: fraction(__ENV.SCALE || '1'),
  /** Of users and rates, for a machine that is smaller than the one in the plan. */
  size: fraction(__ENV.SIZE || '1'),
  webhookSecret: __ENV.WHATSAPP_APP_SECRET || '',
  /** Of a delivery: versions that have to be seen, separated by commas. */
  versions: (__ENV.VERSIONS || '').split(',').filter((version) => version !== ''),
  /** Of a delivery: nothing but reads, which a load balancer may send again where a task died over them. */
  readsOnly: __ENV.READS_ONLY === 'true',
  /** Where the summary is written. */
  out: __ENV.OUT || '.',
};
