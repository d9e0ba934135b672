// What Node's ws makes of our server (client PORT), and a server for our client (server PORT): see node-ws.
const { WebSocket, WebSocketServer } = require('ws');
const assert = require('node:assert');
const crypto = require('node:crypto');
const [who, port] = process.argv.slice(2);

if (who === 'server') {
  const server = new WebSocketServer({ host: '127.0.0.1', port: Number(port), perMessageDeflate: { threshold: 0 } });
  server.on('connection', ws => {
    ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
    ws.on('close', code => {
      assert.strictEqual(code, 1000);
      server.close();
      process.exit(0);
    });
  });
} else {
  const offers = [
    false, true, { threshold: 0 }, { threshold: 0, serverNoContextTakeover: true }, { threshold: 0, serverMaxWindowBits: 9 },
    { threshold: 0, clientMaxWindowBits: 9 },
  ];
  (async () => {
    for (const perMessageDeflate of offers) {
      const ws = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate });
      await new Promise((resolve, reject) => ws.once('open', resolve).once('error', reject));
      const messages = [];
      for (let i = 0; i < 200; i++) {
        messages.push(i % 3 === 0 ? crypto.randomBytes(i * 97) : `message ${i} `.repeat(i * 7));
      }
      let answered = 0;
      const done = new Promise((resolve, reject) => {
        ws.on('message', (data, isBinary) => {
          const wanted = messages[answered++];
          try {
            assert.strictEqual(isBinary, typeof wanted !== 'string');
            assert.ok(Buffer.from(wanted).equals(data), `message ${answered - 1} differs`);
          } catch (e) {
            reject(e);
          }
          if (answered === messages.length) resolve();
        });
        ws.once('close', (code, reason) => reject(new Error(`closed: ${code} ${reason}`)));
      });
      for (const message of messages) {
        const half = Math.floor(message.length / 2);
        const binary = typeof message !== 'string';
        ws.send(message.slice(0, half), { fin: false, binary });
        ws.send(message.slice(half), { fin: true, binary });
      }
      await done;
      const pong = new Promise(resolve => ws.once('pong', resolve));
      ws.ping('are you there');
      assert.strictEqual((await pong).toString(), 'are you there');
      ws.removeAllListeners('close');
      const closed = new Promise(resolve => ws.once('close', (code, reason) => resolve([code, reason.toString()])));
      ws.close(3210, 'enough');
      assert.deepStrictEqual(await closed, [3210, '']);
      console.log(`${JSON.stringify(perMessageDeflate)}: ${answered} messages, extensions "${ws.extensions}"`);
    }
  })().catch(e => {
    console.error(e);
    process.exit(1);
  });
}
