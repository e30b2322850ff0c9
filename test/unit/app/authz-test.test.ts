import { describe, expect, test } from 'vitest';
import { answerAuthz } from '../../../src/app/authz-test.ts';
import { readPolicy } from '../../../src/app/policy.ts';
import { mayBeExposed } from '../../../src/app/start-rules.ts';
import { parseCommand } from '../../../src/cli/executor/parse-command.ts';
import { UnusableFile } from '../../../src/lib/unusable-file.ts';
import { defaultPools } from '../../../src/policy/parse-pools.ts';
import { configOf } from '../../support/executor.ts';

const policy = readPolicy(
  `
rules:
  - name: orchestrators
    who: [{identity: "spiffe://prod/*"}]
    may: [read, submit]
    tenants: [acme]
    limits: {stepsInFlight: 5, submitsPerSecond: 2}
  - name: people
    who: [{group: "jwt:corp:*", claims: {team: [core]}}]
    may: [read]
    tenants: ["$own"]
`,
  defaultPools,
);

function ask(line: string) {
  const parsed = parseCommand(['authz', 'test', ...line.split(' ')]);
  if (!parsed.ok || parsed.value.command !== 'authz') throw new Error(JSON.stringify(parsed));
  return answerAuthz(policy, parsed.value.question, parsed.value.output);
}

describe('authz test', () => {
  test.each([
    [
      '--identity spiffe://prod/a --rpc SubmitStep --tenant acme',
      0,
      'yes: spiffe://prod/a may call SubmitStep for the tenant acme, by the rule orchestrators (stepsInFlight 5, submitsPerSecond 2)\n',
    ],
    [
      '--identity spiffe://prod/a --rpc SubmitStep --tenant beta',
      1,
      'no: spiffe://prod/a may not call SubmitStep for the tenant beta: none of the rules about it says so: orchestrators\n',
    ],
    [
      '--identity cn:x --rpc GetStep',
      1,
      'no: cn:x may not call GetStep for any tenant: no rule is about this caller\n',
    ],
    [
      '--identity spiffe://prod/a --rpc ListSteps',
      0,
      'yes: spiffe://prod/a may call ListSteps for any tenant at all, by the rule orchestrators (stepsInFlight 5, submitsPerSecond 2)\n',
    ],
    [
      '--identity jwt:corp:ann --groups jwt:corp:x --claims team=ops,team=core --own-tenants t1,t2 --rpc GetStep --tenant t2',
      0,
      'yes: jwt:corp:ann may call GetStep for the tenant t2, by the rule people\n',
    ],
    [
      '--identity jwt:corp:ann --groups jwt:corp:x --claims team=ops --own-tenants t2 --rpc GetStep --tenant t2',
      1,
      'no: jwt:corp:ann may not call GetStep for the tenant t2: no rule is about this caller\n',
    ],
  ])('%s', (line, exitCode, text) => {
    expect(ask(line)).toEqual({ exitCode, text });
  });

  test('as JSON', () => {
    const { text } = ask('--identity spiffe://prod/a --rpc GetStep --tenant acme -o json');
    expect(JSON.parse(text)).toEqual({
      allowed: true,
      rule: 'orchestrators',
      limits: { stepsInFlight: 5, submitsPerSecond: 2 },
      rulesOfCaller: ['orchestrators'],
    });
  });

  test('an RPC that is none is no answer', () => {
    const { exitCode, text } = ask('--identity cn:x --rpc SubmitSteps');
    expect(exitCode).toBe(2);
    expect(text).toContain('"SubmitSteps" is no RPC; did you mean SubmitStep?');
  });

  test.each([
    [
      ['authz'],
      [
        '"authz test" is the only question that there is',
        'flag --identity: is required',
        'flag --rpc: is required',
      ],
    ],
    [
      ['authz', 'tset', 'x', '--identity', 'a', '--rpc', 'b', '--claims', 'c'],
      [
        '"authz test" is the only question that there is, not "tset"',
        '"x" is not expected here',
        'flag --claims: "c" is not NAME=VALUE',
      ],
    ],
    [
      ['authz', 'test', '--identity', 'a', '--rpc', 'b', '-o', 'yaml'],
      ['flag --output: "yaml" is not one of text, json'],
    ],
  ])('%j is told all that is wrong', (argv, problems) => {
    expect(parseCommand(argv)).toMatchObject({ ok: false, problems });
  });
});

test('a policy that is no policy is refused with every problem', () => {
  expect(() => readPolicy('rules: [{}]', defaultPools)).toThrow(UnusableFile);
  expect(() => readPolicy('rules:\n  - a: [', defaultPools)).toThrow(/the policy cannot be used/);
});

const tls = { certificateFile: 'a', keyFile: 'b' };
test.each([
  ['nothing', {}, false],
  ['TLS without identities', { tls }, false],
  ['identities without TLS: tokens in clear', { identity: { serviceAccounts: 'on' } }, false],
  ['TLS and certificates', { tls: { ...tls, clientCaFile: 'c' } }, true],
  ['TLS and tokens of service accounts', { tls, identity: { serviceAccounts: 'on' } }, true],
  ['TLS and tokens of an issuer', { tls, identity: { jwt: [] } }, true],
  ['the flag with the frightening name', { insecureLetAnyoneRunCodeInTheCluster: 'on' }, true],
])('with %s it may listen elsewhere than on loopback: %s', (_, config, want) => {
  expect(mayBeExposed(configOf(config))).toBe(want);
});
