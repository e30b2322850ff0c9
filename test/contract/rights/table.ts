import { tenantKinds } from '../../../src/tenant/objects.ts';
import { cluster } from './cluster.ts';
import type { Stage } from './stage.ts';
import { steps } from './steps.ts';
import { editOf, tenants } from './tenants.ts';

/** Something that people do with an executor. */
export interface Scenario {
  readonly play: (stage: Stage) => Promise<string>;
  /** What they see when it has all its rights. */
  readonly whole: string | RegExp;
  readonly config?: Readonly<Record<string, unknown>>;
}

/** What they see instead without one right. */
export interface Row {
  readonly right: string;
  readonly scenario: string;
  readonly seen: string | RegExp;
  /** What the log says, which has the API server's words. */
  readonly log?: RegExp;
}

type Kind = (typeof tenantKinds)[number];

const plurals: Readonly<Record<Kind, string>> = {
  Namespace: 'namespaces',
  NetworkPolicy: 'networkpolicies.networking.k8s.io',
  ResourceQuota: 'resourcequotas',
  LimitRange: 'limitranges',
  ServiceAccount: 'serviceaccounts',
};
const kindsWithin = tenantKinds.filter((kind) => kind !== 'Namespace');

const editName = (kind: Kind) => `a ${kind} of a tenant is edited`;

const whole: Readonly<
  Record<keyof typeof steps | keyof typeof cluster | keyof typeof tenants, string | RegExp>
> = {
  'an executor is ready': 'ready',
  'a step is submitted': 'taken',
  'a service account calls': 'it is let in',
  'a step runs': 'SUCCEEDED',
  'a step starts at most once': 'SUCCEEDED',
  'a step is not interruptible': 'taken',
  'a step is tried': 'a Job is shown',
  'an earlier Job has left its inputs': 'taken',
  'a step is asked for that is not there': /^NOT_FOUND STEP_UNKNOWN/,
  'a step is told to stop sooner': 'its pod has had its second',
  'a step waits for an account': 'ServiceAccountMissing is told',
  'a step waits, and for something else then': 'it is told at once',
  'a node is cordoned': 'NodeCordoned is told',
  // The nodes of this cluster are played and have no logs.
  'a log is read': /^UNAVAILABLE KUBERNETES_UNAVAILABLE/,
  'a tenant is laid down': 'READY',
  'a tenant is deleted': 'DELETING',
};

const configs: Readonly<Record<string, Scenario['config']>> = {
  'a service account calls': { identity: { serviceAccounts: 'on' } },
};

export const scenarios: ReadonlyMap<string, Scenario> = new Map<string, Scenario>([
  ...Object.entries({ ...cluster, ...steps, ...tenants }).map(([name, play]): [string, Scenario] => {
    const config = configs[name];
    return [name, { play, whole: whole[name as keyof typeof whole], ...(config && { config }) }];
  }),
  ...tenantKinds.map((kind): [string, Scenario] => [
    editName(kind),
    { play: editOf(kind), whole: 'repaired and told' },
  ]),
]);

const lacks = (right: string) =>
  `INTERNAL KUBERNETES_FORBIDDEN: the executor lacks a permission in the cluster: ${right}`;

/** The refusal names the right. */
const refused = (right: string, scenario: string): Row => ({ right, scenario, seen: lacks(right) });

/** Each right, and what breaks without it. */
export const table: readonly Row[] = [
  refused('create jobs.batch', 'a step runs'),
  refused('get jobs.batch', 'a step is asked for that is not there'),
  ...['jobs.batch', 'pods'].flatMap((what) =>
    ['list', 'watch'].map((verb): Row => {
      const cannot = `cannot ${verb} resource "${what.split('.')[0]}"`;
      const why = verb === 'list' ? 'not yet listed' : 'may not be followed';
      const seen = new RegExp(`${what.split('.')[0]} failed: ${why}: .*${cannot}`);
      return { right: `${verb} ${what}`, scenario: 'an executor is ready', seen, log: new RegExp(cannot) };
    }),
  ),
  {
    right: 'patch jobs.batch',
    scenario: 'a step runs',
    seen: `it stays as it is, and a cancel says ${lacks('patch jobs.batch')}`,
    log: /recording the end of Job .*: patch jobs\.batch/,
  },
  refused('create pods', 'a step is tried'),
  {
    right: 'patch pods',
    scenario: 'a step starts at most once',
    seen: 'it stays as it is, and a cancel says CANCELLING',
    log: /starting the one pod of Job .*: patch pods/,
  },
  {
    right: 'delete pods',
    scenario: 'a step is told to stop sooner',
    seen: 'its pod has 60 s',
    log: /telling a pod of Job .* to stop before its Job.*: delete pods/,
  },
  refused('create configmaps', 'a step runs'),
  refused('get configmaps', 'an earlier Job has left its inputs'),
  refused('patch configmaps', 'an earlier Job has left its inputs'),
  refused('create namespaces', 'a tenant is laid down'),
  refused('get namespaces', 'a tenant is laid down'),
  refused('patch namespaces', 'a tenant is laid down'),
  refused('delete namespaces', 'a tenant is deleted'),
  ...tenantKinds.flatMap((kind): readonly Row[] => {
    const plural = plurals[kind];
    const cannot = (verb: string) => new RegExp(`cannot ${verb} resource "${plural.split('.')[0]}"`);
    return [
      {
        right: `list ${plural}`,
        scenario: 'a step is submitted',
        seen: /^UNAVAILABLE NOT_YET_SYNCED: the executor does not know the tenants .* fails to read them: .*glip-executor check/,
        log: cannot('list'),
      },
      { right: `watch ${plural}`, scenario: editName(kind), seen: 'it stays edited', log: cannot('watch') },
    ];
  }),
  ...kindsWithin.flatMap((kind) =>
    ['create', 'get', 'patch'].map((verb): Row => {
      const right = `${verb} ${plurals[kind]}`;
      const seen = new RegExp(`^${kind} \\S+: the executor lacks a permission in the cluster: ${right}(;|$)`);
      return { right, scenario: 'a tenant is laid down', seen };
    }),
  ),
  {
    right: 'create events',
    scenario: editName('NetworkPolicy'),
    seen: 'repaired, and no Event',
    log: /the Event of a repair is lost: .*cannot create resource "events"/,
  },
  {
    right: 'list events',
    scenario: 'a step waits for an account',
    seen: 'nothing is told',
    log: /watching the Events of Jobs .*cannot list resource "events"/,
  },
  {
    right: 'watch events',
    scenario: 'a step waits, and for something else then',
    seen: 'it is told late',
    log: /watching the Events of Jobs .*cannot watch resource "events"/,
  },
  refused('create poddisruptionbudgets.policy', 'a step is not interruptible'),
  ...['list', 'watch'].map(
    (verb): Row => ({
      right: `${verb} nodes`,
      scenario: 'a node is cordoned',
      seen: 'nothing is told',
      log: new RegExp(`watching nodes .*cannot ${verb} resource "nodes"`),
    }),
  ),
  {
    right: 'get pods/log',
    scenario: 'a log is read',
    seen: /^FAILED_PRECONDITION LOGS_FORBIDDEN: .* needs get on pods\/log$/,
  },
  {
    right: 'create tokenreviews.authentication.k8s.io',
    scenario: 'a service account calls',
    seen: /IDENTITY_UNAVAILABLE/,
    log: /could not be asked about a token: .*cannot create resource "tokenreviews"/,
  },
];
