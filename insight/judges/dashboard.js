// What a browser makes of the queue's dashboard: run by ./dashboard, which starts what is looked at.
//   node dashboard.js URL SPOOL SCREENSHOTS
// Ends with 1 where a check fails. Chromium is Debian's, driven by playwright-core.
'use strict';
const {chromium} = require('playwright-core');
const fs = require('fs');
const path = require('path');

const [url, spool, images] = process.argv.slice(2);
const HOSTILE = '<img src=x onerror="window.hacked=1">';
const failures = [];
let checks = 0;

function check(isRight, what) {
  checks++;
  console.log((isRight ? 'ok      ' : 'FAILED  ') + what);
  if (!isRight) failures.push(what);
}

/** As any program would: a file that is renamed into pending/. */
function enqueue(name, content) {
  const part = path.join(spool, 'tmp', name.replaceAll('/', '') + '.tmp');
  fs.writeFileSync(part, content);
  fs.renameSync(part, path.join(spool, 'pending', name));
}

async function open(browser, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints = [];
  page.on('console', message => { if (['error', 'warning'].includes(message.type())) complaints.push(message.text()); });
  page.on('pageerror', error => complaints.push(String(error)));
  await page.goto(url);
  await page.waitForFunction(() => document.getElementById('live').textContent === 'live');
  return {context, page, complaints};
}

async function shoot(page, name) {
  await page.mouse.move(2, 2);
  await page.screenshot({path: path.join(images, name), fullPage: false});
}

async function desk(browser) {
  const {context, page, complaints} = await open(browser, {viewport: {width: 1280, height: 1080}, colorScheme: 'light'});
  check(await page.locator('.tile').count() >= 8, 'tiles are there');
  check(await page.locator('.plot canvas').count() === 4, 'four curves are drawn');
  check(await page.locator('#workers tr').count() === 1, 'the worker is there');
  await page.waitForFunction(() => document.querySelector('#workers').textContent.includes('watches'));
  const before = await page.locator('#tiles').innerText();
  await page.waitForFunction(old => document.querySelector('#tiles').innerText !== old, before);
  check(true, 'figures change by themselves');

  // By keys alone.
  await page.keyboard.press('4');
  check(await page.locator('#tab-failed').getAttribute('aria-selected') === 'true', '4 shows what has failed');
  await page.waitForFunction(() => document.querySelector('#rows button.link'));
  await shoot(page, 'dashboard-light.png');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#detail[open] pre');
  check(await page.locator('#detail dd').count() >= 4, 'Enter opens an entry');
  const around = await page.locator('#detail').boundingBox();
  await page.screenshot({path: path.join(images, 'dashboard-entry.png'),
    clip: {x: around.x - 12, y: around.y - 12, width: around.width + 24, height: around.height + 24}});
  await page.keyboard.press('Escape');
  check(await page.locator('#detail[open]').count() === 0, 'Escape closes it');

  // Text of others stays text.
  await page.keyboard.press('/');
  await page.keyboard.type('hostile-entry');
  await page.waitForFunction(() => document.querySelectorAll('#rows button.link').length === 1);
  check((await page.locator('#rows').innerText()).includes(HOSTILE), 'markup in an entry is shown as text');
  await page.locator('#rows button.link').click();
  await page.waitForSelector('#detail[open] pre');
  check((await page.locator('#detail').innerText()).includes('12345678901234567890'), 'large numbers are not rounded');
  check(await page.evaluate(() => window.hacked) === undefined, 'and does nothing');
  check(await page.locator('#detail img, #rows img').count() === 0, 'and makes no element');
  await page.locator('#detail button.danger').click();
  await page.locator('#detail button.danger').click();
  await page.waitForFunction(() => document.querySelectorAll('#rows button.link').length === 0);
  check(true, 'discard deletes it, when asked twice');

  await page.locator('#pause').click();
  await page.waitForFunction(() => document.getElementById('pause').textContent === 'Resume');
  check(fs.existsSync(path.join(spool, 'paused')), 'pause pauses the queue');
  await page.locator('#pause').click();
  await page.waitForFunction(() => document.getElementById('pause').textContent === 'Pause');
  check(!fs.existsSync(path.join(spool, 'paused')), 'resume has it go on');

  check(complaints.length === 0, 'the browser complains of nothing: ' + complaints);
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.inline = 1';
    document.body.append(script);
    document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.inline = 2">');
  });
  await page.waitForFunction(() => document.querySelector('img').complete);
  check(await page.evaluate(() => window.inline) === undefined, 'the policy forbids scripts within the page');
  check(complaints.some(each => each.includes('Content Security Policy')), 'and the browser says so');
  await context.close();
}

async function dark(browser) {
  const {context, page, complaints} = await open(browser, {viewport: {width: 1280, height: 1080}, colorScheme: 'dark'});
  check(await page.evaluate(() => document.documentElement.dataset.theme) === 'dark', 'the theme of the system is taken');
  await page.waitForTimeout(1500);
  await shoot(page, 'dashboard-dark.png');
  await page.keyboard.press('t');
  await page.keyboard.press('t');
  await page.keyboard.press('t');
  check(await page.locator('#theme').innerText() === 'Theme: auto', 't turns the theme round');
  check(complaints.length === 0, 'nothing to complain of in the dark: ' + complaints);
  await context.close();
}

async function phone(browser) {
  const {context, page, complaints} = await open(browser, {viewport: {width: 390, height: 844}, deviceScaleFactor: 1.5, isMobile: true, hasTouch: true});
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(await overflow() <= 0, 'nothing sticks out on a phone: ' + await overflow());
  await shoot(page, 'dashboard-phone.png');
  await page.locator('#tab-failed').tap();
  await page.waitForFunction(() => document.querySelector('#rows button.link'));
  check(await overflow() <= 0, 'nor does the table');
  await page.locator('#rows button.link').first().tap();
  await page.waitForSelector('#detail[open]');
  const box = await page.locator('#detail').boundingBox();
  check(box.x >= 0 && box.x + box.width <= 390, 'an entry fits');
  await context.close();
  const narrow = await open(browser, {viewport: {width: 320, height: 600}});
  const width = await narrow.page.evaluate(() => document.documentElement.scrollWidth);
  check(width <= 320, '320 pixels are enough: ' + width);
  check(complaints.length + narrow.complaints.length === 0, 'nothing to complain of on a phone: ' + complaints + narrow.complaints);
  await narrow.context.close();
}

async function restless(browser) {
  const {context, page} = await open(browser, {viewport: {width: 1280, height: 900}});
  await context.setOffline(true);
  await page.evaluate(() => 0);
  await context.setOffline(false);
  await page.waitForFunction(() => document.getElementById('live').textContent === 'live');
  check(true, 'it comes back after a break');
  await context.close();
}

(async () => {
  enqueue('05_hostile-entry', JSON.stringify({operation: 'nobody-has-this', id: HOSTILE + 'hostile-entry', payload: {html: '</script><script>window.hacked=2</script>', big: 0}}).replace('"big":0', '"big":12345678901234567890'));
  const browser = await chromium.launch({executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox']});
  try {
    for (const part of [desk, dark, phone, restless]) await part(browser);
  } finally {
    await browser.close();
  }
  console.log(checks + ' checks, ' + failures.length + ' failed');
  process.exit(failures.length === 0 ? 0 : 1);
})().catch(error => { console.error(error); process.exit(1); });
