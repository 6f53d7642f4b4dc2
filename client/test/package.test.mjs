import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

const CLIENT = new URL('../', import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('package.json', CLIENT)));

test('the package has all that is here but the tests, and needs nothing', () => {
  assert.equal(manifest.name, 'realtime-transport');
  assert.deepEqual([...manifest.files, 'package.json'].sort(), readdirSync(CLIENT).filter((name) => name !== 'test').sort());
  assert.deepEqual([manifest.dependencies, manifest.scripts], [undefined, undefined]);
  assert.doesNotMatch(readFileSync(new URL('realtime.js', CLIENT), 'utf8'), /^import /m);
});

test('every option and every handler has its type', () => {
  const types = readFileSync(new URL('realtime.d.ts', CLIENT), 'utf8');
  const code = readFileSync(new URL('realtime.js', CLIENT), 'utf8');
  const defaults = /const DEFAULTS = \{(.*?)\n\};/s.exec(code)[1];
  const options = [...defaults.matchAll(/^ {2}(\w+):/gm)].map((match) => match[1]);
  assert.ok(options.length > 5);
  [...options, 'token', 'key'].forEach((name) => assert.match(types, new RegExp(`^ {2}${name}\\?:`, 'm')));
  ['event', 'gap', 'open', 'live', 'close', 'state', 'warning'].forEach((type) => assert.match(types, new RegExp(`^ {2}${type}: \\(`, 'm')));
});
