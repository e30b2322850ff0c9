import { create } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import {
  ExecutorService,
  GetStepRequestSchema,
  GetStepResponseSchema,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { type Caller, localCaller, unknownCaller } from '../../../src/identity/caller.ts';
import { createRate } from '../../../src/policy/rate.ts';
import { accessTable, policyName, rpcNames } from '../../../src/rpc/access-table.ts';
import { createGuard } from '../../../src/rpc/guard.ts';
import { guarded, type JudgedCall } from '../../../src/rpc/guarded.ts';
import { rpcService } from '../../../src/rpc/service.ts';
import { fakeHandlers } from '../../integration/rpc/harness.ts';

const aGuard = (needsIdentity: boolean) =>
  createGuard({ needsIdentity, namespacePrefix: 'glip-', rate: createRate(() => 0) });
const context = (caller = localCaller) => ({ signal: new AbortController().signal, caller });
const request = create(GetStepRequestSchema, { key: { tenant: 'acme' } });

describe('a service behind the guard', () => {
  test('is not served with a method that has no row', () => {
    const service = rpcService(ExecutorService, fakeHandlers({}));
    const desc = { ...service.desc, typeName: 'glip.executor.v1.NewService' };
    const methods = service.desc.methods.map((method) => ({ ...method, parent: desc }));
    const renamed = { desc: { ...desc, methods } as typeof service.desc, handlers: service.handlers };
    expect(() => guarded(renamed, { guard: aGuard(false) })).toThrow(
      'glip.executor.v1.NewService/SubmitStep has no row in the access table',
    );
  });

  test('refuses who is not known, whatever the edge has forgotten', async () => {
    let reached = false;
    const handlers = fakeHandlers({
      getStep: async () => {
        reached = true;
        return create(GetStepResponseSchema);
      },
    });
    const judged: JudgedCall[] = [];
    const deps = { guard: aGuard(true), onCall: (call: JudgedCall) => void judged.push(call) };
    const { getStep } = guarded(rpcService(ExecutorService, handlers), deps).handlers;
    await expect(getStep?.(request as never, context(unknownCaller))).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    await expect(getStep?.(request as never, context(localCaller))).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
    });
    expect(reached).toBe(false);
    expect(judged.map(({ admission }) => admission)).toEqual([undefined, undefined]);
    await getStep?.(request as never, context({ ...localCaller, by: 'certificate' }));
    expect(reached).toBe(true);
  });

  test('hands frames on as they are: the same object is serialised once for all', async () => {
    const frame = { $typeName: 'x' } as never;
    const handlers = fakeHandlers({
      watchStep: async function* () {
        yield frame;
      },
    });
    const judged: JudgedCall[] = [];
    const deps = { guard: aGuard(false), onCall: (call: JudgedCall) => void judged.push(call) };
    const { watchStep } = guarded(rpcService(ExecutorService, handlers), deps).handlers;
    const open = () => watchStep?.({} as never, context()) as AsyncIterable<unknown>;
    for await (const one of open()) expect(one).toBe(frame);
    for await (const _ of open()) break;
    expect(
      judged.map(({ stage, error }) => `${stage} ${(error as Error | undefined)?.message ?? 'well'}`),
    ).toEqual(['started well', 'ended well', 'started well', 'ended the caller left']);
  });
});

describe('a stream', () => {
  const until = (caller: Caller, draining?: AbortSignal) =>
    new Promise<string>((resolve, reject) => {
      const handlers = fakeHandlers({
        watchStep: async function* (_, given) {
          const { draining: asked, signal } = given;
          asked?.addEventListener('abort', () => resolve('asked to leave'), { once: true });
          if (asked?.aborted) resolve('asked to leave');
          if (asked === undefined) resolve('never asked');
          await new Promise((done) => signal.addEventListener('abort', done));
          yield {} as never;
        },
      });
      const { watchStep } = guarded(rpcService(ExecutorService, handlers), { guard: aGuard(false) }).handlers;
      const call = { signal: AbortSignal.timeout(1_000), caller, ...(draining && { draining }) };
      const frames = watchStep?.({} as never, call) as AsyncIterable<unknown>;
      frames[Symbol.asyncIterator]()
        .next()
        .then(() => resolve('left alone'), reject);
    });

  test('is asked to leave when the proof of its caller ends', async () => {
    expect(await until({ ...localCaller, expiresAt: Date.now() + 50 })).toBe('asked to leave');
    expect(await until({ ...localCaller, expiresAt: Date.now() - 1 })).toBe('asked to leave');
  });

  test('and not before, however far that is', async () => {
    expect(await until({ ...localCaller, expiresAt: Date.now() + 3_600_000 })).toBe('left alone');
    expect(await until({ ...localCaller, expiresAt: Date.now() + 10 ** 12 })).toBe('left alone');
    expect(await until(localCaller)).toBe('never asked');
  });

  test('is asked to leave by a drain all the same', async () => {
    const drain = new AbortController();
    setTimeout(() => drain.abort(), 20);
    expect(await until({ ...localCaller, expiresAt: Date.now() + 3_600_000 }, drain.signal)).toBe(
      'asked to leave',
    );
    expect(await until({ ...localCaller, expiresAt: Date.now() + 3_600_000 }, AbortSignal.abort())).toBe(
      'asked to leave',
    );
  });
});

describe('the table', () => {
  test('names each RPC once, as a policy does', () => {
    const names = Object.keys(accessTable).map(policyName);
    expect(new Set(names).size).toBe(names.length);
    expect(policyName('glip.executor.v1.ExecutorService/GetStep')).toBe('GetStep');
    expect(policyName('grpc.reflection.v1.ServerReflection/ServerReflectionInfo')).toBe(
      'grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
    );
    expect(policyName('/metrics')).toBe('/metrics');
  });

  test('puts each into one set, and all into admin; what is public needs no rule', () => {
    const { names, sets } = rpcNames;
    expect(sets.admin).toEqual(names);
    expect(names).not.toContain('/livez');
    const ofAdminsOnly = ['/metrics', 'DeleteTenant', 'EnsureTenant'];
    expect([...(sets.read ?? []), ...(sets.submit ?? []), ...(sets.operate ?? [])].sort()).toEqual(
      names.filter((name) => !ofAdminsOnly.includes(name)).sort(),
    );
    expect(names).toEqual(expect.arrayContaining(ofAdminsOnly));
  });
});
