// A stand-in for the gateway: a log of events, streams that replay it, and answers that the test has put first.
import { createServer } from 'node:http';

export const cursor = (offset, epoch = 'e') => `${epoch}-${offset}-abc`;

export class StreamServer {
  /** What was asked: {cursor, authorization, query}. */
  requests = [];
  /** Answers to give before all others, each a function of (request, response, this). */
  script = [];
  #events = [];
  #open = new Set();
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
    response.write(this.opening(start, Boolean(asked)) + this.#events.slice(start).join('') + 'event: realtime.live\ndata: {}\n\n');
  }

  /** Headers only: what follows is for `say`. */
  headers(response) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    response.flushHeaders();
    this.#open.add(response);
    response.on('close', () => this.#open.delete(response));
  }

  opening(start, resumed = false) {
    return `event: realtime.open\nid: ${cursor(start)}\nretry: 1\ndata: {"instance":"i","epoch":"e","resumed":${resumed}}\n\n`;
  }

  close() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request, response) {
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
      const late = setTimeout(() => reject(new Error(`not so: ${isSo}; heard ${JSON.stringify(this.heard)}`)), 10_000);
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
