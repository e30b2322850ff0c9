import { create } from '@bufbuild/protobuf';
import { durationMs } from '@bufbuild/protobuf/wkt';
import {
  ListStepsRequestSchema,
  StepFilterSchema,
  StepView,
} from '../../../gen/glip/executor/v1/executor_service_pb.js';
import { type Context, callWithRetry, layoutOf } from '../context.ts';
import { structured } from '../structured.ts';
import { createCount, renderTop } from '../top.ts';

/** The most that the executor gives in a page. */
const pageSize = 1_000;

/** The steps of the executor by state, and what holds the others up. */
export async function runTop(context: Context): Promise<number> {
  const { options, calls, io } = context;
  const filter = create(StepFilterSchema, { tenant: options.tenant ?? options.defaultTenant ?? '' });
  const count = createCount();
  let pageToken = '';
  let freshness: number | undefined;
  do {
    const request = create(ListStepsRequestSchema, { filter, pageSize, pageToken, view: StepView.BASIC });
    const page = await callWithRetry(context, (call) => calls.listSteps(request, call));
    page.steps.forEach(count.add);
    freshness = page.freshness && durationMs(page.freshness) / 1_000;
    pageToken = page.nextPageToken;
  } while (pageToken !== '');
  const top = count.top(freshness);
  const text =
    options.output === 'json' || options.output === 'yaml'
      ? structured(top, options.output)
      : renderTop(top, layoutOf(io.stdout, io), io.now());
  io.stdout.write(text);
  return 0;
}
