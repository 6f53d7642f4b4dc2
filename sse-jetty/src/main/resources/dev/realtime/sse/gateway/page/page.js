// The live page: one stream, one table, and what /readyz says. No framework, no network but this instance.
'use strict';

const MAX_ROWS = 200;
const MAX_SAMPLES = 200;
const MAX_PAYLOAD = 120;
const STATUS_EVERY_MS = 3000;

/** Where this instance is, which may be below a path: this script is one folder further down. */
const base = new URL('..', document.currentScript.src);
// The key of this start has been exchanged for a cookie: it need not be seen, copied or kept as a bookmark.
if (new URLSearchParams(location.search).has('key')) {
  history.replaceState(null, '', location.pathname);
}

const at = (id) => document.getElementById(id);
const tones = { LIVE: 'good', DEGRADED: 'wait', STARTING: 'wait', DOWN: 'bad', CLOSED: 'bad' };
const latencies = [];
let seen = 0;
let paused = false;
let replaying = false;

function pill(element, text, tone) {
  element.textContent = text;
  element.dataset.tone = tone;
}

function time(date) {
  const two = (n) => String(n).padStart(2, '0');
  const millis = String(date.getMilliseconds()).padStart(3, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${millis}`;
}

function since(date) {
  return date.toLocaleString([], { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
}

function shortened(text) {
  return text.length > MAX_PAYLOAD ? `${text.slice(0, MAX_PAYLOAD)}…` : text;
}

function cell(row, text, className) {
  const td = row.insertCell();
  td.textContent = text;
  if (className) {
    td.className = className;
  }
  return td;
}

function addRow(fill) {
  if (paused) {
    return;
  }
  const body = at('events');
  fill(body.insertRow(0));
  while (body.rows.length > MAX_ROWS) {
    body.deleteRow(-1);
  }
  at('empty').hidden = true;
}

function showProtocol(name, tone, what, cursor) {
  addRow((row) => {
    cell(row, time(new Date()));
    const mark = document.createElement('span');
    mark.className = 'pill';
    pill(mark, name, tone);
    cell(row, '').append(mark);
    cell(row, '');
    cell(row, what, 'payload').title = what;
    cell(row, cursor || '–', 'code cursor');
    cell(row, '', 'number');
  });
}

function showLatency(millis) {
  latencies.push(millis);
  if (latencies.length > MAX_SAMPLES) {
    latencies.shift();
  }
  const sorted = [...latencies].sort((a, b) => a - b);
  at('latency').textContent = `${sorted[Math.floor(sorted.length / 2)].toFixed(0)} ms`;
}

function showEvent(message) {
  const envelope = JSON.parse(message.data);
  const millis = Math.max(0, Date.now() - Date.parse(envelope.timestamp));
  seen += 1;
  at('count').textContent = seen.toLocaleString();
  if (!replaying) {
    showLatency(millis);
  }
  addRow((row) => {
    const payload = JSON.stringify(envelope.payload);
    cell(row, time(new Date(envelope.timestamp)));
    cell(row, envelope.event, 'code');
    cell(row, envelope.topic, 'code');
    cell(row, shortened(payload), 'code payload').title = payload.slice(0, 2000);
    cell(row, envelope.provisional ? 'provisional' : message.lastEventId, 'code cursor');
    cell(row, replaying ? 'replayed' : `${millis} ms`, 'number');
  });
}

function connect() {
  const stream = new EventSource(new URL('realtime/stream', base));
  const state = at('stream-state');
  stream.onopen = () => {
    pill(state, 'stream open', 'good');
    showStatus();
  };
  stream.onerror = () => {
    const gone = stream.readyState === EventSource.CLOSED;
    pill(state, gone ? 'stream refused' : 'reconnecting', gone ? 'bad' : 'wait');
    showStatus();
  };
  stream.onmessage = showEvent;
  stream.addEventListener('realtime.open', (message) => {
    const open = JSON.parse(message.data);
    replaying = true;
    showProtocol('open', 'note', open.resumed ? 'goes on from where it left off' : 'starts now', message.lastEventId);
  });
  stream.addEventListener('realtime.live', () => {
    replaying = false;
  });
  stream.addEventListener('realtime.gap', (message) => {
    const gap = JSON.parse(message.data);
    showProtocol('gap', 'bad', `${gap.reason}: some events cannot be delivered; asked for ${gap.requested ?? 'none'}`, gap.head);
  });
  stream.addEventListener('realtime.close', (message) => {
    const close = JSON.parse(message.data);
    showProtocol('close', 'wait', `${close.reason}${close.reconnect ? ', will reconnect' : ''}`);
    if (!close.reconnect) {
      stream.close();
      pill(state, 'stream closed', 'bad');
    }
  });
}

async function showStatus() {
  try {
    const answer = await fetch(new URL('readyz', base), { cache: 'no-store' });
    const status = await answer.json();
    at('transport').textContent = status.transport ?? '–';
    at('instance').textContent = status.instance ?? '–';
    pill(at('state'), status.state ?? (status.ready ? 'ready' : 'not ready'), tones[status.state] ?? 'wait');
    at('since').textContent = status.since ? since(new Date(status.since)) : '–';
    const causes = status.state
      ? [status.cause, ...(status.troubles ?? []).map(({ part, cause }) => `${part}: ${cause}`)].filter(Boolean)
      : ['This page is not let in any more. Was the gateway started again? Then open the address that it printed.'];
    at('cause').hidden = causes.length === 0;
    at('cause').textContent = causes.join(' · ');
  } catch (unreachable) {
    pill(at('state'), 'unreachable', 'bad');
  }
}

async function publish(submit) {
  submit.preventDefault();
  const answer = at('answer');
  const fields = new FormData(at('publish'));
  const say = (text, failed) => {
    answer.textContent = text;
    answer.classList.toggle('failed', failed);
  };
  let payload;
  try {
    payload = JSON.parse(fields.get('payload'));
  } catch (notJson) {
    say('The payload is not JSON.', true);
    return;
  }
  try {
    const response = await fetch(new URL('realtime/events', base), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ event: fields.get('event'), topic: fields.get('topic'), payload }),
    });
    const result = await response.json();
    if (response.ok) {
      say(result[0].cursor ? `Committed at ${result[0].cursor}` : 'Queued until the transport is back', false);
    } else {
      say(result.detail, true);
    }
  } catch (unreachable) {
    say('This instance cannot be reached.', true);
  }
}

at('publish').addEventListener('submit', publish);
at('clear').addEventListener('click', () => {
  at('events').replaceChildren();
  at('empty').hidden = false;
});
at('pause').addEventListener('click', () => {
  paused = !paused;
  at('pause').setAttribute('aria-pressed', String(paused));
  at('pause').textContent = paused ? 'Paused' : 'Pause';
});
showStatus();
connect();
setInterval(showStatus, STATUS_EVERY_MS);
