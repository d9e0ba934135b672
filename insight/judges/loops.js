// What a browser makes of the page of loops: run by ./loops, which starts what is looked at.
//   node loops.js URL SCREENSHOTS [HOST:PORT of an echo server to drive]
// Ends with 1 where a check fails. Chromium is Debian's, driven by playwright-core.
'use strict';
const {chromium} = require('playwright-core');
const net = require('net');
const path = require('path');

const [url, images, target] = process.argv.slice(2);
const failures = [];
let checks = 0;

function check(isRight, what) {
  checks++;
  console.log((isRight ? 'ok      ' : 'FAILED  ') + what);
  if (!isRight) failures.push(what);
}

/** Some connections that say something again and again. */
function drive() {
  if (!target) return [];
  const [host, port] = [target.slice(0, target.lastIndexOf(':')), Number(target.slice(target.lastIndexOf(':') + 1))];
  return Array.from({length: 12}, (each, i) => {
    const socket = net.connect(port, host);
    socket.on('data', () => setTimeout(() => socket.write('ping'), i));
    socket.on('error', () => {});
    socket.write('ping');
    return socket;
  });
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
  check(await page.locator('#rows tr').count() >= 1, 'a loop is there');
  const before = await page.locator('#tiles').innerText();
  await page.waitForFunction(old => document.querySelector('#tiles').innerText !== old, before);
  check(true, 'figures change by themselves');
  await page.waitForTimeout(12000); // for curves that are worth a picture
  await shoot(page, 'loops-light.png');

  // By keys alone.
  const sorted = await page.locator('#sorted').innerText();
  await page.keyboard.press('s');
  check(await page.locator('#sorted').innerText() !== sorted, 's sorts by the next column');
  check(await page.locator('#heads th[aria-sort="descending"]').count() === 1, 'and says by which');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#detail[open] .bars progress');
  check(await page.locator('#detail .counters dd').count() > 5, 'Enter opens a loop with its counters');
  check(await page.locator('#detail .bars progress').count() > 2, 'histograms are bars');
  const box = await page.locator('#detail').boundingBox();
  await page.screenshot({path: path.join(images, 'loops-detail.png'), clip: {x: Math.max(0, box.x - 12), y: Math.max(0, box.y - 12), width: box.width + 24, height: Math.min(box.height + 24, 1080 - Math.max(0, box.y - 12))}});
  await page.keyboard.press('Escape');
  check(await page.locator('#detail[open]').count() === 0, 'Escape closes it');
  await page.keyboard.press('f');
  await page.waitForSelector('#nodes button.link');
  check(await page.locator('#nodes tr').count() >= 1, 'f shows fibers and handles');
  await page.locator('#nodes button.link').first().focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector('#detail[open] h2');
  check(await page.locator('#detail h2').innerText() !== '', 'Enter opens one of them');
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await page.keyboard.type('nothing-has-this');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('#nodes .empty'));
  check(true, '/ searches them');
  await page.keyboard.press('Escape');
  await page.keyboard.press('p');
  const stopped = await page.locator('#tiles').innerText();
  await page.waitForTimeout(2500);
  check(await page.locator('#tiles').innerText() === stopped, 'p has it stand still');
  await page.keyboard.press('p');
  await page.keyboard.press('?');
  check(await page.locator('#keys[open] li').count() >= 8, '? lists the keys');
  await page.keyboard.press('Escape');
  check(complaints.length === 0, 'the browser complains of nothing: ' + complaints);
  await context.close();
}

async function dark(browser) {
  const {context, page, complaints} = await open(browser, {viewport: {width: 1280, height: 1080}, colorScheme: 'dark'});
  check(await page.evaluate(() => document.documentElement.dataset.theme) === 'dark', 'the theme of the system is taken');
  await page.waitForTimeout(1500);
  await shoot(page, 'loops-dark.png');
  check(complaints.length === 0, 'nothing to complain of in the dark: ' + complaints);
  await context.close();
}

async function phone(browser) {
  const {context, page, complaints} = await open(browser, {viewport: {width: 390, height: 844}, deviceScaleFactor: 1.5, isMobile: true, hasTouch: true});
  const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(await overflow() <= 0, 'nothing sticks out on a phone: ' + await overflow());
  await page.waitForSelector('#rows button.link');
  await shoot(page, 'loops-phone.png');
  await page.locator('#rows button.link').first().tap();
  await page.waitForSelector('#detail[open] .bars progress');
  const box = await page.locator('#detail').boundingBox();
  check(box.x >= 0 && box.x + box.width <= 390, 'a loop fits');
  await context.close();
  check(complaints.length === 0, 'nothing to complain of on a phone: ' + complaints);
}

(async () => {
  const sockets = drive();
  const browser = await chromium.launch({executablePath: process.env.CHROMIUM || '/usr/bin/chromium', args: ['--no-sandbox']});
  try {
    for (const part of [desk, dark, phone]) await part(browser);
  } finally {
    await browser.close();
    sockets.forEach(each => each.destroy());
  }
  console.log(checks + ' checks, ' + failures.length + ' failed');
  process.exit(failures.length === 0 ? 0 : 1);
})().catch(error => { console.error(error); process.exit(1); });
