import { oneLine } from '../lib/plain-text.ts';
import type { EventView } from './event-view.ts';
import type { WaitingReason } from './reasons.ts';
import { type Cause, earliest, type WaitRule } from './waiting-case.ts';

/** The Job controller's word for a pod that the API server does not let it make. Nothing else tells: the Job's status stays empty. */
const refusal = 'FailedCreate';

/** Somebody else than the executor has suspended the Job: the executor never does. */
export const suspended: WaitRule = ({ job }) => {
  if (!job.suspended) return undefined;
  const since = job.conditions.find((c) => c.type === 'Suspended' && c.status === 'True')?.time;
  return {
    reason: 'Suspended',
    message: 'Somebody has suspended the Job; the API server does not tell who.',
    since,
  };
};

/** Why the Job has no pod: the newest refusal of one. */
export const refused: WaitRule = ({ podWanted, jobEvents }) => {
  const refusals = jobEvents.filter((e) => e.reason === refusal && e.lastTime >= podWanted);
  const said = refusals.map((event) => ({ event, cause: causeOf(event) }));
  const newest = said.at(-1);
  if (newest === undefined) return undefined;
  const same = said.filter(({ cause }) => cause.reason === newest.cause.reason);
  // One Event counts what is said again, and may have begun with an earlier pod.
  const since = Math.max(podWanted, earliest(...same.map(({ event }) => event.firstTime)) ?? podWanted);
  return { ...newest.cause, since };
};

type Reading = readonly [
  pattern: RegExp,
  reason: WaitingReason,
  sentence: (match: RegExpExecArray) => string,
];

/** The API server's own sentences, most exact first. */
const readings: readonly Reading[] = [
  [
    /exceeded quota: ([^,]+), requested: (.+), used: (.+), limited: (.+)$/,
    'QuotaExceeded',
    ([, name = '', requested = '', used = '', limited = '']) =>
      `The quota ${name} is used up: ${quotaNumbers(requested, used, limited)}.`,
  ],
  [
    /(failed quota: .+)$/,
    'AdmissionRefused',
    ([, words = '']) => `The quota wants more of the pod: ${words}.`,
  ],
  [
    /error looking up service account ([^\s:]+):/,
    'ServiceAccountMissing',
    ([, name = '']) => `The service account ${name} does not exist.`,
  ],
  [
    /violates PodSecurity "([^"]*)": (.+)$/,
    'PodSecurityRefused',
    ([, level = '', rules = '']) => `Pod Security "${level}" refuses the pod: ${rules}.`,
  ],
  [
    /failed calling webhook "([^"]*)": (.+)$/,
    'AdmissionUnavailable',
    ([, name = '', words = '']) => `The admission webhook ${name} could not be asked: ${words}.`,
  ],
  [
    /admission webhook "([^"]*)" denied the request(?:: (.+)| without explanation)?$/,
    'AdmissionRefused',
    ([, name = '', words = 'it does not say why']) =>
      `The admission webhook ${name} refuses the pod: ${words}.`,
  ],
  [
    /ValidatingAdmissionPolicy '([^']*)'(?: with binding '[^']*')? denied request: (.+)$/,
    'AdmissionRefused',
    ([, name = '', words = '']) => `The admission policy ${name} refuses the pod: ${words}.`,
  ],
  [
    /pods? "[^"]*" is forbidden: (.+)$/,
    'AdmissionRefused',
    ([, words = '']) => `The pod is refused: ${words}.`,
  ],
];

function causeOf({ message }: EventView): Cause {
  const words = oneLine(message, 1_000).replace(/^\(combined from similar events\): /, '');
  for (const [pattern, reason, sentence] of readings) {
    const match = pattern.exec(words);
    if (match !== null) return { reason, message: oneStop(sentence(match)) };
  }
  return { reason: 'PodCreateFailed', message: oneStop(`The Job controller cannot make the pod: ${words}.`) };
}

/** `pods=1`, `pods=4`, `pods=4` as "pods: 1 asked, 4 of 4 used". */
function quotaNumbers(requested: string, used: string, limited: string): string {
  const parse = (text: string) =>
    new Map(
      text.split(',').map((pair): [string, string] => [pair.split('=')[0] ?? '', pair.split('=')[1] ?? '']),
    );
  const [inUse, limits] = [parse(used), parse(limited)];
  return [...parse(requested)]
    .map(
      ([name, asked]) =>
        `${name}: ${asked} asked, ${inUse.get(name) ?? '?'} of ${limits.get(name) ?? '?'} used`,
    )
    .join('; ');
}

const oneStop = (sentence: string): string => sentence.replace(/[.\s]+$/, '.');
