import { expect, test } from 'vitest';
import { executorHelp } from '../../../src/cli/executor/commands.ts';
import { parseCommand } from '../../../src/cli/executor/parse-command.ts';

test.for([
  [[], { command: 'help' }],
  [['--help'], { command: 'help' }],
  [['-h'], { command: 'help' }],
  [['help'], { command: 'help' }],
  [['help', 'serve'], { command: 'help', topic: 'serve' }],
  [['check', '--cluster', 'embedded', '--help'], { command: 'help', topic: 'check' }],
  [['serve'], { command: 'serve', argv: [] }],
  [['serve', '--wrong', '-x'], { command: 'serve', argv: ['--wrong', '-x'] }],
  [['serve', '--', '--help'], { command: 'serve', argv: ['--', '--help'] }],
  [['--version'], { command: 'version', output: 'text' }],
  [['version', '-o', 'json'], { command: 'version', output: 'json' }],
  [['version', '--output=json'], { command: 'version', output: 'json' }],
  [
    ['check', '--context', 'a', '-o', 'json', '--cluster=kubernetes'],
    { command: 'check', argv: ['--context', 'a', '--cluster=kubernetes'], output: 'json' },
  ],
  [
    ['check', '--egress', '--context', 'a'],
    {
      command: 'check',
      argv: ['--context', 'a'],
      output: 'text',
      canary: { image: 'busybox:1.37.0', timeoutMs: 120_000 },
    },
  ],
  [
    ['check', '--egress=true', '--egress-image', 'r.example/b:1', '--egress-timeout=1m', '-o', 'json'],
    { command: 'check', argv: [], output: 'json', canary: { image: 'r.example/b:1', timeoutMs: 60_000 } },
  ],
  [['check', '--egress=false'], { command: 'check', argv: [], output: 'text' }],
  [['check', '--context', '--egress'], { command: 'check', argv: ['--context', '--egress'], output: 'text' }],
  [['check', '-ojson'], { command: 'check', argv: [], output: 'json' }],
  [['check', '-o=json'], { command: 'check', argv: [], output: 'json' }],
  [['check', '--context', '-o'], { command: 'check', argv: ['--context', '-o'], output: 'text' }],
] as const)('%j is %j', ([argv, value]) => {
  expect(parseCommand(argv)).toEqual({ ok: true, value });
});

test.for([
  [['sevre'], ['unknown command "sevre"; did you mean serve?'], 'glip-executor --help'],
  [['--cluster', 'embedded'], ['a command comes first, before "--cluster"'], 'glip-executor --help'],
  [['help', 'chek'], ['no help for "chek"; did you mean check?'], 'glip-executor --help'],
  [['check', '-o', 'yaml'], ['flag --output: "yaml" is not one of text, json'], 'glip-executor check --help'],
  [['check', '-o'], ['flag --output: "" is not one of text, json'], 'glip-executor check --help'],
  [
    ['check', '--egress-image', 'b:1', '--egress-timeout', '5s'],
    [
      'flag --egress-timeout: must be from 10s to 30m, is 5s',
      'flag --egress-image: says nothing without --egress',
      'flag --egress-timeout: says nothing without --egress',
    ],
    'glip-executor check --help',
  ],
  [
    ['check', '--egress=perhaps', '--egress-image=', '--egress-timeout', 'soon'],
    [
      'flag --egress: is a switch: true or false',
      'flag --egress-image: needs a value: --egress-image IMAGE',
      'flag --egress-timeout: "soon" is not a duration, such as 90s, 15m, 1h30m or 500ms',
    ],
    'glip-executor check --help',
  ],
  [
    ['version', '--ouput', 'json', 'now', '-o', 'xml'],
    [
      'flag --ouput: is not a flag of this command; did you mean --output?',
      '"now" is not expected here',
      'flag --output: "xml" is not one of text, json',
    ],
    'glip-executor version --help',
  ],
] as const)('%j is refused', ([argv, problems, help]) => {
  expect(parseCommand(argv)).toEqual({ ok: false, problems, help });
});

test.for([undefined, 'serve', 'check', 'version', 'help'] as const)(
  'the help of %s fits 80 columns and names its flags',
  (topic) => {
    const help = executorHelp(topic);
    expect(help.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(help).toContain(topic === undefined ? '  serve  ' : `glip-executor ${topic}`);
    expect(help.includes('--grpc-address HOST:PORT')).toBe(topic === 'serve' || topic === 'check');
  },
);
