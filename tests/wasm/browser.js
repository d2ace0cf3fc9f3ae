// SPDX-License-Identifier: MIT
// Drives Chromium without a window over a pipe (Chrome DevTools Protocol 1.3): opens files on a
// screen as large as a phone's, evaluates, touches, takes pictures, and notes all addresses loaded.
'use strict';

const {spawn} = require('child_process'), fs = require('fs'), os = require('os'),
      path = require('path');

async function browser(program) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'profile'));
  const child = spawn(program,
                      [
                        '--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-pipe',
                        `--user-data-dir=${profile}`
                      ],
                      {stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']});
  const waiting = new Map(), addresses = [], errors = [];
  let last = 0, session, text = '', loaded = () => {};
  child.stdio[4].on('data', data => {
    text += data;
    for (let end; (end = text.indexOf('\0')) >= 0; text = text.slice(end + 1)) {
      const {id, result, error, method, params} = JSON.parse(text.slice(0, end));
      if (id)
        error ? waiting.get(id).failed(new Error(error.message)) : waiting.get(id).done(result);
      if (method === 'Network.requestWillBeSent') addresses.push(params.request.url);
      if (method === 'Runtime.exceptionThrown') {
        const {text, exception} = params.exceptionDetails;
        errors.push(exception?.description ?? text);
      }
      if (method === 'Page.loadEventFired') loaded();
    }
  });
  const send = (method, params = {}) => new Promise((done, failed) => {
    waiting.set(++last, {done, failed});
    child.stdio[3].write(JSON.stringify({id: last, method, params, sessionId: session}) + '\0');
  });
  const {targetId} = await send('Target.createTarget', {url: 'about:blank'});
  ({sessionId: session} = await send('Target.attachToTarget', {targetId, flatten: true}));
  for (const domain of ['Page', 'Network', 'Runtime']) await send(domain + '.enable');
  await send('Emulation.setTouchEmulationEnabled', {enabled: true});

  const evaluate = async code => {
    const {result, exceptionDetails} =
        await send('Runtime.evaluate', {expression: code, awaitPromise: true, returnByValue: true});
    if (exceptionDetails)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  return {
    addresses,
    errors,
    evaluate,
    size: (width, height) => send('Emulation.setDeviceMetricsOverride',
                                  {width, height, deviceScaleFactor: 1, mobile: width < 600}),
    open: async address => {
      const fired = new Promise(done => {
        loaded = done;
      });
      await send('Page.navigate', {url: address});
      await fired;
    },
    /** Waits until an expression is true; returns the milliseconds that it took. */
    until: async (code, seconds) => {
      const began = Date.now();
      while (!await evaluate(code)) {
        if (Date.now() - began > 1000 * seconds) throw new Error(`still not: ${code}`);
        await new Promise(done => setTimeout(done, 50));
      }
      return Date.now() - began;
    },
    /** Moves a finger along points. */
    touch: async points => {
      const at = ([x, y]) => [{x, y}];
      await send('Input.dispatchTouchEvent', {type: 'touchStart', touchPoints: at(points[0])});
      for (const p of points.slice(1))
        await send('Input.dispatchTouchEvent', {type: 'touchMove', touchPoints: at(p)});
      await send('Input.dispatchTouchEvent', {type: 'touchEnd', touchPoints: []});
    },
    picture: async file => {
      const {data} = await send('Page.captureScreenshot', {captureBeyondViewport: true});
      fs.writeFileSync(file, Buffer.from(data, 'base64'));
    },
    close: async () => {
      const ended = new Promise(done => child.on('exit', done));
      await send('Browser.close').catch(() => {});
      await ended;
      fs.rmSync(profile, {recursive: true, force: true});
    },
  };
}

module.exports = {browser};
