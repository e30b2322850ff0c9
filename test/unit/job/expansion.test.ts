import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toJob } from '../../../src/job/objects.ts';
import { accepted, withOptions } from './submit.ts';

const [dollar, open, close] = [...'$()'].map((c) => c.charCodeAt(0));

/** What the kubelet does to env values, command and args: k8s.io/kubernetes/third_party/forked/golang/expansion, byte by byte. */
function expand(input: string, mapping: (name: string) => string): string {
  const bytes = Buffer.from(input);
  const out: Buffer[] = [];
  let checkpoint = 0;
  for (let cursor = 0; cursor < bytes.length; cursor++) {
    if (bytes[cursor] !== dollar || cursor + 1 >= bytes.length) continue;
    out.push(bytes.subarray(checkpoint, cursor));
    const { read, isVariable, advance } = tryReadVariableName(bytes.subarray(cursor + 1));
    out.push(Buffer.from(isVariable ? mapping(read) : read));
    cursor += advance;
    checkpoint = cursor + 1;
  }
  return Buffer.concat([...out, bytes.subarray(checkpoint)]).toString();
}

function tryReadVariableName(rest: Buffer): { read: string; isVariable: boolean; advance: number } {
  if (rest[0] === dollar) return { read: '$', isVariable: false, advance: 1 };
  if (rest[0] !== open) return { read: `$${String.fromCharCode(rest[0]!)}`, isVariable: false, advance: 1 };
  const end = rest.indexOf(close!, 1);
  if (end < 0) return { read: '$(', isVariable: false, advance: 1 };
  return { read: rest.toString('utf8', 1, end), isVariable: true, advance: end + 1 };
}

const mapping = (name: string) => (name === 'HOME' ? '/root' : `$(${name})`);
const tricky = fc.oneof(
  fc.stringMatching(/^[$()A a-]{0,12}$/),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('$(HOME)', '$$(HOME)', '$é', '$', '$$', '$(', '$(HOME', '$$$(HOME)$'),
);

const textOf = (entry: object | undefined): string => (entry as { value: string }).value;

describe('the model of the expansion', () => {
  test.each([
    ['$(HOME)/x', '/root/x'],
    ['$$(HOME)', '$(HOME)'],
    ['$(OTHER)', '$(OTHER)'],
    ['$$', '$'],
    ['a$', 'a$'],
    ['$x', '$x'],
    ['$(HOME', '$(HOME'],
    ['$é', '$Ã\ufffd'],
  ])('%s becomes %s', (text, wanted) => {
    expect(expand(text, mapping)).toBe(wanted);
  });
});

describe('what the caller writes is what the agent reads', () => {
  test('in command and args', () => {
    fc.assert(
      fc.property(fc.array(tricky, { minLength: 1, maxLength: 3 }), (words) => {
        const clean = words.filter((w) => !w.includes('\0') && w.isWellFormed());
        const job = toJob(accepted(withOptions({ command: clean, args: clean })), 0);
        const [agent] = job.spec.template.spec.containers;
        for (const list of [agent!.command, agent!.args]) {
          expect((list ?? []).map((text) => expand(text, mapping))).toEqual(clean);
        }
      }),
    );
  });

  test('in its environment', () => {
    fc.assert(
      fc.property(tricky, (text) => {
        fc.pre(!text.includes('\0') && text.isWellFormed());
        const job = toJob(accepted(withOptions({ env: { MINE: text } })), 0);
        const mine = job.spec.template.spec.containers[0]!.env.find((e) => e.name === 'MINE');
        expect(expand(textOf(mine), mapping)).toBe(text);
      }),
    );
  });

  test('and nothing of ours is expanded', () => {
    const spec = accepted(withOptions({}));
    const odd = { ...spec, key: { ...spec.key, runId: '$(HOME) $$' }, outputUri: 's3://b/$(HOME)/' };
    const env = toJob(odd, 0).spec.template.spec.containers[0]!.env;
    const value = (name: string) => expand(textOf(env.find((e) => e.name === name)), mapping);
    expect(value('GLIP_RUN_ID')).toBe('$(HOME) $$');
    expect(value('GL_OUTPUT_URI')).toBe('s3://b/$(HOME)/');
  });
});
