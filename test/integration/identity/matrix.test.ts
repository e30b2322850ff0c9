import type { Message } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type CancelStepResponse,
  ExecutorService,
  type ListStepsResponse,
  type WatchStepsResponse,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { type ListTenantsResponse, TenantService } from '../../../gen/glip/executor/v1/tenant_service_pb.js';
import { Health } from '../../../gen/grpc/health/v1/health_pb.js';
import { ServerReflection } from '../../../gen/grpc/reflection/v1/reflection_pb.js';
import { ServerReflection as ServerReflectionAlpha } from '../../../gen/grpc/reflection/v1alpha/reflection_pb.js';
import { accessTable } from '../../../src/rpc/access-table.ts';
import { aStep } from '../../support/step.ts';
import { type CallWish, grpcCaller, httpCaller, type Outcome, page } from './calls.ts';
import { type IdentityName, identities, type Secured, startSecured } from './secured.ts';

/*
 * Who gets what, for each RPC on both ports. A column for each identity in the order of `identities`:
 * U not known · O the call reached its handler · D PERMISSION_DENIED · H as if it were not there · 0 and 1: so many steps of the run are there ·
 * letters in small: which tenants are told of.
 */
const grid = `
  SubmitStep acme        U U U U U  D D O O O  O
  SubmitStep beta        U U U U U  O D D D D  O
  CancelStep acme        U U U U U  H D 1 1 D  1
  CancelStep beta        U U U U U  1 H H H D  1
  CancelRun acme         U U U U U  0 D 1 1 D  1
  CancelRun beta         U U U U U  1 0 0 0 D  1
  AckStep acme           U U U U U  H D O O D  O
  AckStep beta           U U U U U  O D H H D  O
  GetStep acme           U U U U U  H O O O O  O
  GetStep beta           U U U U U  O H H H H  O
  WatchStep acme         U U U U U  H O O O D  O
  WatchStep beta         U U U U U  O H H H D  O
  StreamLogs acme        U U U U U  H O O O D  O
  StreamLogs beta        U U U U U  O H H H D  O
  ListSteps *            U U U U U  b a a a D  ab
  ListSteps acme         U U U U U  - a a a D  a
  ListSteps beta         U U U U U  b - - - D  b
  WatchSteps *           U U U U U  b a a a D  ab
  WatchSteps acme        U U U U U  - a a a D  a
  WatchSteps beta        U U U U U  b - - - D  b
  EnsureTenant acme      U U U U U  D D D D D  O
  EnsureTenant beta      U U U U U  D D D D D  O
  GetTenant acme         U U U U U  H O O O D  O
  GetTenant beta         U U U U U  O H H H D  O
  ListTenants *          U U U U U  b a a a D  ab
  DeleteTenant nope      U U U U U  D D D D D  H
`;
const onGrpcOnly = `
  Check                  O O O O O  O O O O O  O
  List                   O O O O O  O O O O O  O
  Watch                  O O O O O  O O O O O  O
  ServerReflectionInfo   U U U U U  O O O O D  O
  ServerReflectionInfo1  U U U U U  O O O O D  O
`;
const onHttpOnly = `
  /livez                 O O O O O  O O O O O  O
  /readyz                O O O O O  O O O O O  O
  /readyz?verbose        O O O O O  O O O O O  O
  /metrics               U U U U U  D D D D D  O
`;
/** Why the first ones are not known. */
const unknownFor: Partial<Record<IdentityName, string>> = {
  none: 'CREDENTIALS_MISSING',
  expired: 'CERTIFICATE_INVALID',
  'wrong CA': 'CERTIFICATE_INVALID',
  'expired JWT': 'TOKEN_EXPIRED',
  "another's JWT": 'TOKEN_INVALID',
};

const names = Object.keys(identities) as IdentityName[];
const rowsOf = (text: string) =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, what = '', cells = ''] = /^ *(\S+(?: \S+)?) {2,}(.*)$/.exec(line) ?? [];
      return { what, want: cells.split(/ +/) };
    });

let secured: Secured;
beforeAll(async () => {
  secured = await startSecured();
  const admin = grpcCaller(secured.grpc, identities.admin);
  // A step that was cancelled before it was submitted: it is over, and no agent runs.
  for (const tenant of ['acme', 'beta']) {
    // Handed over, so that they are tenants of the executor's own.
    const path = `/api/v1/namespaces/glip-${tenant}`;
    const handed = { metadata: { annotations: { 'glip.greenlang.io/tenant': tenant } } };
    expect(await secured.cluster.request('PATCH', path, handed)).toMatchObject({ status: 200 });
    expect(await outcome(admin.call(wishOf(`EnsureTenant ${tenant}`)))).toBe('O');
    expect(await outcome(admin.call(wishOf(`CancelStep ${tenant}`)))).toBe('1');
  }
  admin.close();
});
afterAll(() => secured?.stop());

const methods = new Map(
  [ExecutorService, TenantService, Health, ServerReflection].flatMap(({ methods }) =>
    methods.map((m) => [m.name, m] as const),
  ),
);

/** The call of a row. */
function wishOf(what: string): CallWish {
  const [name = '', tenant = ''] = what.split(' ');
  const key = { tenant, runId: 'run-1', stepId: 'over', attempt: 0 };
  const method = methods.get(name === 'CancelRun' ? 'CancelStep' : name);
  switch (name) {
    case 'SubmitStep':
      return { method: method!, request: aStep(secured.cluster, { tenant, runId: 'run-1', stepId: 'over' }) };
    case 'CancelStep':
      return { method: method!, request: { target: { case: 'key', value: key } } };
    case 'CancelRun':
      return { method: method!, request: { target: { case: 'run', value: { tenant, runId: 'run-1' } } } };
    case 'ListSteps':
      return { method: method!, request: { filter: { tenant: tenant === '*' ? '' : tenant } } };
    case 'WatchSteps':
      return {
        method: method!,
        request: { filter: { tenant: tenant === '*' ? '' : tenant } },
        enough: (frame) => (frame as WatchStepsResponse).frame.case === 'synced',
      };
    case 'EnsureTenant':
      return { method: method!, request: { tenant, spec: {} } };
    case 'GetTenant':
    case 'DeleteTenant':
      return { method: method!, request: { tenant } };
    case 'ListTenants':
      return { method: method!, request: {} };
    case 'ServerReflectionInfo':
    case 'ServerReflectionInfo1': {
      const of = name.endsWith('1') ? ServerReflectionAlpha : ServerReflection;
      return {
        method: of.method.serverReflectionInfo,
        request: { messageRequest: { case: 'listServices', value: '' } },
      };
    }
    default:
      if (method === undefined) throw new Error(`no method ${name}`);
      return { method, request: method.parent === Health ? {} : { key } };
  }
}

/** What a cell of the grid says of how a call went; all that it does not expect stands for itself. */
async function outcome(call: Promise<Outcome>, who?: IdentityName): Promise<string> {
  const { frames, error } = await call;
  if (error === undefined)
    return countOf(frames) ?? tenantsIn(frames) ?? (frames.length > 0 ? 'O' : 'nothing');
  const told = `${error.code} ${error.reason}`;
  if (who !== undefined && told === `UNAUTHENTICATED ${unknownFor[who]}`) return 'U';
  if (told === 'PERMISSION_DENIED NOT_ALLOWED') return 'D';
  if (told === 'NOT_FOUND STEP_UNKNOWN' || told === 'NOT_FOUND TENANT_UNKNOWN') return 'H';
  // Its handler's own answer: the step of the matrix never had a container.
  if (told === 'FAILED_PRECONDITION CONTAINER_NOT_STARTED') return 'O';
  return `${told}: ${error.message}`;
}

/** How many steps a cancel has found; of one step it is always one. */
function countOf([first]: readonly Message[]): string | undefined {
  if (first?.$typeName !== 'glip.executor.v1.CancelStepResponse') return undefined;
  return String((first as CancelStepResponse).totalSize);
}

/** The first letters of the tenants that a list or a watch tells of. */
function tenantsIn(frames: readonly Message[]): string | undefined {
  const [first] = frames;
  if (first?.$typeName === 'glip.executor.v1.ListStepsResponse')
    return letters((first as ListStepsResponse).steps.map(({ key }) => key?.tenant));
  if (first?.$typeName === 'glip.executor.v1.ListTenantsResponse')
    return letters((first as ListTenantsResponse).tenants.map(({ tenant }) => tenant));
  if (first?.$typeName !== 'glip.executor.v1.WatchStepsResponse') return undefined;
  const told = (frames as WatchStepsResponse[]).flatMap(({ frame }) =>
    frame.case === 'snapshot' ? [frame.value.key?.tenant] : [],
  );
  const synced = (frames.at(-1) as WatchStepsResponse).frame;
  expect(synced).toMatchObject({ case: 'synced', value: { steps: told.length } });
  return letters(told);
}
const letters = (tenants: readonly (string | undefined)[]) =>
  tenants
    .map((t) => t?.[0])
    .sort()
    .join('') || '-';

describe('the matrix', () => {
  test('has a row for every RPC of every service, and every page; so has the table of the executor', () => {
    const inGrid = [...rowsOf(grid), ...rowsOf(onGrpcOnly)].map(({ what }) => wishOf(what).method);
    const rpcs = inGrid.map((method) => `${method.parent.typeName}/${method.name}`);
    const pages = rowsOf(onHttpOnly).map(({ what }) => what.replace(/\?.*/, ''));
    const all = [ExecutorService, TenantService, Health, ServerReflection, ServerReflectionAlpha].flatMap(
      ({ methods }) => methods.map((method) => `${method.parent.typeName}/${method.name}`),
    );
    expect([...new Set(rpcs)].sort()).toEqual(all.sort());
    expect(Object.keys(accessTable).sort()).toEqual([...new Set([...rpcs, ...pages])].sort());
  });

  test('has a cell for every identity', () => {
    for (const { what, want } of [grid, onGrpcOnly, onHttpOnly].flatMap(rowsOf))
      expect(want, what).toHaveLength(names.length);
    expect(names.length).toBeGreaterThanOrEqual(6);
  });

  describe.each(['gRPC', 'HTTP'] as const)('on the %s port', (port) => {
    const rows = rowsOf(port === 'gRPC' ? grid + onGrpcOnly : grid);
    test.each(names.map((who, column) => ({ who, column })))('$who', async ({ who, column }) => {
      const caller =
        port === 'gRPC'
          ? grpcCaller(secured.grpc, identities[who])
          : httpCaller(secured.http, identities[who]);
      const got: Record<string, string> = {};
      for (const { what } of rows) got[what] = await outcome(caller.call(wishOf(what)), who);
      caller.close();
      expect(got).toEqual(Object.fromEntries(rows.map(({ what, want }) => [what, want[column]])));
    });
  });

  test.each(names.map((who, column) => ({ who, column })))('pages: $who', async ({ who, column }) => {
    const rows = rowsOf(onHttpOnly);
    const letter: Record<number, string> = { 200: 'O', 401: 'U', 403: 'D' };
    const got: Record<string, string | undefined> = {};
    for (const { what } of rows) got[what] = letter[await page(secured.http, identities[who], what)];
    expect(got).toEqual(Object.fromEntries(rows.map(({ what, want }) => [what, want[column]])));
  });
});

describe('what a caller may not see', () => {
  test.each(['GetStep', 'WatchStep', 'StreamLogs', 'AckStep', 'CancelStep', 'CancelRun', 'GetTenant'])(
    '%s looks as for a tenant that is not there',
    async (rpc) => {
      const [other, admin] = [
        grpcCaller(secured.grpc, identities['other tenant']),
        grpcCaller(secured.grpc, identities.admin),
      ];
      const hidden = await other.call(wishOf(`${rpc} acme`));
      const missing = await admin.call(wishOf(`${rpc} nope`));
      const renamed = missing.error && {
        ...missing.error,
        message: missing.error.message.replaceAll('nope', 'acme'),
      };
      expect(hidden).toEqual(renamed === undefined ? missing : { ...missing, error: renamed });
      // Of a run that is not there nothing is cancelled, and that is no error.
      if (rpc !== 'CancelRun') expect(missing.error?.code).toBe('NOT_FOUND');
      else expect(missing.frames).toMatchObject([{ steps: [], totalSize: 0 }]);
      other.close();
      admin.close();
    },
  );
});
