import type { CanaryPod } from '../cli/check/egress/judge.ts';
import { canaryLabel, roles } from '../cli/check/egress/objects.ts';
import { list, number, type RawObject, record, strings, text, time } from '../job/raw.ts';

/** Waits that end by nobody's patience. An image that is pulled for the first time may fail once. */
const hopeless = [
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
];

/** A pod of the canary as it came from a watch; undefined for somebody else's. */
export function canaryPod(object: RawObject, gone: boolean): CanaryPod | undefined {
  const [metadata, spec, status] = [record(object.metadata), record(object.spec), record(object.status)];
  const role = roles.find((one) => one === strings(metadata.labels)[canaryLabel]);
  if (role === undefined) return undefined;
  const phase = text(status.phase) || 'Pending';
  const { waiting, terminated } = record(list(status.containerStatuses)[0]?.state);
  const conditions = list(status.conditions);
  const is = (type: string) => conditions.find((c) => c.type === type);
  const scheduled = is('PodScheduled');
  const unscheduled = scheduled?.status === 'False' ? text(scheduled.message) : '';
  const reason = text(record(waiting).reason);
  const said = [reason, text(record(waiting).message)].filter((part) => part !== '').join(': ');
  const over = terminated !== undefined && terminated !== null ? record(terminated) : undefined;
  const failed = phase === 'Failed' || phase === 'Succeeded';
  const code = number(over?.exitCode);
  const why = [text(status.reason), text(status.message)].filter((part) => part !== '').join(': ');
  return {
    role,
    phase,
    ready: is('Ready')?.status === 'True',
    ip: text(status.podIP),
    node: text(spec.nodeName),
    waits: said || unscheduled,
    hopeless: hopeless.includes(reason),
    ...((over !== undefined || failed) && {
      ended: { ...(code !== undefined && { code }), time: time(over?.finishedAt) ?? 0, why },
    }),
    gone,
  };
}
