// What every page of a tool needs: sign-in, requests, the live feed, elements, charts, themes. Text of others becomes
// text nodes only: nothing here makes markup out of a string.
'use strict';
const gyre = (() => {
  const POINTS = 900;
  let csrf = '';

  // ---- elements

  /** el('td', {class: 'num', onclick: f, 'data-x': 1}, 'text', child) */
  function el(tag, properties, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties || {})) {
      if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
      else if (value === true) made.setAttribute(name, '');
      else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
    }
    made.append(...children.filter(each => each !== null && each !== undefined).map(each => each instanceof Node ? each : String(each)));
    return made;
  }

  const byId = id => document.getElementById(id);

  /** Changes the text only where it differs, so that a selection stays. */
  function setText(node, text) {
    if (node.textContent !== String(text)) node.textContent = text;
  }

  /** Replaces the children, unless what they are made of is as it was; the focus stays on the same key. */
  function render(host, source, make) {
    const key = JSON.stringify(source);
    if (host.dataset.source === key) return;
    host.dataset.source = key;
    const focused = host.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
    host.replaceChildren(...make());
    if (focused !== undefined) {
      const again = [...host.querySelectorAll('[data-key]')].find(each => each.dataset.key === focused);
      if (again) again.focus();
    }
  }

  function toast(text, kind) {
    let host = byId('toasts');
    if (!host) {
      host = el('div', {id: 'toasts', role: 'status', 'aria-live': 'polite'});
      document.body.append(host);
    }
    const note = el('div', {class: 'note ' + (kind || '')}, text);
    const open = document.querySelector('dialog[open] .inside');
    (open || host).append(note); // what is open is above all else
    setTimeout(() => note.remove(), kind === 'critical' ? 8000 : 3500);
  }

  /** A button that asks once more before it does what can't be undone. */
  function sureButton(text, question, action) {
    const button = el('button', {type: 'button', class: 'danger'}, text);
    let timer = 0;
    const calm = () => { button.classList.remove('sure'); button.textContent = text; };
    button.addEventListener('click', () => {
      clearTimeout(timer);
      if (button.classList.contains('sure')) { calm(); action(button); return; }
      button.classList.add('sure');
      button.textContent = question;
      timer = setTimeout(calm, 4000);
    });
    return button;
  }

  // ---- words

  const numbers = new Intl.NumberFormat('en', {maximumFractionDigits: 0});
  const number = value => Math.abs(value) >= 100000 ? new Intl.NumberFormat('en', {notation: 'compact', maximumFractionDigits: 1}).format(value) : numbers.format(value);
  const decimal = value => value === null || value === undefined ? '–' : value >= 100 ? number(value) : value.toFixed(value >= 10 ? 1 : 2).replace(/\.?0+$/, '');

  /** Of milliseconds: three digits and a unit. */
  function millis(value) {
    if (value === null || value === undefined) return '–';
    if (value >= 120000) return duration(value / 1000);
    return value >= 1000 ? decimal(value / 1000) + ' s' : decimal(value) + ' ms';
  }

  function duration(seconds) {
    if (seconds < 0) return 'in ' + duration(-seconds);
    if (seconds < 1) return '0 s';
    if (seconds < 120) return Math.round(seconds) + ' s';
    if (seconds < 7200) return Math.round(seconds / 60) + ' min';
    if (seconds < 172800) return Math.round(seconds / 3600) + ' h';
    return Math.round(seconds / 86400) + ' d';
  }

  /** JSON with line breaks. Its text is not parsed: a parser would round large numbers, and hide that. */
  function pretty(json) {
    try { JSON.parse(json); } catch { return json; }
    let out = '', depth = 0, isText = false;
    const line = () => { out += '\n' + '  '.repeat(depth); };
    for (let i = 0; i < json.length; i++) {
      const at = json[i];
      if (isText) {
        out += at;
        if (at === '\\') out += json[++i];
        else if (at === '"') isText = false;
      } else if (at === '"') { isText = true; out += at; }
      else if (at === '{' || at === '[') {
        const rest = json.slice(i + 1).match(/^\s*[}\]]/);
        if (rest) { out += at + rest[0].trim(); i += rest[0].length; } else { depth++; out += at; line(); }
      } else if (at === '}' || at === ']') { depth--; line(); out += at; }
      else if (at === ',') { out += at; line(); }
      else if (at === ':') out += ': ';
      else if (!/\s/.test(at)) out += at;
    }
    return out;
  }

  // ---- requests

  class Refused extends Error {
    constructor(status, message) { super(message); this.status = status; }
  }

  async function answer(response) {
    const text = await response.text();
    if (response.ok) return text ? JSON.parse(text) : null;
    let message = response.status + ' ' + response.statusText;
    try { message = JSON.parse(text).message || message; } catch { /* not of ours */ }
    if (response.status === 401) signIn();
    throw new Refused(response.status, message);
  }

  const get = async path => answer(await fetch(path, {headers: {Accept: 'application/json'}}));

  async function post(path, fields) {
    const send = () => fetch(path, {method: 'POST', headers: {'X-Gyre-Csrf': csrf}, body: new URLSearchParams(fields || {})});
    let response = await send();
    if (response.status === 403) { // the server has started anew since this page was loaded
      await session();
      response = await send();
    }
    return answer(response);
  }

  async function session() {
    const told = await (await fetch('/session')).json();
    csrf = told.csrf;
    return told;
  }

  // ---- sign-in

  async function giveToken(token) {
    const response = await fetch('/session', {method: 'POST', body: new URLSearchParams({token})});
    return response.ok;
  }

  function signIn() {
    if (byId('signin')) return;
    const input = el('input', {type: 'password', id: 'token', autocomplete: 'current-password', required: true});
    const wrong = el('p', {class: 'bad-text', role: 'alert'});
    const form = el('form', {class: 'card signin', id: 'signin'},
      el('h1', {}, 'A token is needed'),
      el('p', {class: 'dim'}, 'It was printed where this page was started, behind #token= of the address.'),
      el('label', {for: 'token'}, 'Token'), input, wrong, el('button', {class: 'main'}, 'Open'));
    form.addEventListener('submit', async event => {
      event.preventDefault();
      if (await giveToken(input.value.trim())) location.reload();
      else { wrong.textContent = 'This is not the token.'; input.select(); }
    });
    document.body.replaceChildren(form);
    input.focus();
  }

  /** Calls main when whoever looks may do so. */
  async function start(main) {
    showTheme();
    const given = location.hash.match(/^#token=(.+)$/);
    if (given) {
      history.replaceState(null, '', location.pathname); // it must not stay in the history
      await giveToken(decodeURIComponent(given[1]));
    }
    const told = await session();
    if (told.signedIn) await main();
    else signIn();
  }

  // ---- the live feed

  /** Calls handlers by type; status(text, kind) is told how the connection is. Comes back by itself. */
  function feed(path, handlers, status) {
    const source = new EventSource(path);
    for (const [type, handle] of Object.entries(handlers)) {
      source.addEventListener(type, event => { status('live', 'good'); handle(JSON.parse(event.data)); });
    }
    source.addEventListener('end', () => { status('ended', 'warn'); });
    source.onopen = () => status('live', 'good');
    source.onerror = () => {
      status('connecting', 'warn');
      if (source.readyState === EventSource.CLOSED) { // refused: the browser does not try again
        setTimeout(async () => {
          try { const told = await session(); if (!told.signedIn) { signIn(); return; } } catch { /* it is down */ }
          feed(path, handlers, status);
        }, 3000);
      }
    };
    return source;
  }

  // ---- themes

  const themes = ['auto', 'light', 'dark'];
  const charts = new Set();
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const chosen = () => { try { return localStorage.getItem('gyre-theme') || 'auto'; } catch { return 'auto'; } };

  function showTheme() {
    const theme = chosen();
    const isDark = theme === 'dark' || (theme === 'auto' && dark.matches);
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light';
    for (const button of document.querySelectorAll('[data-theme-button]')) setText(button, 'Theme: ' + theme);
    charts.forEach(each => each.redraw());
  }

  function nextTheme() {
    const next = themes[(themes.indexOf(chosen()) + 1) % themes.length];
    try { localStorage.setItem('gyre-theme', next); } catch { /* not kept then */ }
    showTheme();
  }
  dark.addEventListener('change', showTheme);

  const color = name => name.startsWith('--') ? getComputedStyle(document.documentElement).getPropertyValue(name).trim() : name;

  // ---- charts

  /**
   * A chart in host, with series of {label, color}. Rows are pushed: the time in seconds, and a value for each.
   * With stacked, each lies on those before it; with log, the scale is logarithmic.
   */
  function chart(host, options) {
    const series = options.series;
    const columns = [[], ...series.map(() => [])];
    const plot = el('div', {class: 'plot', role: 'img', 'aria-label': options.title});
    const values = series.map(() => el('b', {}, '–'));
    const items = series.map((each, i) => {
      const mark = el('i');
      return el('li', {}, mark, each.label + ' ', values[i]);
    });
    host.append(plot, el('ul', {class: 'legend'}, ...items));
    const format = options.format || decimal;
    const stacked = !!options.stacked;
    // The last of a stack is drawn first, so that those below it are seen.
    const order = series.map((each, i) => i);
    if (stacked) order.reverse();

    function drawn() {
      if (!stacked) return columns;
      const sums = columns[0].map(() => 0);
      const lying = series.map((each, i) => columns[i + 1].map((value, at) => (sums[at] += value || 0)));
      return [columns[0], ...order.map(i => lying[i])];
    }

    function show(index) {
      const at = index === null || index === undefined ? columns[0].length - 1 : index;
      series.forEach((each, i) => {
        const value = at < 0 ? null : columns[i + 1][at];
        setText(values[i], value === null || value === undefined ? '–' : format(value));
        items[i].hidden = !!options.hideEmpty && !columns[i + 1].some(any => any > 0);
      });
    }

    // Whole decades, so that the scale does not move with each value.
    const decades = (u, low, high) => [10 ** Math.floor(Math.log10(low || 1)), 10 ** Math.ceil(Math.log10((high || 1) * 1.01))];
    const wholes = (u, ticks) => ticks.map(tick => Math.abs(Math.log10(tick) - Math.round(Math.log10(tick))) < 1e-6 ? tick : null);
    const clock = (u, ticks, index, space, step) => ticks.map(tick =>
      new Date(tick * 1000).toLocaleTimeString('en-GB', step < 60 ? {} : {hour: '2-digit', minute: '2-digit'}));
    const axis = {stroke: () => color('--dim'), grid: {stroke: () => color('--grid'), width: 1}, ticks: {show: false}, font: '12px system-ui, sans-serif'};
    const picture = new uPlot({
      width: Math.max(200, plot.clientWidth), height: Math.max(120, plot.clientHeight),
      legend: {show: false},
      cursor: {y: false, drag: {x: false, y: false}},
      scales: {x: {time: true}, y: options.log ? {distr: 3, range: decades} : {range: (u, low, high) => [0, Math.max(options.least || 1, (high || 0) * 1.1)]}},
      axes: [{...axis, space: 70, size: 30, values: clock}, {...axis, size: 58, ...(options.log ? {filter: wholes, grid: {...axis.grid, filter: wholes}} : {}), values: (u, ticks) => ticks.map(tick => tick === null ? '' : format(tick))}],
      series: [{}, ...order.map(i => ({
        label: series[i].label, width: stacked ? 0 : 1.75, points: {show: false}, spanGaps: false,
        stroke: () => color(series[i].color),
        fill: stacked ? () => color(series[i].color) : undefined,
      }))],
      hooks: {setCursor: [u => show(u.cursor.idx)]},
    }, drawn(), plot);

    const made = {
      /** All rows anew. */
      set(rows) {
        columns.forEach(each => { each.length = 0; });
        rows.forEach(row => columns.forEach((each, i) => each.push(row[i])));
        made.redraw();
      },
      push(row) {
        if (columns[0].length && row[0] <= columns[0][columns[0].length - 1]) return;
        columns.forEach((each, i) => { each.push(row[i]); if (each.length > POINTS) each.shift(); });
        if (!document.hidden) made.redraw();
      },
      redraw() {
        items.forEach((each, i) => { each.firstChild.style.background = color(series[i].color); });
        picture.setData(drawn());
        show(picture.cursor.idx);
        plot.setAttribute('aria-label', options.title + ': ' + series.map((each, i) => each.label + ' ' + values[i].textContent).join(', '));
      },
    };
    new ResizeObserver(() => {
      const width = plot.clientWidth, height = plot.clientHeight;
      if (width > 0 && (width !== picture.width || height !== picture.height)) picture.setSize({width, height});
    }).observe(plot);
    document.addEventListener('visibilitychange', () => { if (!document.hidden) made.redraw(); });
    charts.add(made);
    return made;
  }

  /** Keys that work where nobody types: {'/': f, j: g}. */
  function keys(map) {
    document.addEventListener('keydown', event => {
      const isTyping = event.target.matches('input, select, textarea');
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping || document.querySelector('dialog[open]')) return;
      const action = Object.hasOwn(map, event.key) ? map[event.key] : null;
      if (action) { event.preventDefault(); action(event); }
    });
  }

  return {el, byId, setText, render, toast, sureButton, number, decimal, millis, duration, pretty, get, post, start, feed, nextTheme, chart, keys};
})();
