import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Realtime } from '../realtime.js';
import { cursor, Listener, status, StreamServer, upTo } from './stream-server.mjs';

const PROVISIONAL = 'data: {"id":"p","event":"made","topic":"t","payload":{"n":0},"provisional":true}\n\n';
const PROBLEM = { 'Content-Type': 'application/problem+json' };
let server;
let listener;

beforeEach(async () => {
  server = await StreamServer.start();
});

afterEach(async () => {
  listener.realtime.close();
  await server.close();
});

function listen(options = {}) {
  listener = new Listener(new Realtime({ url: server.url, shared: false, retryMs: 1, ...options }));
  return listener.realtime;
}

test('asks for what it is told to, and says what comes', async () => {
  const rt = listen({ topics: ['resource:*', 'a'], events: ['made'] });
  await listener.untilLive();
  server.publish(1);
  await listener.untilNumber(1);
  assert.equal(server.requests[0].query.toString(), 'client=fetch&topics=resource%3A*%2Ca&events=made');
  assert.deepEqual(listener.of('open'), [{ type: 'open', cursor: cursor(0), resumed: false, instance: 'i', caller: 'k.someone.all' }]);
  const [event] = listener.of('event');
  assert.deepEqual([event.event, event.topic, event.id, event.cursor, event.provisional], ['made', 'events', 'x1', cursor(1), false]);
  assert.deepEqual([rt.state, rt.leading, rt.cursor], ['live', true, cursor(1)]);
});

test('502, then 401, then 200 goes on from the last cursor with a new token', async () => {
  let tokens = 0;
  const asked = [];
  listen({ token: async (why) => (asked.push(why.refresh), `t${(tokens += 1)}`) });
  await listener.untilLive();
  server.publish(3);
  await listener.untilNumber(3);
  server.script.push(status(502), status(401, PROBLEM, '{"code":"token_expired"}'));
  server.cut();
  server.publish(3);
  await listener.untilNumber(6);
  assert.deepEqual(listener.numbers, upTo(6));
  assert.deepEqual(server.requests.map((each) => each.cursor), [undefined, cursor(3), cursor(3), cursor(3)]);
  assert.deepEqual(server.requests.map((each) => each.authorization), ['Bearer t1', 'Bearer t2', 'Bearer t3', 'Bearer t4']);
  assert.deepEqual(asked, [false, false, false, true]);
  assert.equal(listener.of('state').filter((each) => each.why === '401 token_expired')[0].delayMs, 0);
});

test('every connection has a ticket of its own, and a refused one is replaced at once', async () => {
  let tickets = 0;
  const asked = [];
  listen({ ticket: async (why) => (asked.push(why.refresh), `k${(tickets += 1)}`) });
  await listener.untilLive();
  server.publish(2);
  await listener.untilNumber(2);
  server.script.push(status(401, PROBLEM, '{"code":"ticket_used"}'));
  server.cut();
  server.publish(2);
  await listener.untilNumber(4);
  assert.deepEqual(listener.numbers, upTo(4));
  assert.deepEqual(server.requests.map((each) => each.query.get('ticket')), ['k1', 'k2', 'k3']);
  assert.deepEqual(server.requests.map((each) => each.cursor), [undefined, cursor(2), cursor(2)]);
  assert.deepEqual(server.requests.map((each) => each.authorization), [undefined, undefined, undefined]);
  assert.deepEqual(asked, [false, false, true]);
  assert.equal(listener.of('state').filter((each) => each.why === '401 ticket_used')[0].delayMs, 0);
});

test('refused again and again it backs off', async () => {
  server.script.push(status(401), status(401), status(403));
  const random = Math.random;
  Math.random = () => 1;
  try {
    listen({ token: () => 't', retryMs: 2 });
    await listener.untilLive();
  } finally {
    Math.random = random;
  }
  assert.deepEqual(listener.of('state').filter((each) => each.state === 'waiting').map((each) => each.delayMs), [0, 2, 4]);
});

test('a wait is never longer than 30 s, and anything up to it', async () => {
  const random = Math.random;
  Math.random = () => 0.5;
  try {
    server.script.push(status(500));
    listen({ retryMs: 1_000_000 });
    await listener.until((heard) => heard.of('state').some((each) => each.state === 'waiting'));
  } finally {
    Math.random = random;
  }
  assert.equal(listener.of('state').at(-1).delayMs, 15_000);
});

test('a token that cannot be had is a failure like any other', async () => {
  let calls = 0;
  listen({ token: () => ((calls += 1) === 1 ? Promise.reject(new Error('no token')) : 't') });
  await listener.untilLive();
  assert.ok(listener.of('state').some((each) => each.state === 'waiting' && each.why === 'no token'));
});

for (const code of [429, 503]) {
  test(`${code} is waited for as long as it asks`, async () => {
    server.script.push(status(code, { 'Retry-After': '7' }));
    listen();
    await listener.until((heard) => heard.of('state').some((each) => each.state === 'waiting'));
    const { delayMs } = listener.of('state').at(-1);
    assert.ok(delayMs >= 7_000 && delayMs <= 7_001, String(delayMs));
  });
}

test('what is no stream is not taken for one', async () => {
  server.script.push(status(200, { 'Content-Type': 'text/html' }, 'data: x\n\n'));
  listen();
  await listener.untilLive();
  assert.equal(listener.of('state').find((each) => each.state === 'waiting').why, 'not an event stream');
  assert.deepEqual(listener.of('event'), []);
});

test('a wrong question ends it for good', async () => {
  server.script.push(status(400, PROBLEM, '{"code":"invalid_topics"}'));
  listen();
  await listener.until((heard) => heard.of('state').some((each) => each.state === 'closed'));
  assert.deepEqual(listener.of('close'), [{ type: 'close', reason: 'invalid_topics', reconnect: false }]);
});

for (const [code, reason] of [
  [400, 'unknown_parameter'],
  [403, 'origin_not_allowed'],
  [403, 'tickets_off'],
  [403, 'auth_not_configured'],
  [404, 'not_found'],
  [405, 'method_not_allowed'],
  [406, 'not_acceptable'],
  [414, 'uri_too_long'],
  [431, 'headers_too_large'],
  [418, 'of_some_later_day'],
]) {
  test(`${code} ${reason}, in the server's own words, ends it for good`, async () => {
    server.script.push(status(code, PROBLEM, JSON.stringify({ code: reason })));
    listen({ token: () => 't' });
    await listener.until((heard) => heard.of('state').some((each) => each.state === 'closed'));
    assert.deepEqual(listener.of('close'), [{ type: 'close', reason, reconnect: false }]);
    assert.equal(listener.of('state').at(-1).why, reason);
    assert.equal(server.requests.length, 1);
  });
}

for (const code of [400, 402, 404, 410, 414, 431, 451]) {
  test(`${code} in nobody's name is tried again, and ends it when it stays`, async () => {
    server.script.push(...Array(9).fill(status(code, { 'Content-Type': 'text/html' }, '<p>')));
    listen();
    await listener.until((heard) => heard.of('state').some((each) => each.state === 'closed'));
    assert.deepEqual(listener.of('close'), [{ type: 'close', reason: `http_${code}`, reconnect: false }]);
    assert.equal(server.requests.length, 3);
  });
}

test('where it has worked before, such an answer is of the moment, and is told', async () => {
  listen();
  await listener.untilLive();
  server.script.push(...Array(5).fill(status(404)));
  server.cut();
  await listener.untilLive(2);
  assert.deepEqual(listener.of('close'), []);
  assert.deepEqual(listener.of('warning'), [{ type: 'warning', code: 'refused', detail: '404' }]);
});

for (const code of [204, 205]) {
  test(`${code}: nothing is to be heard here`, async () => {
    server.script.push(status(code));
    listen();
    await listener.until((heard) => heard.of('state').some((each) => each.state === 'closed'));
    assert.deepEqual(listener.of('close'), [{ type: 'close', reason: `http_${code}`, reconnect: false }]);
  });
}

for (const code of [206, 300, 407, 408, 421, 425, 429, 500, 501, 502, 503, 504, 505, 511, 599]) {
  test(`${code} may pass, whoever says it`, async () => {
    const own = status(code, PROBLEM, '{"code":"too_many_streams"}');
    server.script.push(status(code), own, own, status(code));
    listen();
    await listener.untilLive();
    assert.equal(server.requests.length, 5);
    assert.deepEqual(listener.of('close'), []);
  });
}

test('a credential that is refused again and again is told, once', async () => {
  server.script.push(...Array(6).fill(status(403, PROBLEM, '{"code":"topic_not_allowed"}')));
  listen({ token: () => 't' });
  await listener.untilLive();
  assert.deepEqual(listener.of('warning'), [{ type: 'warning', code: 'refused', detail: '403 topic_not_allowed' }]);
});

test('told to come back, it comes back when it was told to', async () => {
  listen();
  await listener.untilLive();
  server.publish(1);
  server.say('event: realtime.close\nretry: 3\ndata: {"reason":"draining","reconnect":true}\n\n');
  await listener.untilLive(2);
  assert.deepEqual(listener.of('close'), [{ type: 'close', reason: 'draining', reconnect: true }]);
  assert.equal(listener.of('state').find((each) => each.state === 'waiting').delayMs, 3);
  assert.equal(server.requests[1].cursor, cursor(1));
});

test('told not to, it does not', async () => {
  const rt = listen();
  await listener.untilLive();
  server.say('event: realtime.close\ndata: {"reason":"revoked","reconnect":false}\n\n');
  await listener.until((heard) => heard.of('state').at(-1)?.state === 'closed');
  assert.equal(listener.of('close')[0].reconnect, false);
  assert.equal(rt.state, 'closed');
  assert.equal(rt.leading, false);
});

test('a frame cut in two moves nothing, an id alone does', async () => {
  const rt = listen();
  await listener.untilLive();
  server.say(`id: ${cursor(5)}\n\n${PROVISIONAL}id: ${cursor(6)}\ndata: {"id":"x6"`);
  await listener.untilNumber(0);
  assert.equal(rt.cursor, cursor(5));
  server.cut();
  server.script.push((request, response, it) => {
    it.headers(response);
    it.say(it.opening(5, true));
  });
  await listener.until((heard) => heard.of('open').length === 2);
  assert.equal(server.requests[1].cursor, cursor(5));
  assert.deepEqual(listener.numbers, [0]);
});

test('a gap is told, and is behind it when it reconnects', async () => {
  const gap = { reason: 'trimmed', requested: cursor(1), floor: cursor(4), head: cursor(9) };
  server.script.push((request, response, it) => {
    it.headers(response);
    it.say(`event: realtime.gap\ndata: ${JSON.stringify(gap)}\n\n${it.opening(4)}`);
  });
  const rt = listen({ cursor: cursor(1) });
  await listener.until((heard) => heard.of('open').length === 1);
  assert.equal(server.requests[0].cursor, cursor(1));
  assert.deepEqual(listener.of('gap'), [{ type: 'gap', ...gap }]);
  assert.equal(rt.cursor, cursor(4));
});

test('a gap that many are told at once is told as late as the server asks, and once for all that come meanwhile', async () => {
  const rt = listen();
  await listener.untilLive();
  const requested = rt.cursor;
  const from = performance.now();
  const gap = { reason: 'epoch_changed', requested, floor: null, head: cursor(3, 'f') };
  server.say(`event: realtime.gap\ndata: ${JSON.stringify({ ...gap, refetch_after_ms: 300 })}\n\n`);
  const later = { ...gap, requested: cursor(3, 'f'), head: cursor(9, 'g') };
  server.say(`event: realtime.gap\ndata: ${JSON.stringify({ ...later, refetch_after_ms: 30_000 })}\n\n`);
  await listener.until((heard) => heard.of('gap').length === 1);
  assert.ok(performance.now() - from >= 290);
  assert.deepEqual(listener.of('gap'), [{ type: 'gap', ...later, requested }]);
  assert.equal(rt.cursor, cursor(9, 'g'));
});

test('a provisional copy has no cursor, and moves none', async () => {
  const rt = listen();
  await listener.untilLive();
  server.say(PROVISIONAL);
  await listener.untilNumber(0);
  assert.deepEqual([listener.of('event')[0].provisional, listener.of('event')[0].cursor], [true, null]);
  assert.equal(rt.cursor, cursor(0));
});

test('a silent connection is dead', async () => {
  listen({ silenceMs: 60 });
  await listener.untilLive(2);
  assert.equal(listener.of('state').find((each) => each.state === 'waiting').why, 'silent');
  assert.equal(listener.of('warning')[0].code, 'silence');
});

test('headers without a first frame: something buffers', async () => {
  server.script.push((request, response, it) => it.headers(response));
  listen({ bufferingMs: 20 });
  await listener.until((heard) => heard.of('warning').length === 1);
  assert.equal(listener.of('warning')[0].code, 'buffering');
  server.say(server.opening(0));
  await listener.until((heard) => heard.of('open').length === 1);
});

test('closed in the middle of a chunk it says no more', async () => {
  const rt = listen();
  await listener.untilLive();
  rt.on('event', ({ payload }) => payload.n === 2 && rt.close());
  server.script.push((request, response, it) => it.stream(request, response));
  server.cut();
  server.publish(5);
  await listener.until((heard) => heard.of('state').at(-1).state === 'closed');
  assert.deepEqual(listener.numbers, [1, 2]);
});

test('a handler ends when it is told to', async () => {
  const rt = listen();
  const numbers = [];
  const stop = rt.on('event', ({ payload }) => numbers.push(payload.n));
  await listener.untilLive();
  server.publish(1);
  await listener.untilNumber(1);
  stop();
  server.publish(1);
  await listener.untilNumber(2);
  assert.deepEqual(numbers, [1]);
});

for (const name of ['topic', 'constructor', 'toString', 'hasOwnProperty', '__proto__', 'valueOf']) {
  test(`an option that does not exist is refused: ${name}`, () => {
    listen();
    assert.throws(() => new Realtime(JSON.parse(`{"${name}":1}`)), { name: 'TypeError', message: `unknown options: ${name}` });
  });
}

test('an option that is undefined is left out', async () => {
  listen({ topics: undefined, cursor: undefined, silenceMs: undefined, token: undefined });
  await listener.untilLive();
  assert.equal(server.requests[0].query.toString(), 'client=fetch');
});

test('a page that is another caller after a reconnect is told no more', async () => {
  const gap = { reason: 'epoch_changed', requested: cursor(2), floor: null, head: cursor(9) };
  const rt = listen({ token: () => 't' });
  await listener.untilLive();
  server.publish(2);
  await listener.untilNumber(2);
  server.script.push((request, response, it) => {
    it.headers(response);
    it.say(`event: realtime.gap\ndata: ${JSON.stringify(gap)}\n\n${it.opening(9, false, 'k.other.all')}id: ${cursor(10)}\ndata: {"id":"x10","payload":{"n":10}}\n\n`);
  });
  server.cut();
  await listener.until((heard) => heard.of('state').at(-1).state === 'closed');
  assert.deepEqual(listener.of('close'), [{ type: 'close', reason: 'caller_changed', reconnect: false }]);
  assert.deepEqual([listener.numbers, listener.of('gap'), rt.cursor], [[1, 2], [], cursor(2)]);
});

for (const [what, caller] of [['other topics', 'k.someone.some'], ['a hash with another key', 'j.other.all']]) {
  test(`${what} of the same caller is no end`, async () => {
    listen();
    await listener.untilLive();
    server.callerOf = () => caller;
    server.cut();
    await listener.untilLive(2);
    assert.deepEqual(listener.of('open').map((open) => open.caller), ['k.someone.all', caller]);
    assert.deepEqual(listener.of('close'), []);
  });
}

test('a gap before the open counts when the stream has opened', async () => {
  const gap = { reason: 'trimmed', requested: cursor(1), floor: cursor(4), head: cursor(9) };
  server.script.push((request, response, it) => {
    it.headers(response);
    it.say(`event: realtime.gap\ndata: ${JSON.stringify(gap)}\n\n`);
    response.end();
  });
  listen({ cursor: cursor(1) });
  await listener.untilLive();
  assert.deepEqual(listener.of('gap'), []);
  assert.deepEqual(server.requests.map((each) => each.cursor), [cursor(1), cursor(1)]);
});
