// The page of loops: what /api/feed tells is shown; fibers and handles are asked for.
'use strict';
(() => {
  const {el, byId, setText, render, number, decimal, millis, duration} = gyre;
  const BUSY = 1, POLL = 2, TURNS = 3, CALLBACKS = 4, CALLBACK = 5, QUEUE = 6, KERNEL = 7, TIMER = 8, HANDLES = 9, FIBERS = 10, IN = 11, OUT = 12;
  const BOUNDS = ['< 1 µs', '< 10 µs', '< 100 µs', '< 1 ms', '< 10 ms', '< 100 ms', '< 1 s', '≥ 1 s'];
  const charts = {};
  let state = null, paused = false, sort = 'busy', opened = null, asked = 0;

  const fine = value => nanos(value * 1000000); // of milliseconds
  const nanos = value => value < 1000000 ? decimal(value / 1000) + ' µs' : millis(value / 1000000);
  const bytes = value => value >= 1 << 20 ? decimal(value / (1 << 20)) + ' MiB' : value >= 1024 ? decimal(value / 1024) + ' KiB' : number(value) + ' B';
  const percent = value => decimal(value) + ' %';
  const words = key => key.replaceAll('_', ' ');
  const cell = (label, content, kind) => el('td', {'data-label': label, class: kind || ''}, content);

  // ---- figures of a loop

  const seconds = () => Math.max(0.001, state.look.seconds);
  const rate = (loop, key) => loop.counters[key] / seconds();
  const share = (loop, key) => loop.counters[key] / (seconds() * 1e7);
  const worst = (loop, key) => Math.max(0, ...loop.kinds.map(kind => kind.callbacks.count ? kind.callbacks[key] : 0));

  // name, title, what to sort by, what to show
  const COLUMNS = [
    ['name', 'Loop', loop => loop.name, null],
    ['engine', 'Engine', loop => loop.engine, loop => loop.engine],
    ['phase', 'Now', loop => loop.phase, null],
    ['busy', 'Busy', loop => share(loop, 'busy_nanos'), loop => percent(share(loop, 'busy_nanos'))],
    ['poll', 'Poll', loop => share(loop, 'poll_nanos'), loop => percent(share(loop, 'poll_nanos'))],
    ['turns', 'Turns/s', loop => rate(loop, 'turns'), loop => number(rate(loop, 'turns'))],
    ['callbacks', 'Callbacks/s', loop => rate(loop, 'callbacks'), loop => number(rate(loop, 'callbacks'))],
    ['fibers', 'Fibers', loop => loop.live_fibers, loop => number(loop.live_fibers)],
    ['handles', 'Handles', loop => loop.open_handles, loop => number(loop.open_handles)],
    ['p99', 'Callback p99', loop => worst(loop, 'p99'), loop => nanos(worst(loop, 'p99'))],
    ['max', 'Max', loop => worst(loop, 'max'), loop => nanos(worst(loop, 'max'))],
    ['stalls', 'Stalls', loop => loop.counters.stalls, loop => number(loop.counters.stalls)],
  ];
  const isText = name => ['name', 'engine', 'phase'].includes(name);

  function sorted() {
    const [name, , key] = COLUMNS.find(each => each[0] === sort);
    const loops = [...state.look.loops];
    return loops.sort((a, b) => isText(name) ? String(key(a)).localeCompare(String(key(b))) : key(b) - key(a));
  }

  function phase(loop) {
    if (loop.phase === 'WAITING') return ['waits', ''];
    if (loop.phase === 'OUTSIDE') return ['between turns', ''];
    const long = loop.turn_nanos > 25e6;
    return [long ? 'one turn for ' + nanos(loop.turn_nanos) : 'runs', long ? 'bad' : 'good'];
  }

  // ---- the state

  function show(next) {
    if (paused) return;
    state = next;
    const look = next.look;
    setText(byId('process'), 'process ' + look.pid + '  ' + look.command + (next.alive ? '' : '  (ended)'));
    document.title = (look.verdicts.length ? '(' + look.verdicts.length + ') ' : '') + 'Gyre loops';
    showVerdicts(look);
    showTiles(next);
    showLoops();
    showStalls(look);
    draw(next.point);
    if (opened !== null && byId('detail').open) fill(opened);
  }

  function showVerdicts(look) {
    // What is read aloud again is only what is new: evidence changes each second.
    render(byId('verdicts'), look.verdicts.map(each => [each.verdict, each.subject, each.place]), () => look.verdicts.map(each =>
      el('div', {class: 'note warning'}, el('b', {}, each.verdict), each.subject + ': ' + each.evidence,
        each.place ? el('div', {class: 'mono'}, 'at ' + each.place) : null,
        el('div', {class: 'dim'}, each.cure))));
  }

  const TILES = [
    ['Busiest loop', s => percent(s.point[BUSY])],
    ['Callback p99', s => fine(s.point[CALLBACK])],
    ['Queue p99', s => fine(s.point[QUEUE])],
    ['Kernel late', s => fine(s.point[KERNEL])],
    ['Handles', s => number(s.point[HANDLES])],
    ['Fibers', s => number(s.point[FIBERS])],
    ['Received / s', s => bytes(s.point[IN])],
    ['Sent / s', s => bytes(s.point[OUT])],
    ['Memory', s => s.look.resident_bytes ? bytes(s.look.resident_bytes) : '–'],
    ['Descriptors', s => s.look.open_descriptors === undefined ? '–' : number(s.look.open_descriptors)],
    ['Verdicts', s => number(s.look.verdicts.length), s => s.look.verdicts.length > 0],
  ];

  function showTiles(next) {
    render(byId('tiles'), TILES.map(([name, value, isBad]) => [value(next), isBad && isBad(next)]), () =>
      TILES.map(([name, value, isBad]) => el('div', {class: 'tile' + (isBad && isBad(next) ? ' bad' : '')}, el('dt', {}, name), el('dd', {}, value(next)))));
  }

  function showHeads() {
    render(byId('heads'), sort, () => COLUMNS.map(([name, title]) => el('th', {
      class: isText(name) ? '' : 'num', 'aria-sort': sort !== name ? 'none' : isText(name) ? 'ascending' : 'descending',
    }, el('button', {type: 'button', 'data-key': 'sort-' + name, onclick: () => choose(name)}, title))));
    setText(byId('sorted'), 'by ' + COLUMNS.find(each => each[0] === sort)[1]);
  }

  function choose(name) {
    sort = name;
    showHeads();
    if (state) showLoops();
  }

  const nextSort = () => choose(COLUMNS[(COLUMNS.findIndex(each => each[0] === sort) + 1) % COLUMNS.length][0]);

  function showLoops() {
    const loops = sorted();
    render(byId('rows'), loops.map(loop => [loop.loop, COLUMNS.map(each => each[3] && each[3](loop)), phase(loop)]), () => loops.length === 0
      ? [el('tr', {}, el('td', {class: 'empty', colspan: COLUMNS.length}, 'No loop is open'))]
      : loops.map(loop => el('tr', {}, ...COLUMNS.map(([name, title, key, text]) => {
        if (name === 'name') return cell(title, el('button', {type: 'button', class: 'link mono', 'data-key': 'loop-' + loop.loop, onclick: () => open(loop.loop)}, loop.name));
        if (name === 'phase') { const [what, kind] = phase(loop); return cell(title, el('span', {class: 'badge ' + kind}, what)); }
        return cell(title, text(loop), isText(name) ? '' : 'num');
      }))));
  }

  function showStalls(look) {
    const newest = [...look.stalls].reverse().slice(0, 10);
    render(byId('stalls'), newest.map(each => [each.loop, each.began_nanos, each.cause, each.place, each.ended_nanos !== 0]), () => newest.length === 0
      ? [el('p', {class: 'empty'}, 'None was reported')]
      : newest.map(each => el('details', {},
        el('summary', {'data-key': 'stall-' + each.began_nanos}, el('span', {class: 'badge ' + (each.ended_nanos ? '' : 'bad')}, each.ended_nanos ? nanos(each.nanos) : 'goes on'), ' ',
          each.loop + ': ' + each.subject + ' ', el('span', {class: 'dim'}, words(each.cause.toLowerCase()) + (each.detail ? ', ' + each.detail : '')), ' ', el('span', {class: 'mono'}, each.place)),
        el('pre', {tabindex: 0}, (each.scopes.length ? 'in ' + each.scopes.join(' < ') + '\n' : '') + each.stack.map(line => '  at ' + line).join('\n')))));
  }

  // ---- one loop

  function open(id) {
    opened = id;
    const dialog = byId('detail');
    dialog.dataset.source = '';
    fill(id);
    if (!dialog.open) dialog.showModal();
  }

  function bar(text, value, all) {
    return el('div', {class: 'bar'}, el('span', {}, text), el('progress', {max: all, value, 'aria-label': text}), el('span', {}, percent(100 * value / all)));
  }

  function bars(name, counts) {
    const all = counts.reduce((sum, each) => sum + each, 0);
    return el('div', {}, el('h4', {}, name, ' ', el('span', {class: 'dim'}, number(all))),
      ...counts.map((each, i) => each > 0 ? bar(BOUNDS[i], each, all) : null));
  }

  function fill(id) {
    const loop = state.look.loops.find(each => each.loop === id);
    const dialog = byId('detail');
    if (!loop) { render(dialog, 'gone', () => [el('div', {class: 'inside'}, el('h2', {id: 'detail-title'}, 'This loop has been closed'), closeButton(dialog))]); return; }
    const [what] = phase(loop);
    render(dialog, [loop, state.bars[id]], () => [el('div', {class: 'inside'},
      el('h2', {id: 'detail-title', class: 'mono'}, loop.name),
      el('p', {class: 'dim'}, loop.engine + ', fibers ' + loop.fiber_mode + ', ' + what + (loop.engine_explanation && loop.engine_explanation !== loop.engine ? '; ' + loop.engine_explanation : '')),
      el('h3', {}, 'How long things took, in the last ' + decimal(state.look.seconds) + ' s'),
      el('div', {class: 'bars'}, ...Object.entries(state.bars[id] || {}).map(([name, counts]) => bars(name, counts))),
      el('h3', {}, 'Callbacks by kind of handle'),
      el('div', {class: 'scroll'}, el('table', {class: 'cards'}, el('thead', {}, el('tr', {}, ...['Kind', 'Open', 'Per second', 'p50', 'p99', 'Max', 'Of the time'].map((each, i) => el('th', {class: i ? 'num' : ''}, each)))),
        el('tbody', {}, ...loop.kinds.filter(kind => kind.open || kind.callbacks.count).map(kind => el('tr', {}, cell('Kind', kind.kind), cell('Open', number(kind.open), 'num'),
          cell('Per second', number(kind.callbacks.count / seconds()), 'num'), cell('p50', nanos(kind.callbacks.p50), 'num'), cell('p99', nanos(kind.callbacks.p99), 'num'),
          cell('Max', nanos(kind.callbacks.max), 'num'), cell('Of the time', percent(kind.callbacks.sum / (seconds() * 1e7)), 'num')))))),
      el('h3', {}, 'Counters of the interval'),
      el('dl', {class: 'counters'}, ...Object.entries(loop.counters).filter(([, value]) => value !== 0).map(([name, value]) =>
        el('div', {}, el('dt', {}, words(name.replace('_nanos', ''))), el('dd', {}, name.endsWith('_nanos') ? nanos(value) : name.includes('bytes') ? bytes(value) : number(value))))),
      el('div', {class: 'row'}, el('button', {type: 'button', 'data-key': 'whose', onclick: () => { dialog.close(); byId('text').value = '"loop":"' + loop.name + '"'; ask(); byId('alive').scrollIntoView(); }}, 'Its fibers and handles'), closeButton(dialog)))]);
  }

  const closeButton = dialog => el('button', {type: 'button', 'data-key': 'close', onclick: () => dialog.close()}, 'Close');

  // ---- fibers and handles

  async function ask() {
    const mine = ++asked;
    setText(byId('found'), 'asking…');
    try {
      const found = await gyre.get('/api/tree?' + new URLSearchParams({text: byId('text').value.trim()}));
      if (mine === asked) showNodes(found);
    } catch (e) {
      if (mine === asked) setText(byId('found'), 'The loops can\'t be asked: ' + e.message);
    }
  }

  function showNodes(found) {
    const nodes = found.nodes.filter(each => each.type !== 'SCOPE');
    render(byId('nodes'), nodes.map((each, i) => [i, each]), () => nodes.length === 0
      ? [el('tr', {}, el('td', {class: 'empty', colspan: 5}, 'Nothing has that'))]
      : nodes.map((each, i) => el('tr', {},
        cell('Name', el('button', {type: 'button', class: 'link mono', 'data-key': 'node-' + i, onclick: () => showNode(each)}, each.name)),
        cell('Kind', each.type.toLowerCase()),
        cell('Loop', each.loop + (each.exact ? '' : ' (stuck: seen from outside)')),
        cell('State', each.state.toLowerCase() + (each.waits_for ? ', ' + each.waits_for : '')),
        cell('For', each.age_nanos ? nanos(each.age_nanos) : '–', 'num'))));
    setText(byId('found'), found.shown + ' of ' + found.looked + ', at ' + new Date().toLocaleTimeString('en-GB'));
  }

  function showNode(node) {
    opened = null;
    const dialog = byId('detail');
    dialog.dataset.source = '';
    dialog.replaceChildren(el('div', {class: 'inside'},
      el('h2', {id: 'detail-title', class: 'mono'}, node.name),
      el('p', {}, node.state.toLowerCase() + (node.waits_for ? ', ' + node.waits_for : '') + (node.age_nanos ? ' for ' + nanos(node.age_nanos) : '')),
      node.wakes ? el('p', {class: 'dim'}, 'Woken by ' + node.wakes) : null,
      node.stack.length ? el('pre', {tabindex: 0, 'aria-label': 'Stack'}, node.stack.map(line => 'at ' + line).join('\n')) : el('p', {class: 'dim'}, 'It has no stack.'),
      el('div', {class: 'row'}, closeButton(dialog))));
    if (!dialog.open) dialog.showModal();
  }

  // ---- curves

  const columns = (row, ...indexes) => [row[0], ...indexes.map(each => row[each])];
  const CURVES = {busy: [BUSY, POLL], delay: [CALLBACK, QUEUE, KERNEL, TIMER], work: [TURNS, CALLBACKS], alive: [HANDLES, FIBERS]};
  // A logarithm knows no zero; below a microsecond is nothing to see.
  const drawn = (name, row) => columns(row, ...CURVES[name]).map((value, i) => i && name === 'delay' ? Math.max(value, 0.001) : value);

  function makeCharts() {
    charts.busy = gyre.chart(byId('chart-busy'), {title: 'Busiest loop, percent', least: 100, format: percent, series: [{label: 'busy', color: '--c1'}, {label: 'polls', color: '--c4'}]});
    charts.delay = gyre.chart(byId('chart-delay'), {title: 'Delays, p99', log: true, format: fine, series: [{label: 'callback', color: '--c1'}, {label: 'queue', color: '--c2'}, {label: 'kernel late', color: '--c3'}, {label: 'timer late', color: '--c4'}]});
    charts.work = gyre.chart(byId('chart-work'), {title: 'Work per second', format: number, series: [{label: 'turns', color: '--c1'}, {label: 'callbacks', color: '--c2'}]});
    charts.alive = gyre.chart(byId('chart-alive'), {title: 'Handles and fibers', least: 5, format: number, series: [{label: 'handles', color: '--c1'}, {label: 'fibers', color: '--c3'}]});
  }

  const draw = row => Object.keys(CURVES).forEach(name => charts[name].push(drawn(name, row)));

  async function loadCurves() {
    const {rows} = await gyre.get('/api/history');
    Object.keys(CURVES).forEach(name => charts[name].set(rows.map(row => drawn(name, row))));
  }

  // ---- keys

  function move(step) {
    const links = [...byId('rows').querySelectorAll('button.link')];
    const at = links.indexOf(document.activeElement);
    const next = links[Math.min(links.length - 1, Math.max(0, at + step))];
    if (next) next.focus();
  }

  function pause() {
    paused = !paused;
    byId('paused').hidden = !paused;
    byId('pause').setAttribute('aria-pressed', paused);
    setText(byId('pause'), paused ? 'Go on' : 'Pause');
  }

  const KEYS = [
    ['j', 'next loop', () => move(1)],
    ['k', 'loop before', () => move(-1)],
    ['s', 'sort by the next column', nextSort],
    ['p', 'pause or go on', pause],
    ['f', 'ask for fibers and handles', () => { ask(); byId('alive').scrollIntoView(); }],
    ['/', 'search them', () => byId('text').focus()],
    ['t', 'theme', gyre.nextTheme],
    ['?', 'this help', help],
  ];

  function help() {
    const dialog = byId('keys');
    dialog.replaceChildren(el('div', {class: 'inside'},
      el('h2', {id: 'keys-title'}, 'Keys'),
      el('ul', {}, ...KEYS.map(([key, text]) => el('li', {}, el('kbd', {}, key), ' ' + text)), el('li', {}, el('kbd', {}, 'Enter'), ' open a loop, ', el('kbd', {}, 'Esc'), ' close it')),
      el('p', {class: 'dim'}, 'Busy is the time from the end of a wait to the next one; queue delay the time from ready to run; kernel late by how much waits with a deadline ended too late. Figures for Prometheus: ', el('a', {href: '/metrics'}, '/metrics')),
      el('div', {class: 'row'}, el('button', {type: 'button', onclick: () => dialog.close()}, 'Close'))));
    dialog.showModal();
  }

  // ---- the start

  gyre.start(async () => {
    showHeads();
    byId('pause').addEventListener('click', pause);
    byId('theme').addEventListener('click', gyre.nextTheme);
    byId('help').addEventListener('click', help);
    byId('filter').addEventListener('submit', event => { event.preventDefault(); ask(); });
    byId('text').addEventListener('keydown', event => { if (event.key === 'Escape') { event.target.value = ''; event.target.blur(); } });
    byId('detail').addEventListener('close', () => { opened = null; });
    gyre.keys(Object.fromEntries(KEYS.map(([key, text, action]) => [key, action])));
    makeCharts();
    await loadCurves();
    show(await gyre.get('/api/state'));
    gyre.feed('/api/feed', {state: show}, (text, kind) => { const live = byId('live'); setText(live, text); live.className = 'badge ' + kind; });
  }).catch(e => gyre.toast('The page can\'t be shown: ' + e.message, 'critical'));
})();
