import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { projectEvent } from '../../../src/job/event-view.ts';
import { ownText } from '../../../src/lib/own-text.ts';
import { oneLine } from '../../../src/lib/plain-text.ts';

test.each<[what: string, text: string, want: string]>([
  ['a short text is left as it is', 'größer', 'größer'],
  ['half a character in it, too', 'a\ud800', 'a\ud800'],
  ['a long one is cut', 'x'.repeat(21), 'x'.repeat(20)],
  ['in the middle of a character, if need be', `${'x'.repeat(19)}😀`, `${'x'.repeat(19)}\ufffd`],
])('%s', (_, text, want) => {
  expect(ownText(text, 20)).toBe(want);
});

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const heapBytes = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};
const mebibyte = 2 ** 20;
/** As an answer of the API server holds it: a text of its own. */
const long = (i: number): string => JSON.parse(JSON.stringify(`${i} `.padEnd(mebibyte, 'm'))) as string;

test.each<[what: string, keep: (text: string) => unknown]>([
  ['a cut', (text) => ownText(text, 20)],
  ['a line', (text) => oneLine(text, 512)],
  ['the message of an Event', (message) => projectEvent({ message })],
  ['an Event whose message is nearly all white space', (text) => projectEvent({ message: ` ${text}` })],
  ['the words of an Event', (text) => projectEvent({ reason: text, type: text, reportingComponent: text })],
  ['the container of an Event', (text) => projectEvent({ involvedObject: { fieldPath: `${text}{agent}` } })],
])('%s does not keep what it was cut from', (_, keep) => {
  const before = heapBytes();
  const kept = Array.from({ length: 32 }, (_, i) => keep(long(i)));
  expect(heapBytes() - before).toBeLessThan(8 * mebibyte);
  expect(kept).toHaveLength(32);
});
