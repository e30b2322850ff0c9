import { hash } from 'node:crypto';
import { create, toBinary } from '@bufbuild/protobuf';
import {
  type ExecutorService,
  type ListStepsRequest,
  ListStepsResponseSchema,
  StepView,
} from '../../gen/glip/executor/v1/executor_service_pb.js';
import { type Step as ProtoStep, StepSchema } from '../../gen/glip/executor/v1/step_pb.js';
import { invalidRequest } from '../step/errors.ts';
import { canonicalFilter, matches, type StepFilter } from '../step/filter.ts';
import type { Step } from '../step/step.ts';
import { filterFromProto } from './filter-from-proto.ts';
import { type ServiceHandlers, sees } from './handler.ts';
import type { StepAccessDeps } from './step-access.ts';
import { freshnessOf, type StreamFramesDeps } from './stream-frames.ts';
import { stepToProto } from './to-proto.ts';

const maxPage = 1_000;
const defaultPage = 100;
/** A page ends early rather than exceed this. */
const maxBytes = 2 * 1024 * 1024;

/** Where a page ends: steps are told in the order of creation, newest first, and by uid within one second. */
interface Position {
  readonly createTime: number;
  readonly uid: string;
}

export function createListSteps(
  deps: Pick<StepAccessDeps, 'registry'> & Pick<StreamFramesDeps, 'freshness'>,
): ServiceHandlers<typeof ExecutorService>['listSteps'] {
  return async (request, context) => {
    const { filter, size, after, full, digest } = parse(request);
    const matching = [...deps.registry.steps()]
      .filter(
        (step) =>
          matches(filter, step) &&
          sees(context, step.key.tenant) &&
          (after === undefined || isBehind(step, after)),
      )
      .sort(newestFirst);
    const steps: ProtoStep[] = [];
    let bytes = 0;
    for (const step of matching.slice(0, size)) {
      const message = stepToProto(step, full);
      bytes += toBinary(StepSchema, message).length;
      if (bytes > maxBytes && steps.length > 0) break;
      steps.push(message);
    }
    const last = matching[steps.length - 1];
    const more = steps.length < matching.length && last !== undefined;
    const nextPageToken = more ? printToken(last, digest) : '';
    return create(ListStepsResponseSchema, { steps, nextPageToken, ...freshnessOf(deps) });
  };
}

const isBehind = (step: Step, after: Position): boolean =>
  step.createTime < after.createTime || (step.createTime === after.createTime && step.job.uid > after.uid);

const newestFirst = (a: Step, b: Step): number =>
  b.createTime - a.createTime || (a.job.uid < b.job.uid ? -1 : 1);

function parse(request: ListStepsRequest) {
  const { pageSize, pageToken, view } = request;
  const { filter, violations: wrong } = filterFromProto(request.filter, 'filter');
  const violations = [];
  if (pageSize < 0 || pageSize > maxPage) {
    violations.push({ field: 'page_size', message: `must be from 1 to ${maxPage}, or 0 for ${defaultPage}` });
  }
  violations.push(...wrong);
  if (StepView[view] === undefined)
    violations.push({ field: 'view', message: `${view} is not a view of this contract` });
  const full = view === StepView.FULL;
  const digest = digestOf(filter, full);
  const after = pageToken === '' ? undefined : readToken(pageToken, digest);
  if (pageToken !== '' && after === undefined) {
    violations.push({ field: 'page_token', message: 'is not of this service, or of another filter or view' });
  }
  if (violations.length > 0) throw invalidRequest(violations);
  return { filter, size: pageSize || defaultPage, after, full, digest };
}

/** A token holds good for one filter and view alone. */
const digestOf = (filter: StepFilter, full: boolean): string =>
  hash('sha256', `${canonicalFilter(filter)} ${full}`, 'base64url').slice(0, 16);

const printToken = (step: Step, digest: string): string =>
  Buffer.from(`1.${step.createTime}.${step.job.uid}.${digest}`).toString('base64url');

function readToken(token: string, digest: string): Position | undefined {
  if (token.length > 256) return undefined;
  const [version, time, uid, written] = Buffer.from(token, 'base64url').toString('utf8').split('.');
  if (version !== '1' || written !== digest || uid === undefined || !/^\d{1,16}$/.test(time ?? ''))
    return undefined;
  return { createTime: Number(time), uid };
}
