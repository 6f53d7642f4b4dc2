// One gateway on the page: its stream, its buttons, its column.

const SHOWN = 200; // rows kept
const MEASURED = 1000; // latencies kept for the median
const AGAIN = 1000; // ms before a stream that the browser gave up is opened anew

/** Milliseconds since 1970 on the page's own clock, to fractions. */
export const clock = () => performance.timeOrigin + performance.now();

export function median(values) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((x, y) => x - y);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
}

export const millis = (value) => (value === null ? "–" : `${value.toFixed(1)} ms`);

export class Instance {
  #root;
  #address;
  #ledger;
  #events;
  #state;
  #stream;
  #cursor = null;
  #counts = { received: 0, published: 0, opens: 0, gaps: 0 };

  latencies = [];

  constructor(root, template, ledger) {
    this.#root = root;
    this.#ledger = ledger;
    this.name = root.dataset.name;
    this.#address = root.dataset.address;
    root.append(template.content.cloneNode(true));
    this.#find(".letter").textContent = this.name;
    const title = this.#find("h2");
    title.textContent = `Gateway ${this.name}`;
    title.id = `${this.name}-title`;
    const link = this.#find(".address");
    link.href = this.#address;
    link.textContent = this.#address.replace("http://", "");
    link.setAttribute("aria-label", `Gateway ${this.name}'s own page, opens a new tab`);
    this.#state = this.#find(".state");
    this.#events = this.#find(".events");
    this.#events.setAttribute("aria-label", `Events as they arrive on ${this.name}, newest first`);
    const publish = this.#find(".publish");
    publish.textContent = `Publish through ${this.name}`;
    publish.addEventListener("click", () => this.publish(1));
    const burst = this.#find(".burst");
    burst.setAttribute("aria-label", `Publish a burst of 100 through ${this.name}`);
    burst.addEventListener("click", () => this.publish(100));
  }

  get live() {
    return this.#state.dataset.state === "live";
  }

  /** Opens the stream; the browser opens it again whenever it breaks, and names the last cursor itself. */
  connect() {
    const from = this.#cursor ? `?lastEventId=${encodeURIComponent(this.#cursor)}` : "";
    const stream = new EventSource(`${this.#address}/realtime/stream${from}`);
    this.#stream = stream;
    this.#become("connecting");
    const on = (frame, act) => stream.addEventListener(`realtime.${frame}`, (e) => act(JSON.parse(e.data), e));
    on("gap", (gap) => this.#gap(gap));
    on("open", (open, e) => this.#opened(open, e.lastEventId));
    on("live", () => this.#live());
    on("close", (close) => this.#closing(close));
    stream.onmessage = (e) => this.#arrived(JSON.parse(e.data), e.lastEventId);
    stream.onerror = () => this.#broken();
  }

  async publish(count) {
    const sentAt = clock();
    const events = Array.from({ length: count }, (_, index) => ({
      event: count === 1 ? "demo.click" : "demo.burst",
      topic: "custom:demo",
      payload: { sentAt, via: this.name, ...(count > 1 && { number: index + 1 }) },
    }));
    try {
      const answer = await fetch(`${this.#address}/realtime/events`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(events),
      });
      const body = await answer.json();
      if (!answer.ok) {
        this.#note("gap", "not published", `${body.code}: ${body.detail}`);
        return;
      }
      this.#counts.published += body.length;
      body.forEach(({ id, cursor }) => this.#ledger.committed(id, cursor, clock()));
    } catch {
      this.#note("gap", "not published", `${this.name} cannot be reached`);
    }
    this.refresh();
  }

  /** Shows the counters. */
  refresh() {
    const { received, published, opens, gaps } = this.#counts;
    this.#fact("received", received.toLocaleString("en"));
    this.#fact("published", published.toLocaleString("en"));
    this.#fact("frames", `${opens} · ${gaps}`);
    this.#fact("median", millis(median(this.latencies)));
    this.#fact("position", this.#cursor ?? "–");
  }

  #opened({ instance, resumed }, cursor) {
    this.#cursor = cursor;
    this.#counts.opens++;
    this.#ledger.opened(this.name, cursor, resumed);
    this.#become("replaying");
    this.#fact("instance", instance);
    this.#note("open", resumed ? "open, resumed" : "open", `from ${cursor}`);
    this.#describe();
  }

  #gap(gap) {
    this.#counts.gaps++;
    this.#ledger.gap(this.name, gap);
    this.#note("gap", `gap: ${gap.reason}`, `${gap.requested ?? "?"} → ${gap.floor ?? gap.head ?? "?"}`);
  }

  #live() {
    this.#ledger.live(this.name, clock());
    this.#become("live");
    this.#note("live", "live", "all that was stored is delivered");
  }

  #closing({ reason, reconnect }) {
    this.#ledger.lost(this.name);
    this.#note("close", `close: ${reason}`, reconnect ? "comes back" : "stays closed");
    if (!reconnect) {
      this.#stream.close();
      this.#become("closed");
    }
  }

  #broken() {
    this.#ledger.lost(this.name);
    this.#become(this.#stream.readyState === EventSource.CLOSED ? "closed" : "connecting");
    if (this.#stream.readyState === EventSource.CLOSED) setTimeout(() => this.connect(), AGAIN);
  }

  #arrived(envelope, cursor) {
    const now = clock();
    const own = envelope.provisional ? null : cursor; // without an id of its own, the browser repeats the last
    if (own) this.#cursor = own;
    const { sentAt } = envelope.payload ?? {};
    const replayed = this.#state.dataset.state === "replaying";
    const latency = typeof sentAt === "number" && !replayed ? now - sentAt : null;
    if (latency !== null) {
      this.latencies.push(latency);
      if (this.latencies.length > MEASURED) this.latencies.shift();
    }
    this.#counts.received++;
    const wrong = this.#ledger.arrived(this.name, envelope.id, own, now);
    this.#row(envelope, own, replayed ? "replayed" : latency === null ? "" : millis(latency), wrong);
  }

  async #describe() {
    try {
      const ready = await (await fetch(`${this.#address}/readyz`)).json();
      this.#fact("transport", `${ready.transport} · ${ready.state.toLowerCase()}`);
    } catch {
      this.#fact("transport", "–");
    }
  }

  #row(envelope, cursor, latency, wrong) {
    const via = envelope.payload?.via;
    const row = element("li", "event");
    if (via === "A" || via === "B") row.dataset.via = via;
    const way = element("span", "way");
    way.append(element("b", "from", via ?? "?"), element("i", "arrow", "→"), element("b", "to", this.name));
    way.setAttribute("aria-label", `through ${via ?? "elsewhere"} to ${this.name}`);
    const number = envelope.payload?.number;
    const type = element("span", "type", envelope.event + (number ? ` #${number}` : ""));
    type.append(element("span", "topic", envelope.topic ?? "events"));
    const id = element("span", "id", `…${envelope.id.slice(-8)}`);
    id.title = envelope.id;
    row.append(
      way,
      type,
      element("span", "latency", latency),
      element("span", "cursor", cursor ?? "provisional"),
      id,
    );
    if (wrong) row.append(element("strong", "wrong", wrong));
    this.#add(row);
  }

  #note(kind, label, text) {
    const row = element("li", "frame");
    row.dataset.kind = kind;
    row.append(element("b", "label", label), element("span", "detail", text));
    this.#add(row);
  }

  #add(row) {
    this.#events.prepend(row);
    while (this.#events.childElementCount > SHOWN) this.#events.lastElementChild.remove();
  }

  #become(state) {
    this.#state.dataset.state = state;
    this.#state.textContent = state;
  }

  #fact(name, text) {
    this.#find(`[data-fact="${name}"]`).textContent = text;
  }

  #find(selector) {
    return this.#root.querySelector(selector);
  }
}

function element(tag, className, text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}
