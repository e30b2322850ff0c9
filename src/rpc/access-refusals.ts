import { create, type Message } from '@bufbuild/protobuf';
import {
  type CancelStepRequest,
  CancelStepResponseSchema,
  type GetStepRequest,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import { namespaceOf } from '../job/names.ts';
import { ExecutorError, invalidRequest } from '../step/errors.ts';
import { identifierProblem } from '../step/key.ts';
import { tenantUnknown } from '../tenant/errors.ts';
import type { AccessRow } from './access-table.ts';
import { requireKey } from './from-proto.ts';
import { stepUnknown } from './step-access.ts';

/** A call that the policy does not allow, to a caller who knows of the tenant, or of none. */
export function notAllowed(rpc: string, tenant: string | undefined, caller: string): ExecutorError {
  const what = tenant === undefined ? rpc : `${rpc} for the tenant ${tenant}`;
  return new ExecutorError({
    code: 'PERMISSION_DENIED',
    reason: 'NOT_ALLOWED',
    message: `${caller} may not call ${what}: no rule of the policy allows it`,
    metadata: { rpc, ...(tenant !== undefined && { tenant }) },
  });
}

/** Whoever has nothing to do with a tenant gets what a caller gets of one that is not there: an error, or an answer. */
export function hiddenTenant(
  row: AccessRow,
  request: Message,
  { rpc, tenant, caller, namespacePrefix }: HiddenCall,
): ExecutorError | Message {
  const problem = identifierProblem(tenant);
  switch (row.hidden) {
    case 'step unknown':
      return stepUnknown(requireKey((request as GetStepRequest).key));
    case 'tenant unknown':
      if (problem !== undefined) return invalidRequest([{ field: 'tenant', message: problem }]);
      // Of a run that is not there nothing is cancelled, and that is no error.
      if (isCancelOfRun(request)) return create(CancelStepResponseSchema);
      return tenantUnknown({ namespace: namespaceOf(namespacePrefix, tenant) });
    default:
      return notAllowed(rpc, tenant, caller);
  }
}

const isCancelOfRun = (request: Message): boolean =>
  request.$typeName === 'glip.executor.v1.CancelStepRequest' &&
  (request as CancelStepRequest).target.case === 'run';

export interface HiddenCall {
  readonly rpc: string;
  readonly tenant: string;
  readonly caller: string;
  readonly namespacePrefix: string;
}
