import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatDuration } from '../../../src/config/duration.ts';
import { graces } from '../../../src/config/graces.ts';
import { announcingConditions, announcingTaints, forecastCauses } from '../../../src/job/announcements.ts';
import { outcomeReasons } from '../../../src/job/outcome-reasons.ts';
import { type WaitingReason, waitingReasons } from '../../../src/job/reasons.ts';

const root = new URL('../../../', import.meta.url);
const document = readFileSync(new URL('docs/reasons.md', root), 'utf8');
const [, waits = '', ends = '', recorded = '', live = '', ahead = ''] = document.split(/^## .*$/m);

/** The cells of each row of a table, without its head. */
const rowsOf = (part: string): readonly (readonly string[])[] =>
  part
    .split('\n')
    .filter((line) => /^\| [A-Za-z]/.test(line))
    .map((line) => line.slice(2, -2).split(' | '))
    .filter(([first]) => first !== 'reason' && first !== 'case');

const waitingRows = new Map(rowsOf(waits).map((row) => [row[0] ?? '', row]));
const outcomeRows = new Map(rowsOf(ends).map((row) => [row[0] ?? '', row]));
const contract = (file: string): string => readFileSync(new URL(`test/contract/${file}`, root), 'utf8');
const goldenFolder = new URL('test/golden/testdata/node/', root);

describe('docs/reasons.md', () => {
  test('has every reason to wait, and no other', () => {
    expect([...waitingRows.keys()].sort()).toEqual(Object.keys(waitingReasons).sort());
    expect(rowsOf(waits).length).toBe(waitingRows.size);
  });

  test.each(Object.entries(waitingReasons))(
    '%s: grace, category and advice are those of the code',
    (reason, kind) => {
      const name = `${reason.charAt(0).toLowerCase()}${reason.slice(1)}` as Uncapitalize<WaitingReason>;
      const setting = graces[name];
      const parsed = setting.kind.parse(setting.default);
      const grace = parsed.ok && parsed.value.ms > 0 ? formatDuration(parsed.value) : 'never';
      expect(waitingRows.get(reason)?.slice(1, 4)).toEqual([grace, kind.category, kind.retry]);
    },
  );

  test('has every reason of an outcome, and no other', () => {
    expect([...outcomeRows.keys()].sort()).toEqual([...outcomeReasons].sort());
    expect(rowsOf(ends).length).toBe(outcomeRows.size);
  });

  test('has every cause of a forecast, and no other, in the order in which they are looked for', () => {
    const causes = rowsOf(ahead).map(([cause]) => cause);
    expect(causes.filter((cause) => cause !== 'cause')).toEqual([...forecastCauses]);
  });

  test.each(Object.entries({ ...announcingTaints, ...announcingConditions }))(
    'says what is read from %s',
    (sign, { cause }) => {
      expect(rowsOf(ahead).find(([name]) => name === cause)?.[1]).toContain(sign);
    },
  );

  test('says of each outcome that was recorded what its row says', () => {
    const theirs = ['OutOfcpu', 'NodeAffinity'];
    for (const file of readdirSync(goldenFolder)) {
      for (const { state, outcome } of JSON.parse(readFileSync(new URL(file, goldenFolder), 'utf8'))) {
        if (outcome === undefined || theirs.includes(outcome.reason)) continue;
        const [, what = '', advice = ''] = outcomeRows.get(outcome.reason) ?? [];
        expect(what.split(', '), `${file}: ${outcome.reason}`).toEqual(
          expect.arrayContaining([state, ...(outcome.category ? [outcome.category] : [])]),
        );
        expect(advice.split(', '), `${file}: ${outcome.reason}`).toContain(outcome.retry ?? '-');
      }
    }
  });

  test('names cases and tests that are there', () => {
    const tests = [...rowsOf(waits), ...rowsOf(ends), ...rowsOf(ahead).slice(1)].map(
      (row) => row.at(-1) ?? '',
    );
    const names = tests.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
    expect(names.filter((name) => !existsSync(new URL(`${name}.golden.json`, goldenFolder)))).toEqual([]);
    const suite = ['suite/waiting.ts', 'suite/disruption.ts', 'nodes.real.test.ts'].map(contract).join('');
    const titles = tests.flatMap((cell) => [...cell.matchAll(/\*([^*]+)\*/g)].map(([, title = '']) => title));
    expect(titles.filter((title) => !suite.includes(title))).toEqual([]);
    const files = tests.flatMap((cell) => [...cell.matchAll(/(\S+\.ts)\b/g)].map(([, file = '']) => file));
    const folders = ['test/node/', 'test/unit/job/', 'test/contract/suite/', 'test/contract/graces/'];
    expect(files.filter((file) => !folders.some((f) => existsSync(new URL(f + file, root))))).toEqual([]);
    expect(tests.filter((cell) => cell === '')).toEqual([]);
  });

  test('has a row for each live case of nodes and volumes', () => {
    const titles = [...contract('nodes.real.test.ts').matchAll(/^ {2}test\('([^']+)'/gm)].map(
      ([, t = '']) => t,
    );
    const cases = rowsOf(live).map(([name = '']) => name);
    expect(cases.length).toBe(titles.length);
    for (const title of titles)
      expect(
        cases.filter((name) => title.startsWith(name)),
        title,
      ).not.toEqual([]);
  });

  test('has a row for each recorded case', () => {
    const known = ['node', 'own'].flatMap((folder) =>
      readdirSync(new URL(`test/fixtures/${folder}/`, root)).sort(),
    );
    expect(rowsOf(recorded).map(([name]) => name)).toEqual(known);
  });
});
