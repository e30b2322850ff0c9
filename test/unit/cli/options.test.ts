import { describe, expect, test } from 'vitest';
import { StepState } from '../../../gen/glip/executor/v1/step_pb.js';
import { parseOptions } from '../../../src/cli/options.ts';
import { commandNames, glipHelp } from '../../../src/cli/specs.ts';

function optionsOf(argv: readonly string[], env: Record<string, string> = {}) {
  const parsed = parseOptions(argv, env);
  if (parsed.kind !== 'command') throw new Error(JSON.stringify(parsed));
  return parsed.options;
}

function problemsOf(argv: readonly string[], env: Record<string, string> = {}): readonly string[] {
  const parsed = parseOptions(argv, env);
  return parsed.kind === 'usage' ? parsed.problems : [];
}

test('the server is the flag, else the variable, else the default', () => {
  expect(optionsOf(['list']).server).toEqual({ host: '127.0.0.1', port: 7070 });
  expect(optionsOf(['list'], { GLIP_SERVER: '[::1]:1' }).server).toEqual({ host: '::1', port: 1 });
  expect(optionsOf(['list', '--server=a:2'], { GLIP_SERVER: '[::1]:1' }).server).toEqual({
    host: 'a',
    port: 2,
  });
});

test.for([
  ['run with a file', ['run', '-f', 'x.yaml', '--timeout', '90s'], { file: 'x.yaml', timeoutMs: 90_000 }],
  ['run from standard input', ['run', '-f-', '-ojson'], { file: '-', output: 'json' }],
  ['a dry run', ['submit', '-f', 'x', '--dry-run=server'], { validateOnly: true }],
  ['no eviction', ['run', '-f', 'x', '--uninterruptible'], { uninterruptible: true }],
  ['a dry run by its other name', ['submit', '-f', 'x', '--validate-only'], { validateOnly: true }],
  [
    'no dry run',
    ['submit', '-f', 'x', '--dry-run', 'none', '--validate-only=false'],
    { validateOnly: false },
  ],
  [
    'keys',
    ['get', 'a/b/c', 'd/e/f@2'],
    {
      refs: [
        { tenant: 'a', runId: 'b', stepId: 'c', attempt: 0 },
        { tenant: 'd', runId: 'e', stepId: 'f', attempt: 2 },
      ],
    },
  ],
  [
    'a key by flags',
    ['cancel', '--tenant', 'a', '--run=b/b', '--step', 'c', '--attempt', '3', '--reason', 'why'],
    { refs: [{ tenant: 'a', runId: 'b/b', stepId: 'c', attempt: 3 }], reason: 'why' },
  ],
  [
    'a whole run',
    ['cancel', '--tenant', 'a', '--run', 'b/b', '--all'],
    { refs: [], wholeRun: { tenant: 'a', runId: 'b/b' } },
  ],
  ['no whole run', ['cancel', 'a/b/c', '--all=false'], { refs: [{ stepId: 'c' }], wholeRun: undefined }],
  [
    'a filter',
    ['list', '--state', 'running,TIMED_OUT', '-l', 'a=b,c==d', '--run', 'r', '--limit', '5'],
    { states: [StepState.RUNNING, StepState.TIMED_OUT], labels: { a: 'b', c: 'd' }, runId: 'r', limit: 5 },
  ],
] as const)('%s', ([, argv, want]) => {
  expect(optionsOf(argv)).toMatchObject(want);
});

test('GLIP_TENANT completes a key, and -A overrides it', () => {
  const env = { GLIP_TENANT: 'acme' };
  expect(optionsOf(['watch', 'b/c'], env).refs[0]?.tenant).toBe('acme');
  expect(optionsOf(['list'], env).defaultTenant).toBe('acme');
  expect(optionsOf(['list', '-A'], env).defaultTenant).toBeUndefined();
});

describe('a wrong command line tells every problem', () => {
  test.for([
    [['gett'], {}, ['unknown command "gett"; did you mean get?']],
    [['-o', 'json'], {}, ['a command comes first, before "-o"']],
    [['run'], {}, ['flag --filename: is required: -f FILE, or -f - for standard input']],
    [['top', '-o', 'name'], {}, ['flag --output: "name" is not one of json, yaml']],
    [['explain', 'a/b/c', '-o', 'wide'], {}, ['flag --output: "wide" is not one of json, yaml']],
    [['run', '-f'], {}, ['flag --filename: needs a value: --filename FILE']],
    [['get'], {}, ['a KEY is missing: TENANT/RUN/STEP[@ATTEMPT]']],
    [
      ['get', 'b/c', '-o', 'jsn', '--watch', '--timeout', '5'],
      { GLIP_SERVER: 'x' },
      [
        'flag --watch: is not a flag of this command',
        'env GLIP_SERVER: "x" has no port; write x:7070',
        'flag --output: "jsn" is not one of json, yaml, wide, name; did you mean json?',
        'flag --timeout: "5" is not a duration: the unit is missing; write 5s, 5m or 5h',
        '"b/c" has no tenant; write TENANT/RUN/STEP[@ATTEMPT], or give --tenant or GLIP_TENANT',
      ],
    ],
    [
      ['list', 'x', '--state', 'runing', '-l', 'a', '--limit', '0'],
      {},
      [
        '"x" is not expected here',
        'flag --state: "runing" is not one of pending, running, cancelling, succeeded, failed, cancelled, timed_out; did you mean running?',
        'flag --selector: "a" is not KEY=VALUE',
        'flag --limit: must be a whole number from 1, is "0"',
      ],
    ],
    [
      ['submit', '-f', 'x', '--dry-run=client'],
      {},
      ['flag --dry-run: "client" is not one of server, none; only the server can tell'],
    ],
    [
      ['get', 'a/b/c', '--step', 'c'],
      {},
      [
        'a KEY cannot stand beside --run, --step and --attempt',
        'flag --tenant: is required with --run and --step',
        'flag --run: is required with --step',
      ],
    ],
    [
      ['cancel', 'a/b/c', '--step', 'c', '--all'],
      {},
      [
        'a KEY cannot stand beside --all',
        'flag --step: cannot stand beside --all',
        'flag --tenant: is required with --all',
        'flag --run: is required with --all',
      ],
    ],
    [['get', 'a/b/c', '--all'], {}, ['flag --all: is not a flag of this command']],
    [
      ['list', '--timeout', '999h', '--server', 'a:0'],
      {},
      [
        'flag --server: port 0 is no port to connect to',
        'flag --timeout: must be from 1ms to 480h; leave it out to wait for ever',
      ],
    ],
  ] as const)('%j', ([argv, env, want]) => {
    expect(problemsOf(argv, env)).toEqual(want);
  });
});

test('each command has help that fits 80 columns', () => {
  for (const name of [undefined, ...commandNames]) {
    const text = glipHelp(name);
    expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(text).toContain(name === undefined ? '  describe  ' : `glip ${name}`);
  }
  expect(parseOptions([], {})).toEqual({ kind: 'help', text: glipHelp() });
  expect(parseOptions(['help', 'run'], {})).toEqual({ kind: 'help', text: glipHelp('run') });
  expect(parseOptions(['run', '--help'], {})).toEqual({ kind: 'help', text: glipHelp('run') });
});

test('certificates and tokens are flags, else variables', () => {
  expect(optionsOf(['list']).security).toEqual({ tls: false });
  expect(optionsOf(['list', '--tls']).security).toEqual({ tls: true });
  const files = { tls: true, caFile: 'a', certFile: 'b', keyFile: 'c', tokenFile: 'd' };
  const flags = ['--cacert', 'a', '--cert', 'b', '--key', 'c', '--token-file', 'd'];
  expect(optionsOf(['list', ...flags]).security).toEqual(files);
  const env = { GLIP_CACERT: 'a', GLIP_CERT: 'b', GLIP_KEY: 'c', GLIP_TOKEN_FILE: 'd' };
  expect(optionsOf(['list'], env).security).toEqual(files);
});

test('a token goes over TLS only, but for this machine; a certificate needs its key', () => {
  expect(optionsOf(['list', '--token-file', 'd']).security).toEqual({ tls: false, tokenFile: 'd' });
  expect(problemsOf(['list', '--server', 'a.example:1', '--token-file', 'd'])).toEqual([
    'flag --token-file: a token is sent over TLS only: give --tls or --cacert, as a.example is not this machine',
  ]);
  expect(problemsOf(['list', '--server', 'a.example:1', '--token-file', 'd', '--tls'])).toEqual([]);
  expect(problemsOf(['list', '--cert', 'b'])).toEqual(['flag --cert: --cert and --key are needed together']);
});
