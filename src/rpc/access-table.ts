import type { Message } from '@bufbuild/protobuf';
import type {
  AckStepRequest,
  CancelStepRequest,
  GetStepRequest,
  StreamLogsRequest,
  SubmitStepRequest,
  WatchStepRequest,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import type {
  DeleteTenantRequest,
  EnsureTenantRequest,
  GetTenantRequest,
} from '../../gen/glip/executor/v1/tenant_service_pb.js';
import type { RpcNames } from '../policy/access.ts';

/** What an RPC, or a page of the HTTP port, touches, and what a caller gets who may not. */
export interface AccessRow {
  /** The set of a policy that it belongs to; `public` needs no identity: probes have none. */
  readonly set: 'public' | 'read' | 'submit' | 'operate' | 'admin';
  /** The tenant that a request touches; `visible`: all that the caller may see, and no other; absent: none. */
  readonly tenant?: 'visible' | ((request: Message) => string);
  /** What a tenant looks like that the caller has nothing to do with. */
  readonly hidden?: 'step unknown' | 'tenant unknown' | 'denied';
}

const ofKey = (request: Message): string =>
  (request as SubmitStepRequest | GetStepRequest | WatchStepRequest | AckStepRequest | StreamLogsRequest).key
    ?.tenant ?? '';

const ofTarget = (request: Message): string => (request as CancelStepRequest).target.value?.tenant ?? '';

const ofTenant = (request: Message): string =>
  (request as EnsureTenantRequest | GetTenantRequest | DeleteTenantRequest).tenant;

/**
 * Every RPC of every service on both ports, and every page. A method without a row is served to nobody: the server does not start.
 */
export const accessTable: Readonly<Record<string, AccessRow>> = {
  'glip.executor.v1.ExecutorService/SubmitStep': { set: 'submit', tenant: ofKey, hidden: 'denied' },
  'glip.executor.v1.ExecutorService/CancelStep': {
    set: 'operate',
    tenant: ofTarget,
    hidden: 'tenant unknown',
  },
  'glip.executor.v1.ExecutorService/AckStep': { set: 'operate', tenant: ofKey, hidden: 'step unknown' },
  'glip.executor.v1.ExecutorService/GetStep': { set: 'read', tenant: ofKey, hidden: 'step unknown' },
  'glip.executor.v1.ExecutorService/WatchStep': { set: 'read', tenant: ofKey, hidden: 'step unknown' },
  'glip.executor.v1.ExecutorService/StreamLogs': { set: 'read', tenant: ofKey, hidden: 'step unknown' },
  'glip.executor.v1.ExecutorService/ListSteps': { set: 'read', tenant: 'visible' },
  'glip.executor.v1.ExecutorService/WatchSteps': { set: 'read', tenant: 'visible' },
  'glip.executor.v1.TenantService/EnsureTenant': { set: 'admin', tenant: ofTenant, hidden: 'denied' },
  'glip.executor.v1.TenantService/DeleteTenant': {
    set: 'admin',
    tenant: ofTenant,
    hidden: 'tenant unknown',
  },
  'glip.executor.v1.TenantService/GetTenant': { set: 'read', tenant: ofTenant, hidden: 'tenant unknown' },
  'glip.executor.v1.TenantService/ListTenants': { set: 'read', tenant: 'visible' },
  'grpc.health.v1.Health/Check': { set: 'public' },
  'grpc.health.v1.Health/List': { set: 'public' },
  'grpc.health.v1.Health/Watch': { set: 'public' },
  'grpc.reflection.v1.ServerReflection/ServerReflectionInfo': { set: 'read' },
  'grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo': { set: 'read' },
  '/livez': { set: 'public' },
  '/readyz': { set: 'public' },
  '/metrics': { set: 'admin' },
};

/** As a policy names an RPC: its method, where no other service has one of that name, else with the service. */
export function policyName(rpc: string): string {
  const [service = '', method = ''] = rpc.split('/');
  return service.startsWith('glip.executor.') ? method : rpc;
}

/** What a policy may name. A set holds what its word says and nothing else, but for admin, which is everything. */
export const rpcNames: RpcNames = (() => {
  const rows = Object.entries(accessTable).filter(([, { set }]) => set !== 'public');
  const of = (wanted: AccessRow['set']) =>
    rows.filter(([, { set }]) => set === wanted || wanted === 'admin').map(([rpc]) => policyName(rpc));
  const names = rows.map(([rpc]) => policyName(rpc));
  return {
    names,
    sets: { read: of('read'), submit: of('submit'), operate: of('operate'), admin: of('admin') },
  };
})();
