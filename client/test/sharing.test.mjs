import assert from 'node:assert/strict';
import { afterEach, before, beforeEach, test } from 'node:test';
import { Realtime } from '../realtime.js';
import { cursor, Listener, status, StreamServer, upTo } from './stream-server.mjs';

/** Web Locks as far as they are needed: one holder of a name, the others in line. */
class Locks {
  names = [];
  #lines = new Map();

  request(name, { signal }, callback) {
    this.names.push(name);
    const before = this.#lines.get(name) ?? Promise.resolve();
    const mine = before.then(() => (signal.aborted ? undefined : callback()));
    this.#lines.set(name, mine.catch(() => {}));
    return mine;
  }
}

let server;
let locks;
let listeners;
let channels;

before(() => {
  Object.defineProperty(globalThis, 'navigator', { configurable: true, get: () => ({ locks }) });
});

beforeEach(async () => {
  server = await StreamServer.start();
  locks = new Locks();
  listeners = [];
  channels = [];
});

afterEach(async () => {
  listeners.forEach(({ realtime }) => realtime.close());
  channels.forEach((channel) => channel.close());
  await server.close();
});

function tab(options = {}) {
  const listener = new Listener(new Realtime({ url: server.url, retryMs: 1, ...options }));
  listeners.push(listener);
  return listener;
}

/** Says something to the tabs, or hears it, as another tab would. */
function fellow() {
  const channel = new BroadcastChannel(locks.names[0]);
  channels.push(channel);
  const rewind = new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('nobody asks to go back')), 10_000).unref();
    channel.onmessage = ({ data }) => {
      if (data.type === 'rewind') {
        resolve(data);
      }
    };
  });
  rewind.catch(() => {});
  return { say: (message) => channel.postMessage(message), rewind };
}

const event = (from, to) => ({
  type: 'step',
  step: { type: 'event', from: cursor(from), id: cursor(to), envelope: { id: `x${to}`, payload: { n: to } } },
});

test('three tabs, one stream, and all hear all of it', async () => {
  const tabs = [tab(), tab(), tab()];
  await Promise.all(tabs.map((each) => each.untilLive()));
  server.publish(20);
  await Promise.all(tabs.map((each) => each.untilNumber(20)));
  tabs.forEach((each) => assert.deepEqual(each.numbers, upTo(20)));
  assert.equal(server.requests.length, 1);
  assert.deepEqual(tabs.map(({ realtime }) => realtime.leading), [true, false, false]);
});

test('who comes late begins where the leader is', async () => {
  const first = tab();
  await first.untilLive();
  server.publish(3);
  await first.untilNumber(3);
  const late = tab();
  await late.untilLive();
  assert.deepEqual(late.of('open').map((open) => [open.cursor, open.resumed]), [[cursor(3), false]]);
  server.publish(1);
  await late.untilNumber(4);
  assert.deepEqual(late.numbers, [4]);
});

test('when the leader goes the next one goes on from what it has heard', async () => {
  const [first, second, third] = [tab(), tab(), tab()];
  await Promise.all([first, second, third].map((each) => each.untilLive()));
  server.publish(5);
  await Promise.all([second, third].map((each) => each.untilNumber(5)));
  first.realtime.close();
  server.publish(5);
  await Promise.all([second, third].map((each) => each.untilNumber(10)));
  [second, third].forEach((each) => assert.deepEqual(each.numbers, upTo(10)));
  assert.deepEqual(server.requests.map((each) => each.cursor), [undefined, cursor(5)]);
  assert.equal(second.realtime.leading, true);
});

test('a follower that finds a hole takes nothing behind it, and asks for what it missed', async () => {
  const first = tab();
  await first.untilLive();
  const second = tab();
  await second.untilLive();
  const other = fellow();
  other.say(event(2, 3));
  assert.deepEqual(await other.rewind, { type: 'rewind', cursor: cursor(0) });
  other.say(event(0, 1));
  await second.untilNumber(1);
  other.say(event(0, 1));
  other.say(event(1, 2));
  await second.untilNumber(2);
  assert.deepEqual(second.numbers, [1, 2]);
});

test('asked for more, the leader goes back, and nobody hears anything twice', async () => {
  const [first, second] = [tab(), tab()];
  await Promise.all([first.untilLive(), second.untilLive()]);
  server.publish(5);
  await Promise.all([first.untilNumber(5), second.untilNumber(5)]);
  const other = fellow();
  other.say({ type: 'rewind', cursor: cursor(2) });
  await Promise.all([first.untilLive(2), second.untilLive(2)]);
  assert.equal(server.requests[1].cursor, cursor(2));
  server.publish(1);
  await Promise.all([first.untilNumber(6), second.untilNumber(6)]);
  [first, second].forEach((each) => assert.deepEqual(each.numbers, upTo(6)));
});

test('a tab that comes with an older cursor gets what came since', async () => {
  const first = tab();
  await first.untilLive();
  server.publish(5);
  await first.untilNumber(5);
  const late = tab({ cursor: cursor(2) });
  await late.untilNumber(5);
  assert.deepEqual(late.numbers, [3, 4, 5]);
  assert.deepEqual(first.numbers, upTo(5));
});

test('a gap is told to who is before it', async () => {
  const [first, second] = [tab(), tab()];
  await Promise.all([first.untilLive(), second.untilLive()]);
  const gap = { reason: 'overflow', requested: cursor(0), floor: null, head: cursor(4) };
  server.say(`event: realtime.gap\ndata: ${JSON.stringify(gap)}\n\n`);
  await Promise.all([first, second].map((each) => each.until((heard) => heard.of('gap').length === 1)));
  [first, second].forEach((each) => assert.equal(each.realtime.cursor, cursor(4)));
  const other = fellow();
  other.say({ type: 'step', step: { type: 'gap', from: cursor(0), id: cursor(3), gap } });
  other.say(event(4, 5));
  await second.untilNumber(5);
  assert.equal(second.of('gap').length, 1);
});

test('another log is a gap, a log that lost its tail too', async () => {
  const [first, second] = [tab(), tab()];
  await Promise.all([first.untilLive(), second.untilLive()]);
  const other = fellow();
  other.say({ type: 'step', step: { type: 'reached', from: cursor(7, 'f'), id: cursor(8, 'f') } });
  await second.until((heard) => heard.of('gap').length === 1);
  assert.equal(second.of('gap')[0].reason, 'epoch_changed');
  assert.equal(second.of('gap')[0].requested, cursor(0));
  const gap = { reason: 'ahead', requested: cursor(8, 'f'), floor: cursor(1, 'f'), head: cursor(6, 'f') };
  other.say({ type: 'step', step: { type: 'gap', from: cursor(8, 'f'), id: cursor(6, 'f'), gap } });
  await second.until((heard) => heard.of('gap').length === 2);
  assert.equal(second.realtime.cursor, cursor(6, 'f'));
});

test('who comes after a provisional copy hears of that event too', async () => {
  const first = tab();
  await first.untilLive();
  server.say('data: {"id":"p","payload":{"n":0},"provisional":true}\n\n');
  await first.untilNumber(0);
  tab();
  await first.untilLive(2);
  assert.equal(server.requests[1].cursor, cursor(0));
});

test('told not to come back, no tab does', async () => {
  const [first, second] = [tab(), tab()];
  await Promise.all([first.untilLive(), second.untilLive()]);
  server.say('event: realtime.close\ndata: {"reason":"revoked","reconnect":false}\n\n');
  await Promise.all([first, second].map((each) => each.until((heard) => heard.of('state').at(-1).state === 'closed')));
  assert.equal(second.of('close')[0].reason, 'revoked');
});

test('only who asks for the same shares: topics, events, key', async () => {
  const tabs = [tab(), tab({ topics: ['a'] }), tab({ events: ['a'] }), tab({ key: 'ann' }), tab({ shared: false })];
  tabs.push(tab({ token: () => 't' }), tab({ token: () => 't', key: 'ann' }));
  await Promise.all(tabs.map((each) => each.untilLive()));
  assert.equal(server.requests.length, 6, 'the last one shares with the fourth');
});

test('without locks each has its own', async () => {
  locks = undefined;
  const tabs = [tab(), tab()];
  await Promise.all(tabs.map((each) => each.untilLive()));
  assert.equal(server.requests.length, 2);
});

test('refused a lock, a tab goes on alone', async () => {
  locks.request = () => Promise.reject(new Error('no locks here'));
  const tabs = [tab(), tab()];
  await Promise.all(tabs.map((each) => each.untilLive()));
  assert.equal(server.requests.length, 2);
  tabs.forEach((each) => assert.equal(each.of('warning')[0].code, 'unshared'));
});

test('closed by a handler the moment it takes over, it leaves nothing behind', async () => {
  const [first, second, third] = [tab(), tab(), tab()];
  await Promise.all([first, second, third].map((each) => each.untilLive()));
  second.realtime.on('state', ({ state }) => state === 'connecting' && second.realtime.close());
  first.realtime.close();
  await third.untilLive(2);
  assert.deepEqual([second.realtime.leading, third.realtime.leading], [false, true]);
  server.publish(1);
  await third.untilNumber(1);
  assert.equal(server.streams, 1);
});

test('another caller, who logs in while a tab is open, has a stream of his own', async () => {
  const first = tab();
  await first.untilLive();
  server.callerOf = () => 'k.bob.all';
  const [bob, bobToo] = [tab(), tab()];
  await Promise.all([bob, bobToo].map((each) => each.untilLive()));
  assert.equal(server.requests.length, 2);
  assert.deepEqual([first, bob, bobToo].map(({ realtime }) => realtime.leading), [true, true, false]);
  assert.deepEqual(bobToo.of('open').map((open) => open.caller), ['k.bob.all']);
});

test('a tab that takes over as somebody else is told no more, nor are the others told by it', async () => {
  const [first, second, third] = [tab(), tab(), tab()];
  await Promise.all([first, second, third].map((each) => each.untilLive()));
  server.publish(2);
  await Promise.all([first, second, third].map((each) => each.untilNumber(2)));
  server.callerOf = () => 'k.bob.all';
  first.realtime.close();
  await Promise.all([second, third].map((each) => each.until((heard) => heard.of('state').at(-1).state === 'closed')));
  [second, third].forEach((each) => {
    assert.deepEqual(each.of('close'), [{ type: 'close', reason: 'caller_changed', reconnect: false }]);
    assert.deepEqual(each.numbers, [1, 2]);
  });
});

test('each tab has its own token: who takes over as somebody else ends alone', async () => {
  server.callerOf = (request) => `k.${request.headers.authorization.slice(7)}.all`;
  let who = 'ann';
  const [first, second] = [tab({ key: 'k', token: () => 'ann' }), tab({ key: 'k', token: () => who })];
  await first.untilLive();
  await second.untilLive();
  const third = tab({ key: 'k', token: () => 'ann' });
  await third.untilLive();
  who = 'bob';
  first.realtime.close();
  await third.untilLive(2);
  assert.equal(second.of('close')[0].reason, 'caller_changed');
  server.publish(1);
  await third.untilNumber(1);
  assert.deepEqual([second.numbers, third.realtime.leading], [[], true]);
});

test('one who may hear other topics after a reconnect moves to those of the same caller, and misses nothing', async () => {
  const [first, second] = [tab(), tab()];
  await Promise.all([first, second].map((each) => each.untilLive()));
  server.callerOf = () => 'k.someone.some';
  server.cut();
  await Promise.all([first, second].map((each) => each.untilLive(2)));
  server.publish(3);
  await Promise.all([first, second].map((each) => each.untilNumber(3)));
  await server.untilStreams(1);
  [first, second].forEach((each) => assert.deepEqual(each.numbers, [1, 2, 3]));
});

test('who cannot be told whose stream it is waits, then joins the others', async () => {
  const first = tab();
  await first.untilLive();
  server.introductions.push(status(503), status(401), (request) => request.socket.destroy());
  const late = tab();
  await late.untilLive();
  assert.equal(server.requests.length, 1);
  assert.deepEqual(late.of('state').filter((each) => each.state === 'waiting').map((each) => each.why), ['503', '401', 'fetch failed']);
});

for (const [what, answer] of [
  ['404', status(404)],
  ['a proxy refuses', status(403, { 'Content-Type': 'text/html' }, 'no')],
  ['a page', status(200, { 'Content-Type': 'text/html' }, '<p>')],
  ['nothing in particular', status(200, { 'Content-Type': 'application/json' }, '{}')],
]) {
  test(`a server that does not tell (${what}): each tab has its own stream`, async () => {
    server.introductions.push(answer, answer);
    const tabs = [tab(), tab()];
    await Promise.all(tabs.map((each) => each.untilLive()));
    assert.equal(server.requests.length, 2);
    tabs.forEach((each) => assert.equal(each.of('warning')[0].code, 'unshared'));
  });
}

test('a stream that does not say whose it is is not shared', async () => {
  const first = tab();
  await first.untilLive();
  const second = tab();
  await second.untilLive();
  server.script.push((request, response, it) => {
    it.headers(response);
    response.write('event: realtime.open\ndata: {"instance":"i","resumed":true}\n\nevent: realtime.live\ndata: {}\n\n');
  });
  server.cut();
  await first.untilLive(2);
  await second.untilLive(2);
  assert.equal(server.streams, 2);
  assert.equal(first.of('warning')[0].code, 'unshared');
});

test('a page that comes back from the cache as somebody else is told no more', async () => {
  const heard = new Map();
  globalThis.addEventListener = (type, listener) => heard.set(type, listener);
  globalThis.removeEventListener = () => {};
  try {
    const first = tab();
    await first.untilLive();
    heard.get('pagehide')();
    server.callerOf = () => 'k.bob.all';
    heard.get('pageshow')();
    await first.until((told) => told.of('state').at(-1).state === 'closed');
    assert.equal(first.of('close')[0].reason, 'caller_changed');
  } finally {
    delete globalThis.addEventListener;
    delete globalThis.removeEventListener;
  }
});
