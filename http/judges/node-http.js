// What Node's undici and eventsource make of our server: see node-http.
const { Pool, Agent, WebSocket, fetch, setGlobalDispatcher } = require('undici');
const EventSource = require('eventsource');
const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const { Readable } = require('node:stream');
const [scheme, port, file] = process.argv.slice(2);
const origin = `${scheme}://127.0.0.1:${port}`;
const connect = { rejectUnauthorized: false };
setGlobalDispatcher(new Agent({ connect }));

async function body(response) {
  return Buffer.from(await response.body.arrayBuffer());
}

const checks = {
  async 'two thousand requests, eight at a time on each of two connections'() {
    const pool = new Pool(origin, { connections: 2, pipelining: 8, connect });
    const answers = await Promise.all(Array.from({ length: 2000 }, async (_, i) => {
      const answer = await pool.request({ path: i % 2 ? '/hello' : '/agent', method: 'GET', headers: { 'user-agent': `n${i}` } });
      return [answer.statusCode, (await body(answer)).toString()];
    }));
    answers.forEach(([status, text], i) => assert.deepStrictEqual([status, text], [200, i % 2 ? 'Hello, World!\n' : `n${i}`]));
    await pool.close();
  },
  async 'a body in chunks'() {
    const parts = Array.from({ length: 500 }, () => Buffer.alloc(10_000, 'x'));
    const answer = await fetch(`${origin}/count`, { method: 'POST', body: Readable.toWeb(Readable.from(parts)), duplex: 'half' });
    assert.strictEqual(await answer.text(), 'POST 5000000');
  },
  async 'a body of known length'() {
    const answer = await fetch(`${origin}/count`, { method: 'PUT', body: Buffer.alloc(3_000_000) });
    assert.strictEqual(await answer.text(), 'PUT 3000000');
  },
  async 'an echo that answers while it receives'() {
    const pool = new Pool(origin, { connections: 1, connect });
    const bytes = crypto.randomBytes(1_000_000);
    const parts = Array.from({ length: 100 }, (_, i) => bytes.subarray(i * 10_000, (i + 1) * 10_000));
    const answer = await pool.request({ path: '/echo', method: 'POST', body: Readable.from(parts) });
    assert.ok((await body(answer)).equals(bytes));
    await pool.close();
  },
  async 'an answer of unknown length'() {
    const bytes = await body(await new Pool(origin, { connect }).request({ path: '/pieces/1234567', method: 'GET' }));
    assert.strictEqual(bytes.length, 1234567);
    for (let i = 0; i < bytes.length; i++) {
      if (bytes[i] !== 97 + i % 23) assert.fail(`byte ${i} is ${bytes[i]}`);
    }
  },
  async 'HEAD, ranges and conditions'() {
    const whole = fs.readFileSync(file);
    const head = await fetch(`${origin}/large.bin`, { method: 'HEAD' });
    assert.strictEqual(head.headers.get('content-length'), String(whole.length));
    const part = await fetch(`${origin}/large.bin`, { headers: { range: 'bytes=1000-1999' } });
    assert.strictEqual(part.status, 206);
    assert.ok(Buffer.from(await part.arrayBuffer()).equals(whole.subarray(1000, 2000)));
    const same = await fetch(`${origin}/large.bin`, { headers: { 'if-none-match': head.headers.get('etag') } });
    assert.strictEqual(same.status, 304);
    const none = await fetch(`${origin}/none`);
    assert.strictEqual(none.status, 404);
  },
  async 'an answer that is given up'() {
    for (let i = 0; i < 20; i++) {
      const stop = new AbortController();
      const answer = await fetch(`${origin}/pieces/100000000`, { signal: stop.signal });
      const reader = answer.body.getReader();
      await reader.read();
      stop.abort();
      await reader.read().then(() => {}, () => {});
    }
    assert.strictEqual(await (await fetch(`${origin}/hello`)).text(), 'Hello, World!\n');
  },
  async 'WebSocket'() {
    if (scheme === 'https') return; // its WebSocket takes no certificate that it does not know
    const ws = new WebSocket(`ws://127.0.0.1:${port}/socket`);
    ws.binaryType = 'arraybuffer';
    await new Promise((resolve, reject) => { ws.onopen = resolve; ws.onerror = reject; });
    const messages = Array.from({ length: 100 }, (_, i) => i % 2 ? 'text ä '.repeat(i * 20) : crypto.randomBytes(i * 500));
    let got = 0;
    const all = new Promise((resolve, reject) => {
      ws.onmessage = ({ data }) => {
        const wanted = messages[got++];
        const isSame = typeof wanted === 'string' ? wanted === data : Buffer.from(data).equals(wanted);
        if (!isSame) reject(new Error(`message ${got - 1} differs`));
        if (got === messages.length) resolve();
      };
    });
    messages.forEach(each => ws.send(each));
    await all;
    const closed = new Promise(resolve => { ws.onclose = event => resolve([event.code, event.wasClean]); });
    ws.close(3210, 'enough');
    assert.deepStrictEqual(await closed, [3210, true]);
  },
  async 'eventsource: events with types, ids and lines'() {
    const source = new EventSource(`${origin}/events`, { https: { rejectUnauthorized: false } });
    const ids = [];
    await new Promise((resolve, reject) => {
      source.addEventListener('tick', event => {
        ids.push(Number(event.lastEventId));
        if (event.data !== `line one\nline two of ${event.lastEventId}`) reject(new Error(JSON.stringify(event.data)));
        if (ids.length === 10) resolve();
      });
      source.onerror = event => reject(new Error(event.message));
    });
    source.close();
    ids.forEach((id, i) => assert.strictEqual(id, ids[0] + i));
  },
  async 'eventsource: comes back, with the last id'() {
    const source = new EventSource(`${origin}/event`, { https: { rejectUnauthorized: false } });
    const seen = [];
    await new Promise(resolve => {
      source.onmessage = event => {
        seen.push(`${event.lastEventId} ${event.data}`);
        if (seen.length === 4) resolve();
      };
    });
    source.close();
    assert.deepStrictEqual(seen, ['1 1', '2 2', '3 3', '4 4']);
  },
};

(async () => {
  let failed = 0;
  for (const [what, check] of Object.entries(checks)) {
    try {
      await check();
      console.log(`ok      ${what}`);
    } catch (e) {
      failed++;
      console.log(`FAILED  ${what}: ${e && e.stack || e}`);
    }
  }
  process.exit(failed ? 1 : 0);
})();
