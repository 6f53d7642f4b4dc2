import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SseParser } from '../realtime.js';

const STREAM = [
  '\uFEFFretry: 7',
  'event: realtime.open',
  'id: e-1-a',
  'data: {"a":1}',
  '',
  ': comment',
  '',
  'id: e-2-a',
  '',
  'data: größer 🚀',
  'data:second line',
  'data',
  'unknown: field',
  '',
  '',
  'id: with\0nul',
  'data: :x',
  '',
  'id: e-9-a',
  'data: never finished',
];
const FRAMES = [
  { retry: 7, event: 'realtime.open', id: 'e-1-a', data: '{"a":1}' },
  { id: 'e-2-a', data: undefined },
  { data: 'größer 🚀\nsecond line\n' },
  { data: ':x' },
];
const ENDS = { LF: () => '\n', CR: () => '\r', CRLF: () => '\r\n', mixed: (i) => ['\n', '\r\n', '\r'][i % 3] };

function parsed(...chunks) {
  const frames = [];
  const parser = new SseParser((frame) => frames.push(frame));
  chunks.forEach((chunk) => parser.feed(chunk));
  return frames;
}

for (const [name, end] of Object.entries(ENDS)) {
  const bytes = new TextEncoder().encode(STREAM.map((line, i) => line + end(i)).join(''));

  test(`${name}: cut at any two points, the same frames`, () => {
    assert.deepEqual(parsed(bytes), FRAMES);
    for (let i = 0; i <= bytes.length; i += 1) {
      for (let j = i; j <= bytes.length; j += 1) {
        assert.deepEqual(parsed(bytes.subarray(0, i), bytes.subarray(i, j), bytes.subarray(j)), FRAMES, `cut at ${i}, ${j}`);
      }
    }
  });

  test(`${name}: byte by byte`, () => {
    assert.deepEqual(parsed(...Array.from(bytes, (byte) => Uint8Array.of(byte))), FRAMES);
  });
}

test('a frame that never ends is not kept for ever', () => {
  const parser = new SseParser(() => assert.fail('no frame'), 100);
  const line = new TextEncoder().encode('data: x\n');
  assert.throws(() => {
    for (let i = 0; i < 50; i += 1) {
      parser.feed(line);
    }
  }, /more than 100 characters/);
});

test('many small frames are no large one', () => {
  let frames = 0;
  const parser = new SseParser(() => (frames += 1), 100);
  const frame = new TextEncoder().encode('data: x\n\n');
  for (let i = 0; i < 500; i += 1) {
    parser.feed(frame);
  }
  assert.equal(frames, 500);
});
