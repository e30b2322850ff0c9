import type { DescMethod } from '@bufbuild/protobuf';
import { toJson } from '@bufbuild/protobuf';
import { ExecutorService } from '../../gen/glip/executor/v1/executor_service_pb.js';
import { type Step, StepSchema } from '../../gen/glip/executor/v1/step_pb.js';
import { TenantService } from '../../gen/glip/executor/v1/tenant_service_pb.js';
import { type CallWish, grpcCaller, httpCaller, type Outcome } from '../integration/identity/calls.ts';
import {
  identities,
  policy,
  type Secured,
  type Shown,
  startSecured,
} from '../integration/identity/secured.ts';
import { applyFile } from '../support/deploy.ts';
import { accessWithOurRights } from '../support/executor-rights.ts';
import { type RealCluster, startRealCluster } from '../support/real-cluster.ts';
import { isRunning } from '../support/states.ts';
import { aStep, type StepRequest } from '../support/step.ts';
import { must } from '../support/tenants.ts';
import { until } from '../support/until.ts';

/** Two tenants on a real control plane under everything of deploy/, and a step of `beta` that nobody of `acme` may touch. */
export interface Scene {
  readonly cluster: RealCluster;
  readonly secured: Secured;
  readonly beta: StepRequest;
  /** What beta's people see of their step, and the cluster's administrators of its objects. */
  stateOfBeta(): Promise<unknown>;
  /** Asks over the gRPC port, or the HTTP port. Attacker A is who has the certificate of acme. */
  call(wish: CallWish, by?: { readonly who?: Shown; readonly http?: boolean }): Promise<Outcome>;
  /** Asks the API server as attacker K, who has the role `admin` in the namespace of acme. */
  jo: RealCluster['request'];
  stop(): Promise<void>;
}

export const attacker = identities.certificate;
export const theirs = identities['other tenant'];
export const methods = { ...ExecutorService.method, ...TenantService.method };

/** `OK`, or the code and the reason. */
export const told = ({ error }: Outcome): string => (error ? `${error.code} ${error.reason}` : 'OK');

const limits = { stepsInFlight: 20, submitsPerSecond: 3 };
const rules = policy.rules.map((rule) => (rule.name === 'pipelines' ? { ...rule, limits } : rule));

interface Meta {
  readonly metadata: Readonly<Record<string, unknown>>;
}

export async function startScene(): Promise<Scene> {
  const cluster = await startRealCluster();
  await applyFile(cluster.controlPlane, 'admission-policy.yaml');
  const access = await accessWithOurRights(cluster.controlPlane);
  const images = {
    sources: 'registry.example/probe,ghcr.io/greenlang/*',
    resolve: 'off',
    signatures: 'not-required',
  };
  const secured = await startSecured({ images }, { rules, place: { cluster, access } });
  const call: Scene['call'] = async (wish, { who = attacker, http = false } = {}) => {
    const caller = http ? httpCaller(secured.http, who) : grpcCaller(secured.grpc, who);
    try {
      return await caller.call(wish);
    } finally {
      caller.close();
    }
  };
  const ask = async (method: DescMethod, request: object, who: Shown) => {
    const outcome = await call({ method, request: { ...request } }, { who });
    if (outcome.error) throw new Error(`${method.name}: ${told(outcome)}: ${outcome.error.message}`);
    return outcome.frames[0];
  };
  for (const tenant of ['acme', 'beta']) {
    await ask(methods.ensureTenant, { tenant, spec: {} }, identities.admin);
    await until(`${tenant} is ready`, async () => {
      const request = aStep(cluster, { tenant, validateOnly: true });
      return told(await call({ method: methods.submitStep, request }, { who: identities.admin })) === 'OK';
    });
  }
  await must(cluster, 'POST', '/apis/rbac.authorization.k8s.io/v1/namespaces/glip-acme/rolebindings', {
    metadata: { name: 'people' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jo' }],
  });
  const beta = aStep(cluster, { tenant: 'beta', agent: { hang: true } });
  await ask(methods.submitStep, beta, theirs);
  const stepOfBeta = async () => {
    const { step } = (await ask(methods.getStep, { key: beta.key }, theirs)) as never as { step: Step };
    return step;
  };
  await until('the step of beta runs', async () => isRunning(await stepOfBeta()));
  return {
    cluster,
    secured,
    beta,
    call,
    jo: (method, path, body, options) =>
      cluster.request(method, path, body, { ...options, headers: { 'impersonate-user': 'jo' } }),
    async stateOfBeta() {
      const kinds = [
        '/apis/batch/v1/namespaces/glip-beta/jobs',
        '/apis/networking.k8s.io/v1/namespaces/glip-beta/networkpolicies',
        '/api/v1/namespaces/glip-beta/configmaps',
        '/api/v1/namespaces/glip-beta/serviceaccounts',
        '/api/v1/namespaces/glip-beta/limitranges',
      ];
      const objects = await Promise.all(kinds.map((path) => must(cluster, 'GET', path)));
      return {
        step: toJson(StepSchema, await stepOfBeta()),
        // Not their versions: the Job controller counts pods a little later.
        objects: objects.flatMap(({ items }) =>
          items.map(({ metadata: { name, uid, generation, labels, annotations, finalizers } }: Meta) => ({
            name,
            uid,
            generation,
            labels,
            annotations,
            finalizers,
          })),
        ),
      };
    },
    async stop() {
      await secured.stop();
    },
  };
}
