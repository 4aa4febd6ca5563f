// Draws the last hour above its words, and keeps the page fresh unless it is held still. Without it the page loads itself again.
(() => {
  const EVERY = 5000;
  const DASHES = [[], [6, 4], [2, 3], [10, 3, 2, 3]];
  const COUNTS = [1, 2, 5].flatMap((n) => [0, 1, 2, 3, 4, 5, 6].map((power) => n * 10 ** power)).sort((a, b) => a - b);
  const RENEWED = ['icon', 'state', 'about', 'now', 'strips', 'components', 'changes'];
  const script = document.currentScript.getAttribute('src');
  const still = 'still' in document.documentElement.dataset;
  const news = document.getElementById('news');
  const room = document.getElementById('charts');
  /** Plots by the title of their chart. */
  const plots = new Map();
  let heard = Date.now();
  let running = false;
  let unheard = false;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
  /** The time of day in UTC, as everywhere on the page. */
  const clock = (seconds) => new Date(seconds * 1000).toISOString().slice(11, 19);
  const number = (value) => (value == null ? 'none' : String(Number(value.toFixed(value >= 100 ? 0 : value >= 1 ? 1 : 2))));
  const said = (value, unit) => `${number(value)}${unit && value != null ? ` ${unit}` : ''}`;

  /** Of a time no more than its bucket tells: what is said up to the one end and from the other. */
  const told = (value, { unit, ends: [[least, below], [most, beyond]] = [[], []] }) =>
    value != null && value <= least ? below : value >= most ? beyond : said(value, unit);

  const size = ({ clientWidth, clientHeight }) => ({ width: clientWidth, height: clientHeight });

  function options(chart, element, moved) {
    const axis = {
      stroke: () => colour('--dim'),
      font: '11px system-ui, sans-serif',
      grid: { stroke: () => colour('--grid'), width: 1 },
      ticks: { show: false },
    };
    const lines = chart.lines.map(({ name }, i) => ({
      label: name,
      stroke: () => colour(`--l${i % DASHES.length}`),
      dash: DASHES[i % DASHES.length],
      width: 2,
    }));
    // What is counted has no halves.
    const [least, incrs] = chart.unit ? [1, undefined] : [2, COUNTS];
    if (lines.length === 1) lines[0].fill = () => `${colour('--l0')}22`;
    return {
      ...size(element),
      padding: [8, 8, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, sync: { key: 'status' } },
      scales: { y: { range: (_, low, high) => [0, Math.max(high * 1.1, least)] } },
      axes: [
        { ...axis, size: 24, space: 70, values: (_, ticks) => ticks.map((at) => clock(at).slice(0, at % 60 === 0 ? 5 : 8)) },
        { ...axis, size: 56, space: 32, ...(incrs && { incrs }), values: (_, ticks) => ticks.map((tick) => said(tick, chart.unit)) },
      ],
      series: [{}, ...lines],
      hooks: { setCursor: [moved] },
    };
  }

  /** A plot that a pointer reads, and the arrow keys: a slider along the time. */
  function plot(figure, chart) {
    const element = document.createElement('div');
    const output = document.createElement('output');
    element.className = 'plot';
    element.tabIndex = 0;
    element.setAttribute('role', 'slider');
    element.setAttribute('aria-label', `${chart.title}, along the last hour`);
    figure.querySelector('figcaption').after(element);
    figure.querySelector('figcaption').append(output);
    // It repeats what the slider says.
    output.setAttribute('aria-hidden', 'true');

    const moved = (plot) => {
      const last = plot.data[0].length - 1;
      const at = Math.min(plot.cursor.idx ?? last, last);
      const values = chart.lines.map(({ name }, i) => `${name} ${told(plot.data[i + 1][at], chart)}`);
      const text = `${clock(plot.data[0][at])}: ${values.join(', ')}`;
      output.textContent = plot.cursor.idx == null ? '' : chart.lines.length < 3 ? text : clock(plot.data[0][at]);
      element.setAttribute('aria-valuemin', '0');
      element.setAttribute('aria-valuemax', String(last));
      element.setAttribute('aria-valuenow', String(at));
      element.setAttribute('aria-valuetext', text);
    };
    const drawn = new uPlot(options(chart, element, moved), [[], ...chart.lines.map(() => [])], element);
    const move = (to) => {
      const left = drawn.valToPos(drawn.data[0][to], 'x');
      // Told to the hooks, and to the other plots.
      drawn.setCursor({ left, top: 0 }, true, true);
    };
    element.addEventListener('keydown', (event) => {
      const last = drawn.data[0].length - 1;
      const at = drawn.cursor.idx ?? last;
      const steps = { ArrowLeft: at - 1, ArrowDown: at - 1, ArrowRight: at + 1, ArrowUp: at + 1, PageDown: at - 12, PageUp: at + 12, Home: 0, End: last };
      if (event.altKey || event.ctrlKey || event.metaKey || !(event.key in steps)) return;
      event.preventDefault();
      move(Math.min(last, Math.max(0, steps[event.key])));
    });
    element.addEventListener('blur', () => drawn.setCursor({ left: -10, top: -10 }, true, true));
    const sized = new ResizeObserver(() => drawn.setSize(size(element)));
    sized.observe(element);
    return { element, output, drawn, moved, sized, names: names(chart) };
  }

  const names = (chart) => chart.lines.map(({ name }) => name).join();

  function draw({ at, charts }) {
    if (at.length === 0) return;
    for (const chart of charts) {
      const figure = [...room.children].find(({ dataset }) => dataset.chart === chart.title);
      if (!figure) continue;
      let known = plots.get(chart.title);
      if (known && known.names !== names(chart)) {
        remove(known);
        known = undefined;
      }
      if (!known) {
        known = plot(figure, chart);
        plots.set(chart.title, known);
      }
      known.drawn.setData([at, ...chart.lines.map(({ values }) => values)]);
      known.moved(known.drawn);
    }
  }

  function remove({ element, output, drawn, sized }) {
    sized.disconnect();
    drawn.destroy();
    element.remove();
    output.remove();
  }

  /** What the server renders, from a fresh page; plots stay where they are. */
  function renew(fresh) {
    const state = document.getElementById('state').textContent;
    for (const id of RENEWED) document.getElementById(id).replaceWith(fresh.getElementById(id));
    figures(fresh.getElementById('charts'));
    document.title = fresh.title;
    // Said aloud where it is listened to, and only when it is news.
    if (document.getElementById('state').textContent !== state) say(`${fresh.title}, seen at ${clock(Date.now() / 1000)}.`);
  }

  function figures(fresh) {
    const titles = [...fresh.children].map(({ dataset }) => dataset.chart);
    for (const gone of [...room.children].filter(({ dataset }) => !titles.includes(dataset.chart))) {
      const known = plots.get(gone.dataset.chart);
      if (known) remove(known);
      plots.delete(gone.dataset.chart);
      gone.remove();
    }
    let before;
    for (const child of [...fresh.children]) {
      let here = [...room.children].find(({ dataset }) => dataset.chart === child.dataset.chart);
      if (here?.dataset.chart) here.querySelector('dl').replaceWith(child.querySelector('dl'));
      else if (here) here.replaceWith((here = child));
      else if (before) before.after((here = child));
      else room.prepend((here = child));
      before = here;
    }
  }

  const say = (text) => {
    // What is assigned is read out again, even where it is the same.
    if (news.textContent !== text) news.textContent = text;
  };

  // The page's policy asks for Trusted Types. What is parsed is the page itself, escaped by the server, and runs no script.
  const trusted = window.trustedTypes?.createPolicy('status', { createHTML: (text) => text });

  /** Without its style, whose nonce is not the one of this page. */
  function parse(text) {
    const bare = text.replace(/<style.*?<\/style>/s, '');
    return new DOMParser().parseFromString(trusted?.createHTML(bare) ?? bare, 'text/html');
  }

  async function get(url, signal) {
    const answer = await fetch(url, { cache: 'no-store', signal });
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    return answer;
  }

  /** The page as it is now; what is not one, such as a form to sign in, is an error. */
  async function page(signal) {
    const fresh = parse(await (await get(location.href, signal)).text());
    if (![...RENEWED, 'charts', 'script'].every((id) => fresh.getElementById(id))) throw new Error('another page');
    return fresh;
  }

  /** All is there before anything is touched. */
  async function go(whole) {
    // One at a time, so that no answer overtakes another.
    if (running) return;
    running = true;
    try {
      const signal = AbortSignal.timeout(2 * EVERY);
      const fresh = whole && (await page(signal));
      // Another version of the page comes with another script.
      if (fresh && fresh.getElementById('script').getAttribute('src') !== script) return location.reload();
      const hour = await (await get('status/history.json', signal)).json();
      if (!Array.isArray(hour.at) || !Array.isArray(hour.charts)) throw new Error('another history');
      if (unheard) say('');
      unheard = false;
      if (fresh) renew(fresh);
      draw(hour);
      heard = Date.now();
    } catch {
      unheard = true;
      say(`No answer since ${clock(heard / 1000)}: what follows is of then.`);
    } finally {
      running = false;
    }
  }

  async function again() {
    // Nobody looks: what is shown is fetched when somebody does.
    if (!document.hidden) await go(true);
    setTimeout(again, EVERY);
  }

  const redraw = () => plots.forEach(({ drawn }) => drawn.redraw());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  if (!still) {
    setTimeout(again, EVERY);
    document.addEventListener('visibilitychange', () => void (document.hidden || go(true)));
  }
  void go(false);
})();
