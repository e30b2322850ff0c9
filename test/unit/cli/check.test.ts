import { describe, expect, test } from 'vitest';
import { runChecks } from '../../../src/cli/check/checks.ts';
import { neededAccess } from '../../../src/cli/check/permissions.ts';
import type { AccessAttributes, CheckPort } from '../../../src/cli/check/port.ts';
import { checkExitCode, renderChecks } from '../../../src/cli/check/render.ts';
import { checkVersion } from '../../../src/cli/check/supported-version.ts';
import { unsafeOutput } from './steps.ts';

function aCluster(port: Partial<CheckPort> = {}): CheckPort {
  return {
    serverVersion: async () => ({ gitVersion: 'v1.30.14' }),
    canI: async () => ({ allowed: true, reason: '' }),
    clockOffset: () => ({ least: -300, most: 100, at: 0 }),
    keptVerdict: async () => undefined,
    storage: async () => ({ metrics: undefined, flags: undefined }),
    ...port,
  };
}

test('a cluster that can be used', async () => {
  const asked: AccessAttributes[] = [];
  const canI = async (attributes: AccessAttributes) => {
    asked.push(attributes);
    return { allowed: true, reason: '' };
  };
  const report = await runChecks(aCluster({ canI }), 'context test');
  expect(renderChecks(report, 'text')).toBe(
    [
      'ok   the API server of context test answers',
      'ok   version v1.30.14',
      "ok   this clock is 0.1 s (±0.2 s) behind the API server's",
      'ok   may create, get, list, watch, patch jobs.batch',
      'ok   may list, watch, create, patch, delete pods',
      'ok   may create, get, patch configmaps',
      'ok   may list, watch events',
      'ok   may create poddisruptionbudgets.policy',
      'ok   may list, watch nodes',
      'ok   may get pods/log',
      'warn whether Secrets are encrypted at rest is not known: neither metrics nor flags of the API server can be read — ask who runs the control plane for its EncryptionConfiguration (https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/), or run this check as somebody who may get /metrics',
      'The executor can use this cluster.',
      '',
    ].join('\n'),
  );
  expect(checkExitCode(report)).toBe(0);
  const always = neededAccess.filter(({ setting }) => setting === undefined);
  expect(asked).toHaveLength(always.flatMap(({ verbs }) => verbs).length);
  const more = await runChecks(aCluster({ canI }), 'context test', ['identity.serviceAccounts']);
  expect(more.checks.at(-2)?.what).toBe('may create tokenreviews.authentication.k8s.io');
  const tenants = await runChecks(aCluster({ canI }), 'context test', ['tenants.management']);
  expect(tenants.checks.map(({ what }) => what)).toEqual(
    expect.arrayContaining([
      'may create, get, list, watch, patch, delete namespaces',
      'may create, get, list, watch, patch networkpolicies.networking.k8s.io',
      'may create, get, list, watch, patch resourcequotas',
      'may create, get, list, watch, patch limitranges',
      'may create, get, list, watch, patch serviceaccounts',
      'may create events',
    ]),
  );
  expect(asked).toContainEqual({ group: 'batch', resource: 'jobs', verb: 'patch' });
});

test('missing permissions fail with the rule that would help', async () => {
  const canI = async ({ resource, verb }: AccessAttributes) => ({
    allowed: !(resource === 'jobs' && (verb === 'patch' || verb === 'watch')),
    reason: 'no \u001b[31mRBAC\n',
  });
  const report = await runChecks(aCluster({ canI }), 'x');
  expect(report.checks.find(({ status }) => status === 'fail')).toEqual({
    name: 'access to jobs.batch',
    status: 'fail',
    what: 'may not watch, patch jobs.batch (no \\x1b[31mRBAC\\n), needed to submit, follow and cancel steps',
    remedy:
      'add to the ClusterRole of the executor: {"apiGroups":["batch"],"resources":["jobs"],"verbs":["watch","patch"]}',
  });
  expect(renderChecks(report, 'text')).toContain('FAIL may not watch, patch jobs.batch');
  expect(renderChecks(report, 'text')).toContain('1 of 11 checks failed.');
  expect(renderChecks(report, 'text')).not.toMatch(unsafeOutput);
  expect(checkExitCode(report)).toBe(1);
});

test('what the executor can do without is a warning', async () => {
  const canI = async ({ resource, subresource }: AccessAttributes) => ({
    allowed: resource !== 'events' && subresource !== 'log',
    reason: '',
  });
  const report = await runChecks(aCluster({ canI }), 'x');
  expect(report.ok).toBe(true);
  expect(renderChecks(report, 'text')).toContain(
    'warn may not list, watch events, needed to say why a step waits or has failed',
  );
  expect(report.checks.at(-2)?.remedy).toContain('"resources":["pods/log"],"verbs":["get"]');
});

test('where nobody answers, that is the one thing said', async () => {
  const serverVersion = async () => {
    throw new Error('connect ECONNREFUSED 127.0.0.1:6443');
  };
  const report = await runChecks(aCluster({ serverVersion }), 'context test');
  expect(report).toMatchObject({ ok: false, checks: [{ name: 'connection', status: 'fail' }] });
  expect(report.checks[0]?.what).toContain('does not answer: connect ECONNREFUSED');
  expect(report.checks[0]?.remedy).toContain('kubectl version');
});

test('a permission that cannot be asked for is a failure, the others are still told', async () => {
  const canI = async ({ resource }: AccessAttributes) => {
    if (resource === 'configmaps') throw new Error('Unauthorized');
    return { allowed: true, reason: '' };
  };
  const report = await runChecks(aCluster({ canI }), 'x');
  expect(report.checks.filter(({ status }) => status === 'fail').map(({ what }) => what)).toEqual([
    'could not ask about configmaps: Unauthorized',
  ]);
  expect(report.checks).toHaveLength(11);
});

test('a warning is no failure', async () => {
  const report = await runChecks(aCluster({ serverVersion: async () => ({ gitVersion: 'v1.28.3' }) }), 'x');
  expect(report.ok).toBe(true);
  expect(checkExitCode(report)).toBe(0);
  expect(renderChecks(report, 'text')).toContain('warn version v1.28.3');
});

test.each([
  [{ least: 4_000, most: 5_000, at: 0 }, "this clock is 4.5 s (±0.5 s) ahead of the API server's", 'let NTP'],
  [undefined, 'the API server does not tell its time', 'compare'],
])('a clock that cannot be trusted is a warning', async (offset, what, remedy) => {
  const report = await runChecks(aCluster({ clockOffset: () => offset }), 'x');
  expect(report.ok).toBe(true);
  const clock = report.checks.find(({ name }) => name === 'clock');
  expect(clock).toMatchObject({ status: 'warn', what, remedy: expect.stringContaining(remedy) });
});

test('as JSON for programs', async () => {
  const report = await runChecks(aCluster(), 'x');
  expect(JSON.parse(renderChecks(report, 'json'))).toEqual(report);
});

describe('the version', () => {
  test.for([
    ['v1.27.16', 'fail'],
    ['v1.28.0', 'warn'],
    ['v1.29.3', 'warn'],
    ['v1.30.14', 'ok'],
    ['v1.33.1-eks-1', 'ok'],
    ['v1.37.2', 'ok'],
    ['v1.38.0-alpha.1', 'warn'],
    ['v2.0.0', 'warn'],
    ['unknown', 'warn'],
  ])('%s is %s', ([version, status]) => {
    const check = checkVersion(version!);
    expect(check.status).toBe(status);
    expect(check.remedy === undefined).toBe(status === 'ok');
  });
});
