import fc from 'fast-check';

// biome-ignore lint/suspicious/noControlCharactersInRegex: this is what takes them out.
const controlCharacter = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;

/** What people and attackers put into text fields. */
const tricks = [
  '../../etc/passwd',
  '..',
  '/',
  '-',
  '_',
  '.',
  'a.b',
  'glip',
  'kube-system',
  '$(GLIP_RUN_ID)',
  `$\{HOME}`,
  '$$',
  '`id`',
  "'; drop table steps; --",
  '"quoted"',
  '{"json":true}',
  '<b>',
  '%00%2e',
  '名前',
  'ünïcödé',
  '🧪🧪',
  'e\u0301',
  '\u202eevil',
  '\ufeffbom',
  '\ud83d\ude00'.repeat(20),
  'İ',
  'ß',
  'true',
  'null',
  '0',
  '-1',
  '1e9',
  'x'.repeat(63),
  'X'.repeat(64),
];

/** Well-formed text of 1 to `max` UTF-16 units without NUL, and without control characters unless they are allowed. */
export function text({ max, control = true }: { max: number; control?: boolean }): fc.Arbitrary<string> {
  const clean = (s: string) => {
    const cut = s.toWellFormed().slice(0, max).toWellFormed().replaceAll('\u0000', '');
    return control ? cut : cut.replace(controlCharacter, '');
  };
  return fc
    .oneof(
      fc.constantFrom(...tricks),
      fc.string({ unit: 'binary', maxLength: Math.min(max, 64) }),
      fc.string({ unit: 'grapheme', maxLength: Math.min(max, 64) }),
      fc.constantFrom('a', '名', '.', '-').map((c) => c.repeat(max)),
    )
    .map(clean)
    .filter((s) => s.length > 0 && s.length <= max);
}

const word = (first: string, rest: string, max: number) =>
  fc
    .tuple(fc.constantFrom(...first), fc.array(fc.constantFrom(...rest), { maxLength: max - 1 }))
    .map(([head, tail]) => head + tail.join(''));

const letters = 'abcxyz';
const idRest = 'ab09_-';

export const ids = {
  run: fc.oneof(
    fc.uuid(),
    text({ max: 128, control: false })
      .map((s) => s.trim())
      .filter((s) => s !== ''),
    word(letters, `${idRest}. /`, 128).map((s) => s.trim()),
  ),
  step: fc.oneof(
    word(letters, idRest, 63),
    fc.constantFrom('a', `a${'-'.repeat(62)}`, `z${'_'.repeat(62)}`, 'a'.repeat(63)),
  ),
  pipeline: word(letters, 'ab09-', 63),
} as const;

/** A DNS label. */
export const dnsLabel = (max: number): fc.Arbitrary<string> =>
  fc.oneof(
    word(letters, 'ab09-', max).map((s) => s.replace(/-+$/, '')),
    fc.constant('a'.repeat(max)),
  );

/** A label key, without the prefixes that are reserved. */
export const labelKey: fc.Arbitrary<string> = fc
  .tuple(
    fc.option(fc.constantFrom('example.org', 'a.b.c.d', `${'d'.repeat(63)}.org`, 'x'), { nil: undefined }),
    fc.oneof(
      word('aZ0', 'aZ09_.-', 63).map((s) => s.replace(/[_.-]+$/, '')),
      fc.constant('K'.repeat(63)),
    ),
  )
  .map(([domain, name]) =>
    domain === undefined ? `own.${name}`.slice(0, 63).replace(/[_.-]+$/, '') : `${domain}/${name}`,
  );

export const labelValue: fc.Arbitrary<string> = fc.oneof(
  fc.constant(''),
  fc.constant('V'.repeat(63)),
  word('aZ0', 'aZ09_.-', 63).map((s) => s.replace(/[_.-]+$/, '')),
);

/** A map of at most `max` entries. */
export const mapOf = <V>(
  key: fc.Arbitrary<string>,
  value: fc.Arbitrary<V>,
  max: number,
): fc.Arbitrary<Record<string, V>> =>
  fc.array(fc.tuple(key, value), { maxLength: max }).map((entries) => Object.fromEntries(entries));
