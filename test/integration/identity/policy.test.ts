import { readFileSync } from 'node:fs';
import { create } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type CancelStepResponse,
  ExecutorService,
  type WatchStepResponse,
  type WatchStepsResponse,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { StepKeySchema } from '../../../gen/glip/executor/v1/step_pb.js';
import { aStep } from '../../support/step.ts';
import { until } from '../rpc/client.ts';
import { grpcCaller, httpCaller, type Outcome, page } from './calls.ts';
import { type IdentityName, identities, policy, type Secured, startSecured } from './secured.ts';

const { submitStep, cancelStep, getStep, watchStep, watchSteps, listSteps, streamLogs } =
  ExecutorService.method;

let secured: Secured;
const callers = new Map<IdentityName, ReturnType<typeof grpcCaller>>();
const as = (who: IdentityName) => {
  const caller = callers.get(who) ?? grpcCaller(secured.grpc, identities[who]);
  callers.set(who, caller);
  return caller;
};
beforeAll(async () => {
  secured = await startSecured({ logs: { maxStreams: 3, maxStreamsPerCaller: 2 } });
});
afterAll(async () => {
  for (const caller of callers.values()) caller.close();
  await secured?.stop();
});

const key = (tenant: string, runId: string, stepId = 'work') =>
  create(StepKeySchema, { tenant, runId, stepId, attempt: 0 });
const cancel = (who: IdentityName, tenant: string, runId: string) =>
  as(who).call({ method: cancelStep, request: { target: { case: 'key', value: key(tenant, runId) } } });
const submit = (who: IdentityName, wish: Parameters<typeof aStep>[1]) =>
  as(who).call({ method: submitStep, request: aStep(secured.cluster, wish) });
const told = ({ error }: Outcome) => error && `${error.code} ${error.reason}`;

interface AuditLine {
  readonly caller: string;
  readonly rpc: string;
  readonly outcome: string;
  readonly stage?: string;
  readonly tenant?: string;
  readonly run?: string;
  readonly rule?: string;
}
const audited = (): readonly AuditLine[] =>
  readFileSync(secured.auditFile, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

describe('a policy that changes', () => {
  /** Waits until the executor goes by it: its last rule lets the reader see a tenant that is called as nothing else, which the audit log tells. */
  const force = async (rules: readonly object[], round: string) => {
    const marker = {
      name: `round-${round}`,
      who: [{ identity: 'cn:reader' }],
      may: ['read'],
      tenants: [round],
    };
    await secured.setPolicy([...rules, marker]);
    await untilTold('the policy is in force', async () => {
      await as('read-only').call({ method: getStep, request: { key: key(round, 'r') } });
      return readRule(round) === `round-${round}`;
    });
  };
  const readRule = (tenant: string) =>
    audited().findLast((line) => line.caller === 'cn:reader' && line.tenant === tenant)?.rule;

  test('hides and shows tenants in a stream that is open', async () => {
    const seen: string[] = [];
    const stop = Promise.withResolvers<void>();
    const call = as('certificate').call({
      method: watchSteps,
      request: {},
      enough: (frame) => {
        const { frame: f } = frame as WatchStepsResponse;
        if (f.case === 'snapshot' || f.case === 'update')
          seen.push((f.case === 'snapshot' ? f.value.key : f.value.step?.key)?.runId ?? '');
        if (f.case === 'synced') stop.resolve();
        return seen.at(-1) === 'last';
      },
    });
    await stop.promise;
    await cancel('admin', 'acme', 'seen-1');
    await cancel('admin', 'beta', 'hidden-1');
    const both = {
      name: 'both',
      who: [{ identity: 'spiffe://*' }],
      may: ['read'],
      tenants: ['acme', 'beta'],
    };
    await force([policy.rules[0]!, both], 'both');
    await cancel('admin', 'beta', 'seen-2');
    await force([policy.rules[0]!, { ...both, tenants: ['beta'] }], 'beta-only');
    await cancel('admin', 'acme', 'hidden-2');
    await cancel('admin', 'beta', 'last');
    expect(told(await call)).toBeUndefined();
    expect([...new Set(seen)]).toEqual(['seen-1', 'seen-2', 'last']);
    await force(policy.rules, 'as-before');
  });

  test('ends a stream that is not allowed any more with a Goodbye, and what comes back is told', async () => {
    await submit('certificate', { tenant: 'acme', runId: 'long', agent: { runMs: 3_600_000 } });
    const opened = Promise.withResolvers<void>();
    const call = as('certificate').call({
      method: watchStep,
      request: { key: key('acme', 'long') },
      enough: () => {
        opened.resolve();
        return false;
      },
    });
    await opened.promise;
    await force([policy.rules[0]!], 'admins-only');
    const { frames, error } = await call;
    expect((frames.at(-1) as WatchStepResponse).frame.case).toBe('goodbye');
    expect(told({ frames, ...(error && { error }) })).toBe('UNAVAILABLE DRAINING');
    expect(
      told(await as('certificate').call({ method: watchStep, request: { key: key('acme', 'long') } })),
    ).toBe('PERMISSION_DENIED NOT_ALLOWED');
    await force(policy.rules, 'as-before-2');
    await cancel('certificate', 'acme', 'long');
  });

  test('and cannot be used changes nothing, and is told with every problem', async () => {
    await secured.setPolicy([{ name: 'a', who: [{ identity: '*' }], may: ['everything'] }, {}]);
    await until('it is refused', () =>
      secured.executor.complaints.some(({ msg }) => msg.startsWith('the changed policy')),
    );
    const { err } = secured.executor.complaints.find(({ msg }) => msg.startsWith('the changed policy'))!;
    expect(err?.message).toContain('rules[0].may[0] must be one of');
    expect(err?.message).toContain('rules[1].name is missing');
    expect(told(await cancel('certificate', 'acme', 'still'))).toBeUndefined();
    expect(told(await cancel('read-only', 'acme', 'still'))).toBe('PERMISSION_DENIED NOT_ALLOWED');
    await force(policy.rules, 'mended');
  });

  test('limits what a rule lets its callers do', async () => {
    const limited = (limits: object) => [policy.rules[0]!, { ...policy.rules[1], limits }];
    await force(limited({ stepsInFlight: 1 }), 'in-flight');
    const work = { tenant: 'acme', agent: { runMs: 3_600_000 } };
    expect(told(await submit('certificate', { ...work, runId: 'one' }))).toBeUndefined();
    expect(told(await submit('certificate', { ...work, runId: 'two' }))).toBe(
      'RESOURCE_EXHAUSTED TOO_MANY_STEPS',
    );
    // What is there already starts nothing.
    expect(told(await submit('certificate', { ...work, runId: 'one' }))).toBeUndefined();
    await cancel('certificate', 'acme', 'one');
    await untilTold('it is over', async () => {
      const { error } = await submit('certificate', { ...work, runId: 'two' });
      return error === undefined;
    });
    await cancel('certificate', 'acme', 'two');

    await force(limited({ submitsPerSecond: 1 }), 'rate');
    const outcomes = await Promise.all(
      [1, 2, 3].map((n) => submit('certificate', { tenant: 'acme', runId: `fast-${n}`, validateOnly: true })),
    );
    expect(outcomes.map(told).sort()).toEqual([
      'RESOURCE_EXHAUSTED SUBMIT_RATE_EXCEEDED',
      'RESOURCE_EXHAUSTED SUBMIT_RATE_EXCEEDED',
      undefined,
    ]);
    // The mark of a step that was never submitted is a Job, too; what is there is cancelled however many there were.
    await force(limited({}), 'no-rate');
    expect(told(await submit('certificate', { ...work, runId: 'there' }))).toBeUndefined();
    const [admins, ...others] = limited({ submitsPerSecond: 1 });
    // Each rule counts by itself.
    await force([admins!, ...others.map((rule) => ({ ...rule, name: 'marks' }))], 'marks');
    const marks = await Promise.all(
      ['mark-1', 'mark-2', 'mark-3', 'there', 'there'].map((run) => cancel('certificate', 'acme', run)),
    );
    expect(marks.slice(0, 3).map(told).sort()).toEqual([
      'RESOURCE_EXHAUSTED SUBMIT_RATE_EXCEEDED',
      'RESOURCE_EXHAUSTED SUBMIT_RATE_EXCEEDED',
      undefined,
    ]);
    expect(marks.slice(3).map(told)).toEqual([undefined, undefined]);
    await force(policy.rules, 'unlimited');
  });
});

test('no identity takes all streams of logs: each has a bound of its own, and all together have one', async () => {
  const { key, ...request } = aStep(secured.cluster, { tenant: 'acme', agent: { hang: true } });
  expect(
    told(await as('certificate').call({ method: submitStep, request: { key, ...request } })),
  ).toBeUndefined();
  const open: Promise<Outcome>[] = [];
  /** Opens a stream for each, and tells what the first one to end was told. */
  const firstToEnd = (...who: IdentityName[]) => {
    const begun = who.map((one) =>
      as(one).call({ method: streamLogs, request: { key, follow: true }, enough: () => false }),
    );
    open.push(...begun);
    return Promise.race(begun);
  };
  const own = await firstToEnd('certificate', 'certificate', 'certificate');
  expect(told(own)).toBe('RESOURCE_EXHAUSTED TOO_MANY_LOG_STREAMS');
  expect(own.error?.message).toContain('this executor has 2 streams of logs of this caller already');
  // There is room for one of them.
  const all = await firstToEnd('read-only', 'JWT');
  expect(told(all)).toBe('RESOURCE_EXHAUSTED TOO_MANY_LOG_STREAMS');
  expect(all.error?.message).toContain('this executor has 3 streams of logs already');
  await cancel('certificate', 'acme', key.runId);
  await Promise.all(open);
  // What is over counts no more.
  const again = await firstToEnd('certificate');
  expect(told(again)).not.toContain('TOO_MANY');
});

describe('who called', () => {
  test.each([
    ['certificate', 'spiffe://prod/orchestrator'],
    ['JWT', 'jwt:corp:ann'],
    ['admin', 'cn:admin'],
  ] as const)('%s stands in the cancellation as %s', async (who, name) => {
    const { frames } = await cancel(who, 'acme', `by-${who}`);
    expect((frames[0] as CancelStepResponse).steps[0]?.cancellation?.requestedBy).toBe(name);
  });
});

describe('the audit log', () => {
  test('says who did what, for whom, and by which rule; of a stream when it began and when it was over', async () => {
    await cancel('JWT', 'acme', 'audit-1');
    await cancel('read-only', 'acme', 'audit-1');
    await as('JWT').call({
      method: watchStep,
      request: { key: key('acme', 'audit-1') },
      enough: () => false,
    });
    await as('none').call({ method: getStep, request: { key: key('acme', 'audit-1') } });
    await page(secured.http, identities.certificate, '/metrics');
    await until('the last line is written', () => audited().some(({ rpc }) => rpc === '/metrics'));
    const rpc = (name: string) => `glip.executor.v1.ExecutorService/${name}`;
    const common = {
      tenant: 'acme',
      run: 'audit-1',
      step: 'work',
      level: 'info',
      peer: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    };
    const lines = audited();
    const about = lines.filter(({ run }) => run === 'audit-1');
    expect(about).toMatchObject([
      {
        ...common,
        caller: 'jwt:corp:ann',
        by: 'jwt',
        rpc: rpc('CancelStep'),
        outcome: 'allowed',
        rule: 'pipelines',
        code: 'OK',
      },
      {
        ...common,
        caller: 'cn:reader',
        rpc: rpc('CancelStep'),
        outcome: 'denied',
        code: 'PERMISSION_DENIED',
        reason: 'NOT_ALLOWED',
      },
      { ...common, caller: 'jwt:corp:ann', rpc: rpc('WatchStep'), outcome: 'allowed', stage: 'started' },
      {
        ...common,
        caller: 'jwt:corp:ann',
        rpc: rpc('WatchStep'),
        outcome: 'allowed',
        stage: 'ended',
        code: 'OK',
      },
    ]);
    expect(lines.filter(({ outcome }) => outcome === 'unauthenticated').at(-1)).toMatchObject({
      caller: 'anonymous',
      rpc: rpc('GetStep'),
      reason: 'CREDENTIALS_MISSING',
    });
    expect(lines.at(-1)).toMatchObject({
      caller: 'spiffe://prod/orchestrator',
      rpc: '/metrics',
      outcome: 'denied',
    });
  });

  test('what callers write forges no line', async () => {
    const run = 'x"}\n{"caller":"cn:forged"}\u001b[2J';
    await as('JWT').call({ method: getStep, request: { key: key('acme', run) } });
    await until('the line is written', () => audited().some((line) => line.run?.startsWith('x"}') === true));
    expect(audited().some(({ caller }) => caller === 'cn:forged')).toBe(false);
    expect(readFileSync(secured.auditFile, 'utf8')).not.toContain('\u001b');
    // Nor does it do anything to whoever reads it with a tool that undoes the escapes.
    expect(audited().find((line) => line.run?.startsWith('x"}'))?.run).toBe('x"} {"caller":"cn:forged"}');
  });

  test('and no token or key is ever written', () => {
    const all = readFileSync(secured.auditFile, 'utf8') + JSON.stringify(secured.executor.complaints);
    for (const { token } of Object.values(identities) as { token?: string }[])
      for (const part of token?.split('.') ?? []) if (part.length > 20) expect(all).not.toContain(part);
    expect(all).not.toContain('service.account.token');
    expect(all).not.toContain('PRIVATE KEY');
  });

  test('is counted by RPC and outcome', async () => {
    const admin = httpCaller(secured.http, identities.admin);
    expect(told(await admin.call({ method: listSteps, request: {} }))).toBeUndefined();
    const text = await metrics();
    const of = (outcome: string) =>
      `glip_executor_access_decisions_total{rpc="glip.executor.v1.ExecutorService/CancelStep",outcome="${outcome}"}`;
    expect(text).toContain(of('allowed'));
    expect(text).toContain(of('denied'));
    expect(text).toMatch(/glip_executor_reloads_total\{what="policy",outcome="refused"\} 1/);
    expect(text).toMatch(/glip_executor_tls_not_after_seconds \d+/);
  });
});

test('a probe is told whether it is ready, and not why', async () => {
  expect((await read('/readyz?verbose', {})).trim()).toBe('ok');
});

const metrics = (): Promise<string> => read('/metrics', identities.admin.certificate);

async function read(path: string, shown: object): Promise<string> {
  const { request } = await import('node:https');
  const { serverCa } = await import('./secured.ts');
  return new Promise((resolve, reject) => {
    const { host, port } = secured.http;
    request({ host, port, path, ca: serverCa.ca, servername: '', ...shown }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve(text));
    })
      .on('error', reject)
      .end();
  });
}

/** As `until`, of what must be asked for. */
async function untilTold(name: string, condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 15_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited in vain until ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
