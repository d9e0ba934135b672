// The page of the balancer: asks once a second. Names and reasons are of others, so they become text nodes only.
'use strict';
(() => {
  const {el, byId, setText, number} = gyre;
  const charts = {};
  let before = null;

  const bytes = value => {
    const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
    let at = 0, left = value;
    while (left >= 1024 && at < units.length - 1) { left /= 1024; at++; }
    return (at ? left.toFixed(1) : left) + ' ' + units[at];
  };

  function tiles(stats) {
    const refused = stats.refused_nobody + stats.refused_by_rate + stats.refused_by_limit + stats.queue_timeouts;
    const shown = {Sessions: stats.sessions, Accepted: stats.accepted, Retries: stats.retries, Refused: refused, Broken: stats.broken, 'Timed out': stats.timeouts, Shed: stats.shed};
    gyre.render(byId('tiles'), shown, () => Object.entries(shown).map(([name, value]) =>
      el('div', {class: 'tile' + ((name === 'Refused' || name === 'Shed') && value > 0 ? ' bad' : '')}, el('dt', {}, name), el('dd', {}, number(value)))));
    setText(byId('listeners'), stats.listeners.map(each => each.name + ' ' + each.protocol + ' ' + each.address + ' → ' + each.pool).join('   '));
  }

  function badge(target) {
    if (target.state !== 'ready') return el('span', {class: 'badge warn'}, target.state);
    if (target.left_out) return el('span', {class: 'badge warn'}, 'left out');
    return el('span', {class: 'badge ' + (target.health === 'down' ? 'bad' : target.health === 'up' ? 'good' : '')}, target.health);
  }

  async function tell(command, target) {
    try {
      const answer = await gyre.post('/api/command', {command, target, reason: 'the page was used for it'});
      gyre.toast(answer.ok ? target + ': ' + command : answer.error, answer.ok ? '' : 'warning');
    } catch (e) { gyre.toast(e.message, 'critical'); }
    look();
  }

  function row(pool, target) {
    const path = pool.name + '/' + target.name;
    const button = (command, text) => el('button', {type: 'button', 'data-key': path + command, onclick: () => tell(command, path)}, text);
    return el('tr', {},
      el('td', {}, target.name, target.backup ? el('span', {class: 'badge'}, 'backup') : null),
      el('td', {class: 'mono'}, target.address), el('td', {title: target.reason}, badge(target)),
      el('td', {class: 'num'}, target.weight), el('td', {class: 'num'}, number(target.active)), el('td', {class: 'num'}, number(target.connections)),
      el('td', {class: 'num'}, number(target.failures)), el('td', {class: 'num'}, (target.connect_us / 1000).toFixed(2) + ' ms'),
      el('td', {class: 'num'}, bytes(target.bytes_in)), el('td', {class: 'num'}, bytes(target.bytes_out)),
      el('td', {class: 'num'}, target.checks - target.failed_checks + ' / ' + target.checks),
      el('td', {}, el('div', {class: 'row'}, target.state === 'ready' ? button('drain', 'Drain') : button('ready', 'Ready'))));
  }

  const COLUMNS = ['Target', 'Address', 'State', 'Weight', 'Active', 'Connections', 'Failures', 'Connecting', 'In', 'Out', 'Checks', ''];

  function pools(all) {
    gyre.render(byId('pools'), all, () => all.map(pool => el('section', {class: 'card'},
      el('header', {}, el('h2', {}, pool.name), el('span', {class: 'badge'}, pool.algorithm),
        pool.panic ? el('span', {class: 'badge bad'}, 'panic: health is not heeded') : null,
        pool.waiting ? el('span', {class: 'badge warn'}, pool.waiting + ' wait') : null,
        pool.remembered ? el('span', {class: 'badge'}, number(pool.remembered) + ' remembered') : null),
      el('div', {class: 'scroll'}, el('table', {},
        el('thead', {}, el('tr', {}, ...COLUMNS.map(each => el('th', {}, each)))),
        el('tbody', {}, ...pool.targets.map(each => row(pool, each))))))));
  }

  function events(all) {
    const newest = all.slice(-100).reverse();
    gyre.render(byId('events'), newest, () => newest.map(each => el('tr', {}, el('td', {class: 'mono'}, each.at.slice(0, 19)), el('td', {}, each.subject), el('td', {}, each.text))));
  }

  async function look() {
    const live = byId('live');
    try {
      const [stats, list, told] = await Promise.all([gyre.get('/api/stats'), gyre.get('/api/list'), gyre.get('/api/events')]);
      const now = Date.now() / 1000;
      tiles(stats);
      pools(list.pools);
      events(told.events);
      if (before) charts.rate.push([now, (stats.accepted - before.accepted) / (now - before.now)]);
      charts.sessions.push([now, stats.sessions]);
      before = {now, accepted: stats.accepted};
      setText(live, 'live');
      live.className = 'badge good';
    } catch (e) {
      setText(live, 'no answer');
      live.className = 'badge bad';
    }
  }

  gyre.start(async () => {
    charts.rate = gyre.chart(byId('chart-rate'), {title: 'Connections per second', series: [{label: 'accepted', color: '--c1'}]});
    charts.sessions = gyre.chart(byId('chart-sessions'), {title: 'Sessions', series: [{label: 'open', color: '--c2'}]});
    byId('theme').addEventListener('click', gyre.nextTheme);
    byId('reload').addEventListener('click', () => tell('reload', ''));
    await look();
    setInterval(() => { if (!document.hidden) look(); }, 1000);
  }).catch(e => gyre.toast('The page can\'t be shown: ' + e.message, 'critical'));
})();
