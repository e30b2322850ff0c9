import { timestampMs } from '@bufbuild/protobuf/wkt';
import { type Moment, MomentKind, type Step } from '../../gen/glip/executor/v1/step_pb.js';
import { type Layout, layTable } from './layout.ts';
import { printable } from './printable.ts';

/** Where a step's time went: each moment with what passed since the one before it. Empty for a step without moments. */
export function layMoments({ moments }: Pick<Step, 'moments'>, { clock, width }: Layout): string {
  if (moments.length === 0) return '';
  const rows = moments.map((moment, i) => {
    const before = moments[i - 1];
    return [nameOf(moment), timeText(moment, clock), sinceText(before, moment), printable(moment.detail)];
  });
  return layTable(['MOMENT', 'TIME', 'TOOK', 'DETAIL'], rows, width);
}

const nameOf = ({ kind, incarnation }: Moment): string =>
  `${MomentKind[kind] ?? `MOMENT_${kind}`}${incarnation === 0 ? '' : ` (${incarnation})`}`;

const timeText = ({ time }: Moment, clock: Layout['clock']): string =>
  time === undefined ? '' : clock(timestampMs(time));

/** Kubernetes keeps most times to the second only: a moment may seem to come before the one that led to it. */
function sinceText(before: Moment | undefined, { time }: Moment): string {
  if (before?.time === undefined || time === undefined) return '';
  return `${(Math.max(0, timestampMs(time) - timestampMs(before.time)) / 1000).toFixed(1)}s`;
}
