// The same data in each run: everything is made from the number of the visit.

/** mulberry32: small, and even enough to spread visits over kinds. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** One of `[weight, value]`, as often as its weight says. */
export function weighted(draw, choices) {
  const sum = choices.reduce((all, [weight]) => all + weight, 0);
  let left = draw * sum;
  for (const [weight, value] of choices) {
    left -= weight;
    if (left < 0) return value;
  }
  return choices[choices.length - 1][1];
}

/** A mobile in Buenos Aires. */
export function phone(draw) {
  return `+54911${Math.floor(20000000 + draw() * 50000000)}`;
}

/** A CUIT with its check digit (AFIP, modulo 11). */
export function cuit(draw) {
  const weights = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
  for (;;) {
    const body = `20${String(Math.floor(10000000 + draw() * 89999999))}`;
    const sum = weights.reduce((all, weight, i) => all + weight * Number(body[i]), 0);
    const check = (11 - (sum % 11)) % 11;
    if (check !== 10) return `${body.slice(0, 2)}-${body.slice(2)}-${check}`;
  }
}
