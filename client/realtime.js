// The browser's end of Realtime Transport. No dependencies. docs/CLIENT.md says how to use it, docs/WIRE.md what it hears.

/** Longest wait before a reconnect that the server did not ask for, in milliseconds. */
const LONGEST_WAIT_MS = 30_000;
/** A server may ask for a longer wait, up to this. */
const LONGEST_ASKED_WAIT_MS = 300_000;
/** A stream that has been open for so long has worked: the next wait is a short one again. */
const STABLE_MS = 5_000;
/** A server may ask to wait with fetching again after a gap, up to this. */
const LONGEST_REFETCH_WAIT_MS = 60_000;
/** How often a tab that has missed something asks for it. */
const REWIND_EVERY_MS = 5_000;
/** A refusal in nobody's name, such as a proxy's, may be of the moment: it has to come so often in a row. */
const REFUSED_TOO_OFTEN = 3;
/** Refusals that may pass: with another credential, with time, on another connection. */
const PASSING = [401, 403, 407, 408, 421, 425, 429];
/** Refusals of a 403 that no other credential changes. */
const UNCHANGING = ['auth_not_configured', 'origin_not_allowed', 'tickets_off'];
/** Largest frame that is taken, in characters. */
const MAX_FRAME_CHARS = 64 * 1_024 * 1_024;
/** Tabs share a stream only with tabs that speak this version of the messages between them. */
const TABS_VERSION = 2;
const UNTOLD = 'the server does not tell whose stream it is';

/**
 * Beside this module, where the endpoint serves it to its own pages: a proxy may have put a path before both. Elsewhere,
 * such as in a bundle, at the root.
 */
function usualUrl() {
  const beside = /^(https?:\/\/[^/?#]*)([^?#]*\/realtime\/)realtime\.js([?#]|$)/.exec(import.meta.url ?? '');
  return `${beside && beside[1] === globalThis.location?.origin ? beside[2] : '/realtime/'}stream`;
}

const DEFAULTS = {
  url: usualUrl(),
  topics: [],
  events: [],
  credentials: 'same-origin',
  cursor: null,
  shared: true,
  retryMs: 2_000,
  silenceMs: 40_000,
  bufferingMs: 3_000,
};

// ---------------------------------------------------------------- parser

/** Reads server-sent events from bytes, however they are cut. A frame that is not finished does not count. */
export class SseParser {
  #decoder = new TextDecoder();
  #afterCr = false;
  #line = [];
  #chars = 0;
  #frame = {};
  #onFrame;
  #maxChars;

  /** @param onFrame is given {event, id, data, retry} of every frame; what the frame does not have is undefined */
  constructor(onFrame, maxChars = MAX_FRAME_CHARS) {
    this.#onFrame = onFrame;
    this.#maxChars = maxChars;
  }

  /** @param {Uint8Array} bytes */
  feed(bytes) {
    const text = this.#decoder.decode(bytes, { stream: true });
    if (text === '') {
      return;
    }
    let start = this.#afterCr && text[0] === '\n' ? 1 : 0;
    this.#afterCr = text.endsWith('\r');
    const ends = /\r\n?|\n/g;
    ends.lastIndex = start;
    for (let end = ends.exec(text); end; end = ends.exec(text)) {
      this.#hold(text.slice(start, end.index));
      const line = this.#line.join('');
      this.#line = [];
      start = ends.lastIndex;
      this.#take(line);
    }
    this.#hold(text.slice(start));
  }

  #hold(part) {
    this.#line.push(part);
    this.#chars += part.length;
    if (this.#chars > this.#maxChars) {
      throw new Error(`a frame of more than ${this.#maxChars} characters`);
    }
  }

  #take(line) {
    if (line === '') {
      const { data, ...frame } = this.#frame;
      this.#frame = {};
      this.#chars = 0;
      if (data || Object.keys(frame).length > 0) {
        this.#onFrame({ ...frame, data: data?.join('\n') });
      }
      return;
    }
    const colon = line.indexOf(':');
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'data') {
      (this.#frame.data ??= []).push(value);
    } else if (name === 'event') {
      this.#frame.event = value;
    } else if (name === 'id' && !value.includes('\0')) {
      this.#frame.id = value;
    } else if (name === 'retry' && /^[0-9]+$/.test(value)) {
      this.#frame.retry = Number(value);
    }
  }
}

/** Whether the page is asked for a credential: then it may have a new one. */
const asksFor = ({ token, ticket }) => Boolean(token || ticket);

// ---------------------------------------------------------------- callers

/** Whether these are two for certain. What was made with another key, or is not there, says nothing. */
function areTwo(a, b) {
  const [[key, who], [otherKey, other]] = [a, b].map((caller) => (caller ?? '').split('.'));
  return key === otherKey && who !== other;
}

// ---------------------------------------------------------------- cursors

/** Below zero if a is before b, above if behind it; NaN where they are of two logs, or one is no cursor. */
function compare(a, b) {
  const [left, right] = [a, b].map((cursor) => /^([A-Za-z0-9._]+)-([0-9]+)-[0-9a-f]+$/.exec(cursor ?? ''));
  if (!left || !right || left[1] !== right[1]) {
    return a === b ? 0 : NaN;
  }
  const [x, y] = [BigInt(left[2]), BigInt(right[2])];
  return x < y ? -1 : Number(x > y);
}

// ---------------------------------------------------------------- connection

/**
 * One stream at a time, opened again whenever it ends. What it hears becomes steps: {type, from, id, …}, where `from`
 * is the cursor that the step follows and `id` the one that it leads to. They are handed on one by one, never queued.
 */
class Connection {
  #options;
  #onStep;
  #onCaller;
  #cursor;
  #live = false;
  #opened = false;
  #gapBefore = null;
  #provisional = false;
  #stopped = false;
  #attempt = new AbortController();
  #wake = () => {};
  #base;
  #failures = 0;
  #refusals = 0;
  #worked = false;
  #refresh = false;
  #again = false;

  /**
   * @param onStep is given each step, and whether it is one of a stream that `onCaller` has let pass
   * @param onCaller is told whose stream has opened, before any step of it; returns whether it may go on
   */
  constructor(options, cursor, onStep, onCaller) {
    this.#options = options;
    this.#cursor = cursor;
    this.#base = options.retryMs;
    this.#onStep = onStep;
    this.#onCaller = onCaller;
  }

  /** Where it is: the step after next follows this. */
  get cursor() {
    return this.#cursor;
  }

  get live() {
    return this.#live;
  }

  /** Whether events were told outside the order: only who heard them on this very stream has them. */
  get provisional() {
    return this.#provisional;
  }

  /** Goes back, if it is further: the server tells again what came since. */
  rewind(cursor) {
    if (cursor !== null && (this.#cursor === null || compare(cursor, this.#cursor) < 0)) {
      this.#cursor = cursor;
      this.reopen();
    }
  }

  /** At once, and from the cursor. */
  reopen() {
    this.#again = true;
    this.#attempt.abort();
  }

  /** Waits no longer, if it waits. */
  wake() {
    this.#wake();
  }

  stop() {
    this.#stopped = true;
    this.#attempt.abort();
    this.#wake();
  }

  /** Until it is stopped. Never fails. */
  async run() {
    await this.#repeat((attempt) => this.#open(attempt));
  }

  /** Whose streams these would be; null if the server does not tell, undefined if it was stopped first. Never fails. */
  async identify() {
    const end = await this.#repeat((attempt) => this.#ask(attempt));
    return end?.caller;
  }

  /** One attempt after the other, until one of them says that all is done. */
  async #repeat(attempting) {
    while (!this.#stopped) {
      this.#attempt = new AbortController();
      this.#again = false;
      this.#state('connecting');
      const end = await attempting(this.#attempt);
      this.#attempt.abort();
      this.#live = false;
      this.#opened = false;
      this.#gapBefore = null;
      if (this.#stopped) {
        return undefined;
      }
      if (end.done) {
        return end;
      }
      if (!this.#again) {
        const delayMs = Math.round(end.delayMs ?? this.#backoff());
        this.#state('waiting', { why: end.why, delayMs });
        await this.#wait(delayMs);
      }
    }
    return undefined;
  }

  /** One attempt to hear whose streams these would be. What this server does not know of will not be better later. */
  async #ask(attempt) {
    const silence = new Alarm(this.#options.silenceMs, () => attempt.abort(new Error('silent')));
    try {
      silence.set();
      const response = await this.#request(attempt.signal, 'caller');
      if (mayPass(response) && (response.status !== 403 || isProblem(response))) {
        return await this.#refused(response);
      }
      const said = response.ok && isJson(response) ? await response.json() : {};
      return { done: true, caller: typeof said.caller === 'string' ? said.caller : null };
    } catch (failure) {
      return { why: String(failure?.message ?? failure) };
    } finally {
      silence.clear();
    }
  }

  /** One attempt; returns how it ended, and how long to wait if that was said. */
  async #open(attempt) {
    const { signal } = attempt;
    const ended = { why: 'ended', delayMs: undefined };
    const silence = new Alarm(this.#options.silenceMs, () => {
      ended.why = 'silent';
      this.#warn('silence', `nothing came for ${this.#options.silenceMs} ms: the network, or a proxy that holds it back`);
      attempt.abort();
    });
    const buffering = new Alarm(this.#options.bufferingMs, () =>
      this.#warn('buffering', `nothing came for ${this.#options.bufferingMs} ms after the headers: a proxy seems to buffer`));
    let opened = 0;
    try {
      silence.set();
      const response = await this.#request(signal, 'stream');
      if (!response.ok || !/^text\/event-stream\b/i.test(typeOf(response))) {
        return await this.#refused(response);
      }
      this.#refusals = 0;
      buffering.set();
      const parser = new SseParser((frame) => {
        if (signal.aborted) {
          return;
        }
        if (frame.event === 'realtime.open') {
          opened = performance.now();
        }
        this.#hear(frame, ended);
        if (ended.why !== 'ended') {
          attempt.abort();
        }
      });
      const reader = response.body.getReader();
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        silence.set();
        buffering.clear(); // perhaps by a comment: this stream has to wait for its replay
        parser.feed(read.value);
      }
    } catch (failure) {
      if (ended.why === 'ended') {
        ended.why = signal.aborted ? 'again' : String(failure?.message ?? failure);
      }
    } finally {
      silence.clear();
      buffering.clear();
      if (opened > 0 && performance.now() - opened >= STABLE_MS) {
        this.#failures = 0;
      }
    }
    return ended;
  }

  /** @param what a stream, or whose it would be (`caller`), which is told beside it */
  async #request(signal, what) {
    const { token, ticket, url, topics, events, credentials } = this.#options;
    const refresh = this.#refresh;
    const given = await abortable(signal, token?.({ refresh }));
    const single = await abortable(signal, ticket?.({ refresh }));
    this.#refresh = false;
    const address = new URL(url, globalThis.location?.href);
    if (what === 'caller') {
      address.pathname = address.pathname.replace(/[^/]*$/, what);
      address.search = '';
    } else {
      address.searchParams.set('client', 'fetch');
    }
    if (single) {
      address.searchParams.set('ticket', single);
    }
    for (const [name, patterns] of Object.entries({ topics, events })) {
      if (patterns.length > 0 && what === 'stream') {
        address.searchParams.set(name, patterns.join(','));
      }
    }
    const headers = { Accept: what === 'stream' ? 'text/event-stream' : 'application/json' };
    if (given) {
      headers.Authorization = `Bearer ${given}`;
    }
    if (this.#cursor !== null && what === 'stream') {
      headers['Last-Event-ID'] = this.#cursor;
    }
    return fetch(address, { headers, signal, credentials, cache: 'no-store' });
  }

  /** An answer that is no stream. */
  async #refused(response) {
    const problem = isProblem(response) ? await response.json().catch(() => ({})) : {};
    const why = response.ok ? 'not an event stream' : `${response.status} ${problem.code ?? ''}`.trim();
    if (response.status < 500) {
      this.#refusals += 1;
    }
    if (this.#isForGood(response.status, problem.code)) {
      this.#tell({ type: 'close', reason: problem.code ?? `http_${response.status}`, reconnect: false });
      return { why };
    }
    if (this.#refusals === REFUSED_TOO_OFTEN) {
      this.#warn('refused', why);
    }
    if (response.status === 401 || response.status === 403) {
      this.#refresh = true;
      return { why, delayMs: this.#refusals === 1 && asksFor(this.#options) ? 0 : undefined };
    }
    const asked = [429, 503].includes(response.status) ? afterMs(response.headers.get('Retry-After')) : 0;
    return { why, delayMs: asked > 0 ? asked + Math.random() * this.#base : undefined };
  }

  /** Whether asking again would bring the same: what the server itself says, and what nobody takes back. */
  #isForGood(status, code) {
    if (status === 204 || status === 205) {
      return true; // as for an EventSource: there is nothing to hear here
    }
    if (status < 400 || status >= 500 || (PASSING.includes(status) && !UNCHANGING.includes(code))) {
      return false;
    }
    return code !== undefined || (!this.#worked && this.#refusals >= REFUSED_TOO_OFTEN);
  }

  #hear(frame, ended) {
    const { id } = frame;
    const from = this.#cursor;
    if (frame.event === 'realtime.gap') {
      const gap = JSON.parse(frame.data);
      const to = (gap.reason === 'trimmed' ? gap.floor : gap.head) ?? undefined;
      const step = { type: 'gap', from, id: to, gap };
      if (this.#opened) {
        this.#step(step);
      } else {
        this.#gapBefore = step; // until it is known whose stream it is
      }
    } else if (frame.event === 'realtime.open') {
      this.#base = Math.min(frame.retry ?? this.#base, LONGEST_WAIT_MS);
      this.#provisional = false;
      const { instance, resumed, caller } = JSON.parse(frame.data);
      if (!this.#onCaller(caller)) {
        ended.why = 'another caller';
        return;
      }
      this.#opened = true;
      this.#worked = true;
      if (this.#gapBefore) {
        this.#step(this.#gapBefore);
      }
      this.#state('open');
      this.#step({ type: 'open', from: id ?? this.#cursor, id, instance, resumed, caller });
    } else if (frame.event === 'realtime.live') {
      this.#live = true;
      this.#state('live');
      this.#tell({ type: 'live' });
    } else if (frame.event === 'realtime.close') {
      const { reason, reconnect } = JSON.parse(frame.data);
      const delayMs = frame.retry === undefined ? undefined : Math.min(frame.retry, LONGEST_ASKED_WAIT_MS);
      Object.assign(ended, { why: reason, delayMs });
      this.#refresh = reason === 'expired';
      this.#tell({ type: 'close', reason, reconnect });
    } else if (frame.data !== undefined && !frame.event?.startsWith('realtime.')) {
      this.#provisional ||= id === undefined;
      this.#step({ type: 'event', from, id, envelope: JSON.parse(frame.data) });
    } else if (id !== undefined) {
      this.#step({ type: 'reached', from, id });
    }
  }

  #step(step) {
    this.#cursor = step.id ?? this.#cursor;
    this.#tell(step);
  }

  #state(state, more) {
    this.#tell({ type: 'state', state, ...more });
  }

  #warn(code, detail) {
    this.#tell({ type: 'warning', code, detail });
  }

  #tell(step) {
    this.#onStep(step, this.#opened);
  }

  /** Full jitter: anything between nothing and a limit that doubles. */
  #backoff() {
    const limit = Math.min(LONGEST_WAIT_MS, this.#base * 2 ** this.#failures);
    this.#failures = Math.min(this.#failures + 1, 16);
    return Math.random() * limit;
  }

  #wait(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Rings once, so long after it was last set. */
class Alarm {
  #timer;
  #ms;
  #ring;

  constructor(ms, ring) {
    this.#ms = ms;
    this.#ring = ring;
  }

  set() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#ring, this.#ms);
  }

  clear() {
    clearTimeout(this.#timer);
  }
}

function abortable(signal, promise) {
  return Promise.race([
    promise,
    new Promise((resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true })),
  ]);
}

/** Whether a refusal may pass: with another credential, or with time. */
function mayPass({ status }) {
  return PASSING.includes(status) || (status >= 500 && status !== 501);
}

const typeOf = (response) => response.headers.get('Content-Type') ?? '';
const isJson = (response) => /^application\/json\b/i.test(typeOf(response));
/** Whether it is the server's own refusal, and not that of something on the way. */
const isProblem = (response) => /^application\/problem\+json\b/i.test(typeOf(response));

/** What a Retry-After asks for, in milliseconds; 0 if it says nothing. */
function afterMs(header) {
  const ms = /^[0-9]+$/.test(header ?? '') ? Number(header) * 1_000 : Date.parse(header ?? '') - Date.now();
  return ms > 0 ? Math.min(ms, LONGEST_ASKED_WAIT_MS) : 0;
}

// ---------------------------------------------------------------- one for all tabs

/**
 * A subscription. Tabs that ask for the same share one connection, if the server knows them as the same caller: that is
 * asked before, and looked at in each stream that opens. Whoever holds the lock leads, opens it, and passes every step
 * on; the others follow. Each tab has its own cursor and takes only what follows it, so that whoever leads,
 * nothing is told twice; a tab that has missed something has the leader go back.
 */
export class Realtime {
  #options;
  #wanted;
  #tab = Math.random().toString(36).slice(2);
  #handlers = new Map();
  #cursor;
  #state = 'connecting';
  #caller;
  #asking = null;
  #connection = null;
  #leads = false;
  #channel = null;
  #leaving = null;
  #group = null;
  #lastRewind = -Infinity;
  /** A gap that waits until it is told. */
  #gap = null;
  #gapTimer = null;
  #onHide = () => this.#leave();
  #onShow = () => this.#join();
  #onOnline = () => [this.#asking, this.#connection].forEach((each) => each?.wake());

  constructor(options = {}) {
    const unknown = Object.keys(options).filter((name) => !Object.hasOwn(DEFAULTS, name) && !['token', 'ticket', 'key'].includes(name));
    if (unknown.length > 0) {
      throw new TypeError(`unknown options: ${unknown.join(', ')}`);
    }
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    this.#options = { ...DEFAULTS, ...Object.fromEntries(given) };
    const { url, topics, events, credentials, key } = this.#options;
    const address = new URL(url, globalThis.location?.href).href;
    this.#wanted = [TABS_VERSION, address, [...topics].sort(), [...events].sort(), credentials, key];
    this.#cursor = this.#options.cursor ?? null;
    globalThis.addEventListener?.('pagehide', this.#onHide);
    globalThis.addEventListener?.('pageshow', this.#onShow);
    globalThis.addEventListener?.('online', this.#onOnline);
    queueMicrotask(() => this.#join());
  }

  /** Everything up to here has been told to this tab; null before the first `open`. */
  get cursor() {
    return this.#cursor;
  }

  get state() {
    return this.#state;
  }

  /** Whether it is this tab that holds the connection. */
  get leading() {
    return this.#connection !== null;
  }

  /** Calls the handler for each of these; returns what ends that. */
  on(type, handler) {
    const handlers = this.#handlers.get(type) ?? new Set();
    this.#handlers.set(type, handlers.add(handler));
    return () => handlers.delete(handler);
  }

  /** For good. Another tab goes on, if there is one. */
  close() {
    if (this.#state !== 'closed') {
      this.#end('closed by the page');
    }
  }

  #join() {
    if (this.#state === 'closed' || this.#leaving) {
      return;
    }
    this.#leaving = new AbortController();
    const { shared, key } = this.#options;
    const mayShare = shared && (!asksFor(this.#options) || key !== undefined);
    if (mayShare && globalThis.navigator?.locks && globalThis.BroadcastChannel) {
      this.#introduce(this.#leaving.signal);
    } else {
      this.#open();
    }
  }

  /** Asks whose tab this is; then it joins those of the same caller. */
  async #introduce(left) {
    this.#asking = new Connection(this.#options, null, (step) => this.#take(step));
    const caller = await this.#asking.identify();
    if (left.aborted || caller === undefined) {
      return;
    }
    this.#asking = null;
    if (caller === null) {
      this.#alone(UNTOLD);
    } else if (this.#isStill(caller)) {
      this.#gather();
    }
  }

  /** Whether it is whose events this page has been told. If not it is told no more: they would be somebody else's. */
  #isStill(caller) {
    const before = this.#caller;
    this.#caller = caller ?? before;
    if (before === undefined || caller === undefined || !areTwo(before, caller)) {
      return true;
    }
    this.#take({ type: 'close', reason: 'caller_changed', reconnect: false });
    return false;
  }

  /** Joins the tabs of this caller: with a stream of its own, if it has one, until another one of them leads. */
  #gather() {
    const name = `realtime ${JSON.stringify([...this.#wanted, this.#caller])}`;
    const group = new AbortController();
    const { signal } = group;
    this.#group = group;
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }) => this.#hear(data);
    this.#post({ type: 'join', tab: this.#tab });
    const leads = (release) => {
      if (signal.aborted) {
        release();
      } else {
        signal.addEventListener('abort', release, { once: true });
        this.#lead();
      }
    };
    globalThis.navigator.locks
      .request(name, { signal }, () => new Promise(leads))
      .catch((failure) => {
        if (!signal.aborted && !this.#leads) {
          this.#alone(String(failure));
        }
      });
  }

  #alone(why) {
    this.#hangUp();
    this.#take({ type: 'warning', code: 'unshared', detail: why });
    this.#open();
  }

  /** Until it comes back, if it does: a page may be kept while it is not shown. */
  #leave() {
    this.#asking?.stop();
    this.#asking = null;
    this.#shut();
    this.#hangUp();
    this.#leaving?.abort();
    this.#leaving = null;
  }

  #shut() {
    this.#connection?.stop();
    this.#connection = null;
  }

  /** Leaves the other tabs. */
  #hangUp() {
    this.#leads = false;
    this.#group?.abort();
    this.#group = null;
    if (this.#channel) {
      this.#channel.onmessage = null;
      this.#channel.close();
      this.#channel = null;
    }
  }

  #lead() {
    this.#leads = true;
    this.#post({ type: 'lead' });
    this.#open();
  }

  /** Unless there is a stream already. */
  #open() {
    if (this.#connection) {
      return;
    }
    const onStep = (step, opened) => {
      if (this.#leads && (opened || step.type === 'state' || step.type === 'warning')) {
        this.#post({ type: 'step', step });
      }
      this.#take(step);
    };
    this.#connection = new Connection(this.#options, this.#cursor, onStep, (caller) => this.#opens(caller));
    this.#connection.run();
  }

  /** Whether a stream of this caller's may go on. The tabs that it is shared with are those of the same caller. */
  #opens(caller) {
    const before = this.#caller;
    if (!this.#isStill(caller)) {
      return false;
    }
    if (this.#group && caller === undefined) {
      this.#hangUp();
      this.#take({ type: 'warning', code: 'unshared', detail: UNTOLD });
    } else if (this.#group && caller !== before) {
      this.#hangUp();
      this.#gather();
    }
    return true;
  }

  /** From another tab. */
  #hear(message) {
    const stream = this.#connection;
    if (this.#leads && message.type === 'join') {
      this.#post({ type: 'hello', to: message.tab, cursor: stream.cursor, state: this.#state, live: stream.live });
      if (stream.provisional) {
        stream.reopen();
      }
    } else if (this.#leads && message.type === 'rewind') {
      stream.rewind(message.cursor);
    } else if (message.type === 'step' && (!stream || isFinal(message.step))) {
      this.#take(message.step);
    } else if (!this.#leads && message.type === 'hello' && message.to === this.#tab) {
      this.#shut();
      this.#greet(message);
    } else if (!this.#leads && message.type === 'lead' && stream) {
      this.#post({ type: 'join', tab: this.#tab });
    }
  }

  #greet({ cursor, state, live }) {
    this.#take({ type: 'state', state });
    if (cursor !== null) {
      this.#take({ type: 'open', from: cursor, id: cursor, resumed: this.#cursor !== null, caller: this.#caller });
    }
    if (live) {
      this.#take({ type: 'live' });
    }
  }

  #take(step) {
    if (step.type === 'event') {
      if (step.id === undefined || this.#advance(step)) {
        this.#emit('event', told(step));
      }
    } else if (step.type === 'reached') {
      this.#advance(step);
    } else if (step.type === 'open') {
      this.#advance(step);
      const { resumed, instance, caller } = step;
      this.#emit('open', { cursor: this.#cursor, resumed, instance, ...(caller && { caller }) });
    } else if (step.type === 'gap') {
      this.#takeGap(step);
    } else if (step.type === 'state') {
      this.#enter(step);
    } else {
      const { type, ...detail } = step;
      this.#emit(type, detail);
      if (isFinal(step)) {
        this.#end(step.reason);
      }
    }
  }

  /** Moves the cursor, if the step leads on from it. */
  #advance({ from, id }) {
    if (this.#cursor !== from) {
      const order = this.#cursor === null ? 0 : compare(this.#cursor, from);
      if (order < 0 || from === null) {
        this.#goBack();
        return false;
      }
      if (this.#cursor === null) {
        this.#cursor = from;
      } else if (Number.isNaN(order)) {
        this.#takeGap({ id: from, gap: { reason: 'epoch_changed', floor: null, head: from } });
      }
    }
    if (id === undefined || compare(this.#cursor, id) >= 0) {
      return false;
    }
    this.#cursor = id;
    return true;
  }

  /** Not told to a tab that is already behind the hole; unless the log itself went back. */
  #takeGap({ id, gap }) {
    if (gap.reason === 'ahead' || !(compare(this.#cursor, id) >= 0)) {
      const requested = this.#cursor ?? gap.requested ?? null;
      this.#cursor = id ?? this.#cursor;
      this.#tellGap({ ...gap, requested });
    }
  }

  /**
   * As late as the server asks where it tells many at once, so that they do not all fetch again at once. A gap that
   * comes meanwhile goes together with the one that waits: one fetch is for both.
   */
  #tellGap({ refetch_after_ms: afterMs = 0, ...gap }) {
    const waiting = this.#gap;
    const told = waiting ? { ...gap, requested: waiting.requested } : gap;
    if (!(afterMs > 0)) {
      this.#forgetGap();
      this.#emit('gap', told);
      return;
    }
    this.#gap = told;
    this.#gapTimer ??= setTimeout(() => {
      const due = this.#gap;
      this.#forgetGap();
      this.#emit('gap', due);
    }, Math.min(afterMs, LONGEST_REFETCH_WAIT_MS));
  }

  #forgetGap() {
    clearTimeout(this.#gapTimer);
    this.#gap = null;
    this.#gapTimer = null;
  }

  /** This tab has missed what came after its cursor. */
  #goBack() {
    const now = performance.now();
    if (now - this.#lastRewind >= REWIND_EVERY_MS) {
      this.#lastRewind = now;
      this.#post({ type: 'rewind', cursor: this.#cursor });
    }
  }

  #enter({ state, why, delayMs }) {
    if (state !== this.#state || delayMs !== undefined) {
      this.#state = state;
      this.#emit('state', { state, why, delayMs });
    }
  }

  #end(why) {
    this.#state = 'closed';
    globalThis.removeEventListener?.('pagehide', this.#onHide);
    globalThis.removeEventListener?.('pageshow', this.#onShow);
    globalThis.removeEventListener?.('online', this.#onOnline);
    this.#leave();
    this.#forgetGap();
    this.#emit('state', { state: 'closed', why });
  }

  #post(message) {
    this.#channel?.postMessage(message);
  }

  #emit(type, detail) {
    for (const handler of [...(this.#handlers.get(type) ?? [])]) {
      try {
        handler(detail);
      } catch (failure) {
        queueMicrotask(() => {
          throw failure;
        });
      }
    }
  }
}

function isFinal(step) {
  return step.type === 'close' && !step.reconnect;
}

/** An event as handlers get it. */
function told({ id, envelope }) {
  const { event, topic, payload, timestamp, org_id: organisation, provisional = false } = envelope;
  return { event, topic, payload, id: envelope.id, cursor: id ?? null, provisional, timestamp, organisation };
}
