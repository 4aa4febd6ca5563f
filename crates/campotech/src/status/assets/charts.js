// Draws the last hour, and keeps the page fresh unless it is held still. Without it the page loads itself again.
(() => {
  const still = new URLSearchParams(location.search).has('still');
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const room = document.getElementById('charts');
  const drawn = new Map();

  const colours = () => (dark.matches ? ['#7cb8ff', '#f0b849'] : ['#1d5fb4', '#9a6200']);
  const ink = () => (dark.matches ? '#9ca3af' : '#6b7280');
  const number = (value) => (value == null ? '–' : value >= 100 ? value.toFixed(0) : value.toFixed(1));

  /** What a chart says, for those who don't see it. */
  function words({ title, unit, lines }) {
    const each = lines.map(({ name, values }) => {
      const known = values.filter((value) => value != null);
      if (known.length === 0) return `${name}: nothing yet`;
      const most = Math.max(...known);
      return `${name}: ${number(known[known.length - 1])} ${unit} now, ${number(most)} ${unit} at most`;
    });
    return `${title} in the last hour. ${each.join('; ')}.`;
  }

  function options(chart, width) {
    const axis = { stroke: ink(), grid: { stroke: '#8883', width: 1 }, ticks: { stroke: '#8883', width: 1 } };
    return {
      width,
      height: 150,
      legend: { show: true, live: true },
      scales: { y: { range: (_, low, high) => [0, high > 0 ? high * 1.1 : 1] } },
      axes: [axis, { ...axis, size: 56, values: (_, ticks) => ticks.map((tick) => `${tick}${chart.unit && ` ${chart.unit}`}`) }],
      series: [{}, ...chart.lines.map(({ name }, i) => ({ label: name, stroke: colours()[i], width: 1.5, value: (_, value) => number(value) }))],
    };
  }

  function draw({ at, charts }) {
    for (const chart of charts) {
      let figure = drawn.get(chart.title);
      if (!figure) {
        const element = document.createElement('figure');
        const caption = document.createElement('figcaption');
        caption.textContent = chart.title;
        const canvas = document.createElement('div');
        canvas.setAttribute('role', 'img');
        element.append(caption, canvas);
        room.append(element);
        figure = { canvas, plot: new uPlot(options(chart, canvas.clientWidth || 320), [], canvas), of: chart };
        drawn.set(chart.title, figure);
      }
      figure.plot.setData([at, ...chart.lines.map(({ values }) => values)]);
      figure.canvas.setAttribute('aria-label', words(chart));
    }
  }

  /** The parts that the server renders, from a fresh page. */
  async function renew() {
    const text = await (await fetch(location.href, { cache: 'no-store' })).text();
    const fresh = new DOMParser().parseFromString(text, 'text/html');
    document.title = fresh.title;
    for (const id of ['state', 'now', 'components', 'changes']) {
      const [here, there] = [document.getElementById(id), fresh.getElementById(id)];
      if (here && there) here.replaceWith(there);
    }
  }

  async function go() {
    try {
      draw(await (await fetch('status/history.json', { cache: 'no-store' })).json());
    } catch {
      // A server that is away is shown by what the page says last, and asked again.
    }
  }

  function again() {
    for (const { plot } of drawn.values()) plot.destroy();
    drawn.clear();
    room.replaceChildren();
    void go();
  }

  dark.addEventListener('change', again);
  addEventListener('resize', () => {
    for (const { canvas, plot } of drawn.values()) plot.setSize({ width: canvas.clientWidth, height: 150 });
  });
  void go();
  if (!still) {
    setInterval(async () => {
      await renew().catch(() => {});
      await go();
    }, 5000);
  }
})();
