// The page: two instances, one ledger that checks them against each other.
import { Instance, clock, median, millis } from "/instance.js";
import { Ledger } from "/ledger.js";

const EVERY = 200; // ms between two looks at the counters

const ledger = new Ledger(["A", "B"]);
const template = document.getElementById("instance");
const instances = ["A", "B"].map((name) => new Instance(document.getElementById(name), template, ledger));

function verdict({ pending, missing }) {
  if (missing > 0) return ["bad", `${missing} events have not arrived on both.`];
  if (ledger.disorder > 0) return ["bad", "Events have arrived out of order."];
  if (ledger.twice > 0) return ["bad", "Events have arrived twice."];
  if (!instances.every((instance) => instance.live)) return ["waiting", "Waiting for both streams."];
  if (pending > 0) return ["waiting", "Events are on their way."];
  if (ledger.both === 0) return ["quiet", "Both streams are live. Publish something."];
  return ["good", "Every event has arrived on both, once and in order."];
}

function show(id, text, bad) {
  const place = document.getElementById(id);
  if (place.textContent !== text) place.textContent = text;
  place.classList.toggle("bad", Boolean(bad));
}

function refresh() {
  const counts = ledger.count(clock());
  show("both", ledger.both.toLocaleString("en"));
  show("pending", counts.pending.toLocaleString("en"));
  show("missing", counts.missing.toLocaleString("en"), counts.missing);
  show("disorder", ledger.disorder.toLocaleString("en"), ledger.disorder);
  show("twice", ledger.twice.toLocaleString("en"), ledger.twice);
  show("median", millis(median(instances.flatMap((instance) => instance.latencies))));
  const [tone, text] = verdict(counts);
  const place = document.getElementById("verdict");
  place.dataset.tone = tone;
  if (place.textContent !== text) place.firstElementChild.textContent = text;
  instances.forEach((instance) => instance.refresh());
}

instances.forEach((instance) => instance.connect());
refresh();
setInterval(refresh, EVERY);
