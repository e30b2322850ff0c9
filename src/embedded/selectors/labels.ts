import { badRequest } from '../status.ts';

/** One term of a label selector. */
type Term = { key: string; operator: 'in' | 'notin' | 'exists' | '!exists'; values: readonly string[] };

const KEY = '[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?';
const SET = new RegExp(String.raw`^(${KEY})\s+(in|notin)\s*\(([^()]*)\)$`);
const EQUALS = new RegExp(String.raw`^(${KEY})\s*(==|=|!=)\s*([-A-Za-z0-9_.]*)$`);
const EXISTS = new RegExp(String.raw`^(!?)\s*(${KEY})$`);

/** Splits at commas that are not inside parentheses. */
function split(text: string): string[] {
  return text.split(/,(?![^(]*\))/).map((part) => part.trim());
}

function parseTerm(text: string): Term {
  const set = SET.exec(text);
  if (set !== null) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim());
    return { key: set[1] ?? '', operator: set[2] === 'in' ? 'in' : 'notin', values };
  }
  const equals = EQUALS.exec(text);
  if (equals !== null) {
    return { key: equals[1] ?? '', operator: equals[2] === '!=' ? 'notin' : 'in', values: [equals[3] ?? ''] };
  }
  const exists = EXISTS.exec(text);
  if (exists !== null)
    return { key: exists[2] ?? '', operator: exists[1] === '!' ? '!exists' : 'exists', values: [] };
  throw badRequest(`unable to parse requirement: found '${text}', expected: a label selector`);
}

function matches(term: Term, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, term.key) ? labels[term.key] : undefined;
  switch (term.operator) {
    case 'in':
      return value !== undefined && term.values.includes(value);
    case 'notin':
      return value === undefined || !term.values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!exists':
      return value === undefined;
  }
}

/** The test that a labelSelector parameter stands for; an empty one accepts everything. */
export function parseLabelSelector(text: string): (labels: Readonly<Record<string, string>>) => boolean {
  if (text.trim() === '') return () => true;
  const terms = split(text).map(parseTerm);
  return (labels) => terms.every((term) => matches(term, labels));
}
