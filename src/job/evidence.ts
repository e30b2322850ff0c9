import { lastLines, oneLine } from '../lib/plain-text.ts';
import type { FinalState } from '../step/state.ts';
import type { Evidence, Outcome } from '../step/step.ts';
import { eventsAbout } from './event-facts.ts';
import type { EventView } from './event-view.ts';
import type { JobFacts } from './facts.ts';
import type { PodFacts } from './pod-facts.ts';
import { readReport } from './report.ts';

/** As the contract has them: 8 KiB together, of which the log's tail may have the 2 KiB that Kubernetes keeps of it. */
const bounds = { events: 16, eventBytes: 6 * 1024, eventLength: 512, logBytes: 2_048 };

/** Ordinary Events that say why something ended; of the others Warnings matter. */
const telling = ['Killing', 'Preempted', 'Evicted', 'TaintManagerEviction', 'DeadlineExceeded'];

/** Whether the end of the agent's output is still to be asked for: it has run, and no message has it. */
export const wantsLogTail = ({ mayHaveStarted, evidence }: Outcome): boolean =>
  mayHaveStarted && (evidence?.logTail.length ?? 0) === 0;

/** Whether an Event is one that a failure may rest on. */
export const tells = ({ type, reason }: EventView): boolean => type === 'Warning' || telling.includes(reason);

/** Whether an end is one that is told with what it rests on: a success and a cancel explain themselves. */
export const needsEvidence = (state: FinalState): boolean => state === 'FAILED' || state === 'TIMED_OUT';

/** An outcome with what it rests on, as far as that was seen. Untrusted text. */
export function withEvidence(
  outcome: Outcome,
  { job, events, logTail: read }: Pick<JobFacts, 'job' | 'events' | 'logTail'>,
  pod: PodFacts | undefined,
): Outcome {
  const about = [
    ...eventsAbout(events, job?.uid),
    ...(pod === undefined ? [] : eventsAbout(events, pod.view.uid)),
  ];
  const fromMessage = logTail(pod);
  const ofPod = read !== undefined && read.podUid === pod?.view.uid;
  // Read from the log where the message has the agent's report in its place.
  const tail = fromMessage.length === 0 && ofPod ? lastLines(read.text, bounds.logBytes) : fromMessage;
  const found: Evidence = { events: eventLines(about), logTail: tail };
  return found.events.length + found.logTail.length === 0 ? outcome : { ...outcome, evidence: found };
}

/** The newest that matter, oldest first. */
function eventLines(events: readonly EventView[]): readonly string[] {
  const lines: string[] = [];
  let left = bounds.eventBytes;
  const newest = events.filter(tells).sort((a, b) => b.lastTime - a.lastTime);
  for (const { reason, message } of newest) {
    const line = oneLine(`${reason}: ${message}`, bounds.eventLength);
    left -= Buffer.byteLength(line);
    if (lines.length === bounds.events || left < 0) break;
    lines.unshift(line);
  }
  return lines;
}

/** The end of the agent's output, where it left no report: Kubernetes puts it into the termination message of what has failed. */
function logTail(pod: PodFacts | undefined): readonly string[] {
  const agent = pod?.view.agent;
  // A container that was never made has a message, too: of its node.
  if (agent?.kind !== 'terminated' || agent.startTime === undefined || agent.message === '') return [];
  return readReport(agent.message).json === '' ? lastLines(agent.message, bounds.logBytes) : [];
}

/** Whether a value that was read from a record can be told as evidence. */
export function isEvidence(value: unknown): value is Evidence {
  const { events, logTail: tail } = (value ?? {}) as Partial<Evidence>;
  const lines = (list: unknown, most: number): boolean =>
    Array.isArray(list) &&
    list.length <= most &&
    list.every((line) => typeof line === 'string' && line.length <= 2_048);
  return lines(events, bounds.events) && lines(tail, bounds.logBytes);
}
