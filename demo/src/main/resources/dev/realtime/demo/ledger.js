// What must have arrived where. It knows no page and no stream: it is told of them, and counts.

const PATIENCE = 5000; // ms a live stream has for an event, before that event counts as missing
const REMEMBERED = 20000; // ids kept to notice what comes twice

/** The offset and epoch in a cursor, "<epoch>-<offset>-<check>"; null if it is none. */
export function position(cursor) {
  const parts = /^([A-Za-z0-9._]+)-(\d+)-[0-9a-f]+$/.exec(cursor ?? "");
  return parts && { epoch: parts[1], offset: Number(parts[2]) };
}

export class Ledger {
  #names;
  #streams = new Map(); // name → {epoch, from, last, liveSince}
  #open = new Map(); // id → {offset, since, seen}: not yet on every stream
  #done = new Map(); // id → names that have it, oldest first

  both = 0;
  disorder = 0;
  twice = 0;

  constructor(names) {
    this.#names = names;
    names.forEach((name) => this.#streams.set(name, { epoch: null, from: null, last: -1, liveSince: null }));
  }

  /** A stream starts: what lies before is not its to deliver, unless it goes on where it stopped. */
  opened(name, cursor, resumed) {
    const stream = this.#streams.get(name);
    const at = position(cursor);
    if (!at) return;
    if (at.epoch !== stream.epoch || !resumed) {
      stream.last = at.offset;
      this.#skip(name, stream, at.offset);
    }
    stream.epoch = at.epoch;
  }

  /** A hole that the stream has told: nothing in it is missing silently. */
  gap(name, gap) {
    const stream = this.#streams.get(name);
    const on = position(gap.reason === "trimmed" ? gap.floor : gap.head);
    this.#skip(name, stream, on ? on.offset : Infinity);
  }

  live(name, now) {
    this.#streams.get(name).liveSince = now;
  }

  /** It has no connection: nothing can be late on it. */
  lost(name) {
    this.#streams.get(name).liveSince = null;
  }

  /** The answer to a publish: it is in the log, so every stream must bring it. */
  committed(id, cursor, now) {
    if (!this.#done.has(id)) this.#entry(id, position(cursor)?.offset ?? null, now);
    this.#settle(id);
  }

  /** An event has come; without a cursor it is provisional, and outside the order. Returns what is wrong with it. */
  arrived(name, id, cursor, now) {
    const stream = this.#streams.get(name);
    const at = position(cursor);
    let wrong = null;
    if (at) {
      if (at.epoch !== stream.epoch) {
        stream.epoch = at.epoch;
      } else if (at.offset <= stream.last) {
        this.disorder++;
        wrong = "out of order";
      }
      stream.last = at.offset;
    }
    const done = this.#done.get(id);
    if (done?.has(name) || this.#open.get(id)?.seen.has(name)) {
      this.twice++;
      return "twice";
    }
    if (done) {
      done.add(name);
    } else {
      this.#entry(id, at?.offset ?? null, now).seen.add(name);
      this.#settle(id);
    }
    return wrong;
  }

  /** {pending, missing}: what has not come everywhere; in time, or no more. */
  count(now) {
    let missing = 0;
    for (const entry of this.#open.values()) {
      const late = this.#lacking(entry).some(({ liveSince }) => liveSince !== null
        && now - Math.max(entry.since, liveSince) > PATIENCE);
      if (late) missing++;
    }
    return { pending: this.#open.size - missing, missing };
  }

  #entry(id, offset, now) {
    let entry = this.#open.get(id);
    if (!entry) {
      entry = { offset, since: now, seen: new Set() };
      this.#open.set(id, entry);
    }
    entry.offset ??= offset;
    return entry;
  }

  #lacking(entry) {
    return this.#names
      .filter((name) => !entry.seen.has(name))
      .map((name) => this.#streams.get(name))
      .filter((stream) => entry.offset === null || stream.from === null || entry.offset > stream.from);
  }

  #skip(name, stream, to) {
    stream.from = to;
    for (const id of [...this.#open.keys()]) this.#settle(id);
  }

  #settle(id) {
    const entry = this.#open.get(id);
    if (!entry || this.#lacking(entry).length > 0) return;
    this.#open.delete(id);
    this.#done.set(id, entry.seen);
    if (entry.seen.size === this.#names.length) this.both++;
    if (this.#done.size > REMEMBERED) this.#done.delete(this.#done.keys().next().value);
  }
}
