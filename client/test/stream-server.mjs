// A stand-in for the gateway: a log of events, streams that replay it, and answers that the test has put first.
import { createServer } from 'node:http';

export const cursor = (offset, epoch = 'e') => `${epoch}-${offset}-abc`;

export class StreamServer {
  /** Whose streams these are, from now on: as a server knows it by the cookie or token of each request. */
  callerOf = () => 'k.someone.all';
  /** How many asked whose streams theirs would be. */
  introduced = 0;
  /** What was asked for a stream: {cursor, authorization, query}. */
  requests = [];
  /** Answers to give first to who asks whose streams theirs would be. */
  introductions = [];
  /** Answers to give before all others, each a function of (request, response, this). */
  script = [];
  #events = [];
  #open = new Set();
  #closed = () => {};
  #server = createServer((request, response) => this.#answer(request, response));

  static async start() {
    const server = new StreamServer();
    await new Promise((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}/realtime/stream`;
  }

  get streams() {
    return this.#open.size;
  }

  /** Until so few streams are open. */
  async untilStreams(number) {
    while (this.#open.size > number) {
      await new Promise((resolve) => (this.#closed = resolve));
    }
  }

  publish(number) {
    for (let i = 0; i < number; i += 1) {
      const offset = this.#events.length + 1;
      const envelope = { id: `x${offset}`, org_id: 'default', event: 'made', topic: 'events', payload: { n: offset } };
      const frame = `id: ${cursor(offset)}\ndata: ${JSON.stringify(envelope)}\n\n`;
      this.#events.push(frame);
      this.say(frame);
    }
  }

  /** Writes this to all open streams. */
  say(text) {
    this.#open.forEach((response) => response.write(text));
  }

  /** Cuts all streams. */
  cut() {
    this.#open.forEach((response) => response.destroy());
  }

  /** Opens a stream as the gateway does. */
  stream(request, response) {
    const asked = request.headers['last-event-id'];
    const start = asked ? Number(asked.split('-')[1]) : this.#events.length;
    this.headers(response);
    response.write(this.opening(start, Boolean(asked), this.callerOf(request)) + this.#events.slice(start).join('') + 'event: realtime.live\ndata: {}\n\n');
  }

  /** Headers only: what follows is for `say`. */
  headers(response) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.flushHeaders();
    this.#open.add(response);
    response.on('close', () => {
      this.#open.delete(response);
      this.#closed();
    });
  }

  opening(start, resumed = false, caller = 'k.someone.all') {
    return `event: realtime.open\nid: ${cursor(start)}\nretry: 1\ndata: {"instance":"i","epoch":"e","resumed":${resumed},"caller":"${caller}"}\n\n`;
  }

  #introduce(request, response) {
    const next = this.introductions.shift();
    if (next) {
      next(request, response);
    } else {
      response.writeHead(200, CALLER).end(JSON.stringify({ caller: this.callerOf(request) }));
    }
  }

  close() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request, response) {
    if (request.url.startsWith('/realtime/caller')) {
      this.introduced += 1;
      this.#introduce(request, response);
      return;
    }
    this.requests.push({
      cursor: request.headers['last-event-id'],
      authorization: request.headers.authorization,
      query: new URL(request.url, this.url).searchParams,
    });
    const next = this.script.shift();
    if (next) {
      next(request, response, this);
    } else {
      this.stream(request, response);
    }
  }
}

export const CALLER = { 'Content-Type': 'application/json' };

export const status = (code, headers = {}, body = '') => (request, response) => response.writeHead(code, headers).end(body);

/** All that a subscription tells, and a way to wait for it. */
export class Listener {
  heard = [];
  #waiting = new Set();

  constructor(realtime) {
    this.realtime = realtime;
    for (const type of ['event', 'gap', 'open', 'live', 'close', 'state', 'warning']) {
      realtime.on(type, (detail) => {
        this.heard.push({ type, ...detail });
        this.#waiting.forEach((check) => check());
      });
    }
  }

  of(type) {
    return this.heard.filter((each) => each.type === type);
  }

  get numbers() {
    return this.of('event').map((event) => event.payload.n);
  }

  async until(isSo) {
    await new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`not so: ${isSo}; heard ${JSON.stringify(this.heard)}`)), 30_000);
      const check = () => {
        if (isSo(this)) {
          clearTimeout(late);
          this.#waiting.delete(check);
          resolve();
        }
      };
      this.#waiting.add(check);
      check();
    });
  }

  untilLive(times = 1) {
    return this.until((listener) => listener.of('live').length >= times);
  }

  untilNumber(number) {
    return this.until((listener) => listener.numbers.at(-1) === number);
  }
}

export const upTo = (number, first = 1) => Array.from({ length: number - first + 1 }, (_, i) => first + i);
