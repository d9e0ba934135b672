// The queue's dashboard: what /api/feed tells is shown; entries are asked for.
'use strict';
(() => {
  const {el, byId, setText, render, number, decimal, millis, duration} = gyre;
  const PLACES = ['pending', 'delayed', 'processing', 'failed', 'completed'];
  const RETRY = ['failed', 'delayed'], DISCARD = ['failed', 'delayed', 'pending'];
  const RATE = 1, FAILED = 2, RETRIED = 3, P50 = 4, P99 = 5, SIZES = 6, PRIORITIES = 10;
  let place = 'pending';
  let state = null;
  let lastList = 0, asked = 0;
  const charts = {};

  // ---- the state

  function show(next) {
    state = next;
    setText(byId('directory'), next.directory);
    document.title = (next.alerts.length ? '(' + next.alerts.length + ') ' : '') + 'Gyre queue';
    byId('paused').hidden = !next.paused;
    setText(byId('pause'), next.paused ? 'Resume' : 'Pause');
    showAlerts(next);
    showTiles(next);
    showWorkers(next);
    for (const each of PLACES) setText(byId('count-' + each), number(next[each]));
    draw(next.point);
    refreshSometimes();
  }

  function showAlerts(next) {
    const notes = next.alerts.map(each => [each.severity, each.text, each.name, each.since]);
    // The text of some counts seconds: what is read aloud again is only what is new.
    render(byId('alerts'), [notes, next.paused_kinds], () => [
      ...next.alerts.map(each => el('div', {class: 'note ' + each.severity}, el('b', {}, each.severity === 'critical' ? 'Critical' : 'Warning'), each.text)),
      ...next.paused_kinds.map(kind => el('div', {class: 'note row'}, el('span', {}, 'Paused: ', el('code', {}, kind)),
        el('button', {type: 'button', 'data-key': 'resume-' + kind, onclick: () => act('/api/resume', {operation: kind}, kind + ' goes on')}, 'Resume'))),
    ]);
  }

  const TILES = [
    ['Done / s', s => decimal(s.point[RATE])],
    ['Latency p99', s => millis(s.point[P99])],
    ['Waiting', s => number(s.pending)],
    ['Delayed', s => number(s.delayed)],
    ['At work', s => number(s.processing)],
    ['Dead letters', s => number(s.failed), s => s.failed > 0],
    ['Completed', s => number(s.completed)],
    ['Oldest waits', s => s.pending ? duration(s.oldest_seconds) : '–'],
    ['Workers', s => number(s.workers.length), s => s.workers.length === 0],
  ];

  function showTiles(next) {
    render(byId('tiles'), TILES.map(([name, value, isBad]) => [value(next), isBad && isBad(next)]), () =>
      TILES.map(([name, value, isBad]) => el('div', {class: 'tile' + (isBad && isBad(next) ? ' bad' : '')}, el('dt', {}, name), el('dd', {}, value(next)))));
  }

  function watcher(worker) {
    if (worker.watcher_alive) return ['watches', 'good'];
    return worker.watcher_wanted ? ['down: polls', 'bad'] : ['polls', ''];
  }

  function workerState(worker) {
    if (worker.trouble) return [worker.trouble, 'bad'];
    if (worker.heartbeat_age_seconds > 60) return ['silent', 'bad'];
    return worker.processing > 0 ? ['works', 'good'] : ['waits', ''];
  }

  const cell = (label, content, kind) => el('td', {'data-label': label, class: kind || ''}, content);
  const badge = ([text, kind]) => el('span', {class: 'badge ' + kind}, text);

  function showWorkers(next) {
    render(byId('workers'), next.workers, () => next.workers.length === 0
      ? [el('tr', {}, el('td', {class: 'empty', colspan: 9}, 'No worker runs: gyre queue work'))]
      : next.workers.map(each => el('tr', {},
        cell('Worker', each.slot + ' (pid ' + each.pid + ')'),
        cell('State', badge(workerState(each))),
        cell('Heartbeat', duration(each.heartbeat_age_seconds) + ' ago'),
        cell('Watcher', el('span', {}, badge(watcher(each)), each.watcher_restarts ? ' ' + each.watcher_restarts + ' restarts' : '')),
        cell('Idle', duration(each.idle_seconds), 'num'),
        cell('At work', number(each.processing), 'num'),
        cell('Done', number(each.done), 'num'),
        cell('Failed', number(each.failed), 'num'),
        cell('Retried', number(each.retried), 'num'))));
  }

  // ---- curves

  const columns = (row, ...indexes) => [row[0], ...indexes.map(each => row[each])];
  const sizes = Array.from({length: PRIORITIES}, (each, i) => SIZES + i);
  const CURVES = {rate: [RATE], size: sizes, latency: [P50, P99], failures: [FAILED, RETRIED]};

  function makeCharts() {
    charts.rate = gyre.chart(byId('chart-rate'), {title: 'Entries done per second', series: [{label: 'done', color: '--c1'}]});
    charts.size = gyre.chart(byId('chart-size'), {title: 'Entries that wait', stacked: true, hideEmpty: true, least: 5, format: number,
      series: sizes.map((each, i) => ({label: String(i + 1), color: 'hsl(' + (8 + i * 24) + ' 62% 52%)'}))});
    charts.latency = gyre.chart(byId('chart-latency'), {title: 'Latency', log: true, format: millis, series: [{label: 'p50', color: '--c1'}, {label: 'p99', color: '--c2'}]});
    charts.failures = gyre.chart(byId('chart-failures'), {title: 'Failures per second', series: [{label: 'given up', color: '--c2'}, {label: 'tried again', color: '--c4'}]});
  }

  const draw = row => Object.entries(CURVES).forEach(([name, indexes]) => charts[name].push(columns(row, ...indexes)));

  async function loadCurves() {
    const {rows} = await gyre.get('/api/history');
    Object.entries(CURVES).forEach(([name, indexes]) => charts[name].set(rows.map(row => columns(row, ...indexes))));
  }

  // ---- the table

  function makeTabs() {
    byId('tabs').append(...PLACES.map(each => el('button', {
      type: 'button', role: 'tab', id: 'tab-' + each, 'aria-selected': each === place, 'aria-controls': 'rows', onclick: () => choose(each),
    }, each[0].toUpperCase() + each.slice(1) + ' ', el('span', {id: 'count-' + each, class: 'badge'}, '–'))));
    for (let i = 1; i <= PRIORITIES; i++) byId('priority').append(el('option', {value: i}, 'Priority ' + i));
  }

  function choose(next) {
    place = next;
    for (const each of PLACES) byId('tab-' + each).setAttribute('aria-selected', each === place);
    byId('retry-all').hidden = place !== 'failed';
    setText(byId('time-title'), place === 'delayed' ? 'Due' : place === 'pending' || place === 'processing' ? 'Age' : 'Since');
    list();
  }

  function refreshSometimes() {
    if (!document.hidden && Date.now() - lastList > 2000 && !document.querySelector('dialog[open]')) list();
  }

  async function list() {
    lastList = Date.now();
    const number = ++asked;
    const query = new URLSearchParams({place, text: byId('text').value.trim(), operation: byId('operation').value.trim(), priority: byId('priority').value, limit: 50});
    try {
      const found = await gyre.get('/api/entries?' + query);
      if (number === asked) showRows(found); // and not what was asked before
    } catch (e) {
      if (number === asked) setText(byId('found'), 'Entries can\'t be read: ' + e.message);
    }
  }

  function when(each) {
    const now = state ? state.time : Date.now();
    return each.due ? 'in ' + duration(Math.max(0, each.due - now) / 1000) : duration(Math.max(0, now - each.time) / 1000);
  }

  function showRows(found) {
    render(byId('rows'), found.entries.map(each => [each, when(each)]), () => found.entries.length === 0
      ? [el('tr', {}, el('td', {class: 'empty', colspan: 5}, 'Nothing here'))]
      : found.entries.map(each => el('tr', {},
        cell('Id', el('button', {type: 'button', class: 'link mono', 'data-key': each.file, onclick: () => open(found.place, each.file)}, each.id)),
        cell('Operation', each.operation),
        cell('Priority', each.priority, 'num'),
        cell(byId('time-title').textContent, when(each)),
        each.error ? cell('Error', each.error, 'cut bad-text') : cell('What', each.brief, 'cut mono'))));
    const cut = found.cut ? 'The first ' + found.entries.length + ' of those that fit; looked at ' + number(found.looked) + '.' : '';
    setText(byId('found'), cut);
  }

  // ---- one entry

  async function open(where, file) {
    let entry;
    try { entry = await gyre.get('/api/entry?' + new URLSearchParams({place: where, file})); } catch (e) { gyre.toast(e.message, 'warning'); list(); return; }
    const dialog = byId('detail');
    const facts = [['Place', entry.place], ['File', entry.file], ['Operation', entry.operation || '–'], ['Priority', entry.priority]];
    if (entry.attempts !== null) facts.push(['Attempts', entry.attempts]);
    if (entry.failed_at) facts.push(['Failed at', entry.failed_at]);
    const buttons = [];
    if (RETRY.includes(where)) {
      buttons.push(el('button', {type: 'button', class: 'main', onclick: () => act('/api/retry', {place: where, file}, 'It waits in pending again', dialog)}, where === 'failed' ? 'Retry' : 'Do it now'));
    }
    if (DISCARD.includes(where)) buttons.push(gyre.sureButton('Discard', 'Really delete it?', () => act('/api/discard', {place: where, file}, 'It is deleted', dialog)));
    if (entry.operation) buttons.push(el('button', {type: 'button', onclick: () => act('/api/pause', {operation: entry.operation}, entry.operation + ' is paused', dialog)}, 'Pause all of ' + entry.operation));
    buttons.push(el('button', {type: 'button', onclick: () => dialog.close()}, 'Close'));
    dialog.replaceChildren(el('div', {class: 'inside'},
      el('h2', {id: 'detail-title', class: 'mono'}, entry.id),
      el('dl', {}, ...facts.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)])),
      entry.error ? el('pre', {class: 'bad-text'}, entry.error) : null,
      el('pre', {tabindex: 0, 'aria-label': 'Content'}, gyre.pretty(entry.content) || 'It can\'t be shown: it is no file of text, or too large.'),
      entry.length > entry.content.length ? el('p', {class: 'dim'}, 'The first ' + number(entry.content.length) + ' of ' + number(entry.length) + ' characters.') : null,
      el('div', {class: 'row'}, ...buttons)));
    dialog.showModal();
  }

  async function act(path, fields, success, dialog) {
    try {
      const {done} = await gyre.post(path, fields);
      if (dialog) dialog.close();
      gyre.toast(done ? success : 'It was not there any more', done ? '' : 'warning');
    } catch (e) {
      gyre.toast(e.message, 'critical');
    }
    list();
  }

  async function retryAll(button) {
    button.disabled = true;
    try {
      const {done} = await gyre.post('/api/retry-all');
      gyre.toast(done + ' entries wait in pending again');
    } catch (e) { gyre.toast(e.message, 'critical'); }
    button.disabled = false;
    list();
  }

  const pause = () => state.paused ? act('/api/resume', {}, 'The queue goes on') : act('/api/pause', {}, 'The queue is paused');

  // ---- keys

  function move(step) {
    const links = [...byId('rows').querySelectorAll('button.link')];
    const at = links.indexOf(document.activeElement);
    const next = links[Math.min(links.length - 1, Math.max(0, at + step))];
    if (next) next.focus();
  }

  const KEYS = [
    ['/', 'search', () => byId('text').focus()],
    ['j', 'next entry', () => move(1)],
    ['k', 'entry before', () => move(-1)],
    ['1', 'to 5: pending, delayed, processing, failed, completed', () => choose(PLACES[0])],
    ['p', 'pause or resume', pause],
    ['t', 'theme', gyre.nextTheme],
    ['?', 'this help', help],
  ];

  function help() {
    const dialog = byId('keys');
    dialog.replaceChildren(el('div', {class: 'inside'},
      el('h2', {id: 'keys-title'}, 'Keys'),
      el('ul', {}, ...KEYS.map(([key, text]) => el('li', {}, el('kbd', {}, key), ' ' + text)), el('li', {}, el('kbd', {}, 'Enter'), ' open an entry, ', el('kbd', {}, 'Esc'), ' close it')),
      el('p', {class: 'dim'}, 'Curves and figures are of the last 15 minutes; latency is from the time at which an entry could be done to its end. Figures for Prometheus: ', el('a', {href: '/metrics'}, '/metrics')),
      el('div', {class: 'row'}, el('button', {type: 'button', onclick: () => dialog.close()}, 'Close'))));
    dialog.showModal();
  }

  // ---- the start

  function listen() {
    let timer = 0;
    const soon = () => { clearTimeout(timer); timer = setTimeout(list, 250); };
    for (const id of ['text', 'operation', 'priority']) byId(id).addEventListener('input', soon);
    byId('filter').addEventListener('submit', event => { event.preventDefault(); list(); });
    byId('text').addEventListener('keydown', event => { if (event.key === 'Escape') { event.target.value = ''; event.target.blur(); list(); } });
    byId('pause').addEventListener('click', pause);
    byId('theme').addEventListener('click', gyre.nextTheme);
    byId('help').addEventListener('click', help);
    const sure = gyre.sureButton('Retry all', 'Retry all that failed?', retryAll);
    sure.id = 'retry-all';
    sure.hidden = true;
    byId('retry-all').replaceWith(sure);
    gyre.keys(Object.fromEntries([...KEYS.map(([key, text, action]) => [key, action]), ...PLACES.map((each, i) => [String(i + 1), () => choose(each)])]));
  }

  gyre.start(async () => {
    makeTabs();
    listen();
    makeCharts();
    await loadCurves();
    show(await gyre.get('/api/state'));
    gyre.feed('/api/feed', {state: show}, (text, kind) => { const live = byId('live'); setText(live, text); live.className = 'badge ' + kind; });
    list();
  }).catch(e => gyre.toast('The page can\'t be shown: ' + e.message, 'critical'));
})();
