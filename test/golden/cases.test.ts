import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { produced, producedByOurselves } from './produced.ts';
import { cases, ownCases } from './timeline.ts';

interface Golden {
  readonly step: string;
  readonly state: string;
  readonly waiting?: { readonly reason: string };
  readonly outcome?: {
    readonly category?: string;
    readonly reason: string;
    readonly message: string;
    readonly retry?: string;
    readonly mayHaveStarted: boolean;
  };
  readonly told: readonly string[];
}

const document = new URL('../../docs/reasons.md', import.meta.url);
const section = /(<!-- cases: [^>]*-->\n)[\s\S]*?(<!-- \/cases -->)/;

/** What the caller of one step of a case sees, from its golden file. */
function seen({ step, state, waiting, outcome, told }: Golden, alone: boolean): string {
  const waits = [...new Set(told.flatMap((line) => /: waiting (\w+)$/.exec(line)?.[1] ?? []))];
  // A wait that came with a transition has no line of its own.
  for (const reason of [waiting?.reason, /It waited: (\w+)/.exec(outcome?.message ?? '')?.[1]])
    if (reason !== undefined && !waits.includes(reason)) waits.push(reason);
  const judged = [
    outcome?.category,
    outcome?.retry && `retry ${outcome.retry}`,
    outcome?.mayHaveStarted === false && 'never started',
  ];
  const details = judged.filter((text) => text).join(', ');
  const end = `${state}${outcome === undefined ? '' : ` ${outcome.reason}`}${details === '' ? '' : ` (${details})`}`;
  return `${alone ? '' : `${step}: `}${waits.length === 0 ? '' : `waits: ${waits.join(', ')}; `}${end}`;
}

function rowOf(folder: 'node' | 'own', name: string, how = ''): string {
  const file = new URL(`./testdata/${folder}/${name}.golden.json`, import.meta.url);
  const steps = JSON.parse(readFileSync(file, 'utf8')) as readonly Golden[];
  const sees =
    steps.map((step) => seen(step, steps.length === 1)).join('; ') || 'no step: the create is refused';
  return `| ${name} | ${how} | ${sees} |\n`;
}

test('docs/reasons.md says of each recorded case how it was produced and what the caller sees', () => {
  expect(Object.keys(produced).sort()).toEqual([...cases].sort());
  expect(Object.keys(producedByOurselves).sort()).toEqual([...ownCases].sort());
  const rows = [
    ...cases.map((name) => rowOf('node', name, produced[name])),
    ...ownCases.map((name) => rowOf('own', name, producedByOurselves[name])),
  ];
  const table = `| case | how produced | what the caller sees |\n| --- | --- | --- |\n${rows.join('')}`;
  const text = readFileSync(document, 'utf8');
  const wanted = text.replace(section, (_, begin: string, end: string) => `${begin}\n${table}\n${end}`);
  if (process.env.UPDATE_GOLDEN !== undefined) writeFileSync(document, wanted);
  else expect(text).toBe(wanted);
});
