import { describeAnyOrder } from './any-order.ts';
import { cases, readTimeline } from './timeline.ts';

describeAnyOrder(cases, readTimeline);
