import { timestampMs } from '@bufbuild/protobuf/wkt';
import { type Cancellation, type Step, StepPhase, StepState } from '../../../gen/glip/executor/v1/step_pb.js';
import { printable } from '../printable.ts';
import { adviceText, reportOf } from '../progress.ts';
import { age, isOver, nameOf, stateName, timeOf } from '../step-words.ts';
import { plainWords } from './plain-words.ts';
import { categoryWords, phaseWords } from './words.ts';

/** One screen about one step: all of it is safe to print, and says what it says to people who do not know Kubernetes. */
export interface Explanation {
  readonly key: string;
  readonly state: string;
  /** In sentences. */
  readonly what: readonly string[];
  /** The reason, and whose business it is; empty when all goes well. */
  readonly why: string;
  readonly when: readonly When[];
  readonly todo: readonly string[];
  /** What the agent has left: its own words, the end of its output. Untrusted. */
  readonly output: readonly string[];
  /** What the cluster has said. Untrusted. */
  readonly events: readonly string[];
  /** Commands that tell more. */
  readonly more: readonly string[];
}

export interface When {
  /** RFC 3339. */
  readonly time: string;
  readonly what: string;
}

/** What happened to a step, why, since when, and what to do. `now` is this machine's clock, as in 3m ago. */
export function explain(step: Step, now: number): Explanation {
  const name = nameOf(step);
  const { outcome, waiting } = step;
  return {
    key: name,
    state: stateName(step.state),
    what: what(step, now).map(printable),
    why: why(step),
    when: when(step),
    todo: todo(step),
    output: [...agentSays(outcome?.agentReportJson ?? ''), ...(outcome?.evidence?.logTail ?? [])].map(
      printable,
    ),
    events: (outcome?.evidence?.events ?? []).map(printable),
    more: [
      ...(step.pod === undefined || waiting !== undefined ? [] : [`glip logs ${name}`]),
      `glip describe ${name}`,
    ],
  };
}

function what(step: Step, now: number): readonly string[] {
  const { outcome, waiting, cancellation, disruptionExpected: ahead } = step;
  const sentences: string[] = [];
  if (isOver(step)) {
    sentences.push(
      ...[plainWords(outcome?.reason ?? ''), outcome?.message || phaseWords(StepPhase.FINISHED, '')].filter(
        Boolean,
      ),
      ...(cancellation === undefined ? [] : [`${asker(cancellation)} had asked for its end.`]),
    );
    if (step.state !== StepState.SUCCEEDED && outcome?.mayHaveStarted === false)
      sentences.push('Its process never started: a new attempt repeats nothing.');
    return sentences;
  }
  sentences.push(phaseWords(step.phase, step.node));
  if (waiting !== undefined) {
    const since = waiting.since === undefined ? '' : ` For ${age(now - timestampMs(waiting.since))}:`;
    sentences.push(
      `${plainWords(waiting.reason) || 'Something holds it up.'}${since} ${waiting.message}`.trimEnd(),
    );
    if (waiting.giveUpTime !== undefined)
      sentences.push(
        `If that goes on, it will be given up in ${age(timestampMs(waiting.giveUpTime) - now)}.`,
      );
  }
  if (cancellation !== undefined)
    sentences.push(
      `${asker(cancellation)} has asked for its end. It is called CANCELLED only when nothing of it runs any more.`,
    );
  if (ahead !== undefined) {
    const by = ahead.deadline === undefined ? '' : ` in ${age(timestampMs(ahead.deadline) - now)}`;
    sentences.push(`It is about to lose its machine${by} (${ahead.cause}): ${ahead.message}`);
  }
  return sentences;
}

/** Who, and why. */
const asker = ({ requestedBy, reason }: Cancellation): string =>
  `${requestedBy || 'Somebody'}${reason === '' ? '' : ` ("${reason}")`}`;

function why({ outcome, waiting, state }: Step): string {
  if (state === StepState.SUCCEEDED) return '';
  const reason = outcome?.reason || waiting?.reason || '';
  const whose = categoryWords(outcome?.category);
  return printable([reason, whose].filter(Boolean).join(': '));
}

/** The moments that a person asks for, with what passed in between. */
function when(step: Step): readonly When[] {
  const told = step.timeline.flatMap((transition) => {
    const time = timeOf(transition);
    const word = wordOf(transition.phase, transition.incarnation, transition.reason);
    return time === undefined || word === '' ? [] : [{ time, what: word }];
  });
  return told.map(({ time, what }, i) => {
    const before = told[i - 1];
    const after = before === undefined ? '' : `, ${age(time - before.time)} later`;
    return { time: new Date(time).toISOString(), what: printable(what + after) };
  });
}

function wordOf(phase: StepPhase, incarnation: number, reason: string): string {
  switch (phase) {
    case StepPhase.QUEUED:
      return incarnation === 0 ? 'submitted' : `began anew (${reason})`;
    case StepPhase.RUNNING:
      return 'started';
    case StepPhase.TERMINATING:
      return `was told to stop (${reason})`;
    case StepPhase.FINISHED:
      return 'over';
    default:
      return '';
  }
}

function todo(step: Step): readonly string[] {
  const { outcome, waiting, observations } = step;
  const help = [outcome?.remedy ?? '', waiting?.remedy ?? ''].filter(Boolean);
  const advice = adviceText(outcome?.retry);
  const lines = [
    ...help,
    ...(advice === '' ? [] : [`To the orchestrator: ${advice}.`]),
    ...observations.map((text) => `Know, too: ${text}`),
  ];
  if (lines.length === 0 && step.state === StepState.SUCCEEDED) return ['Nothing: it has done its work.'];
  if (lines.length === 0 && step.state === StepState.CANCELLED)
    return ['Nothing: it was stopped on request. A new attempt starts it again.'];
  return (lines.length === 0 ? ['Nothing: wait.'] : lines).map(printable);
}

/** The words that GLIP has a place for in a report. */
function agentSays(reportJson: string): readonly string[] {
  const report = reportOf(reportJson);
  return ['error_code', 'message', 'suggested_action'].flatMap((name) => {
    const word = report[name];
    return typeof word === 'string' && word !== ''
      ? [`${name.replace('_', ' ')}: ${word.slice(0, 500)}`]
      : [];
  });
}
