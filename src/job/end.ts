import type { End, EpochMs, Outcome } from '../step/step.ts';
import { exitMeaning, signalOf } from './exit-codes.ts';
import type { JobFacts, PodFacts } from './facts.ts';
import { condition } from './milestones.ts';
import type { ContainerState, JobView, PodView } from './observation.ts';
import { readReport } from './report.ts';
import type { Stop } from './stop.ts';

type Terminated = Extract<ContainerState, { kind: 'terminated' }>;
type Ended = Pick<End, 'state' | 'outcome' | 'time'>;

const finalPod = (pod: PodFacts): boolean =>
  pod.gone || pod.view.phase === 'Succeeded' || pod.view.phase === 'Failed';

/** Whether the pod's own objects prove that nothing of it runs, or ever will. */
function proven(pod: PodFacts): boolean {
  const { view } = pod;
  if (view.agent?.kind === 'terminated') return true;
  return finalPod(pod) && (view.node === '' || (view.agent === undefined && view.phase === 'Failed'));
}

/** How the step ended; undefined while it is not over, or while nobody can know yet. */
export function ended(
  job: JobView,
  facts: JobFacts,
  stop: Stop | undefined,
): (Ended & { absence: boolean }) | undefined {
  const pod = facts.pods.at(-1);
  if (facts.pods.some((p) => p !== pod && !finalPod(p))) return undefined;
  if (pod !== undefined && proven(pod)) {
    const end = fromPod(job, pod, stop);
    return end && { ...end, absence: false };
  }
  if (pod !== undefined && !pod.gone) return undefined;
  const end = fromJob(job, facts, pod, stop);
  return end && { ...end, absence: pod === undefined && !facts.noMorePods };
}

/** From a pod whose end is proven. */
function fromPod(job: JobView, pod: PodFacts, stop: Stop | undefined): Ended | undefined {
  const { view } = pod;
  if (view.agent?.kind !== 'terminated') return neverStarted(job, pod, stop);
  const agent = view.agent;
  const told = view.deleteTime !== undefined || pod.gone;
  const report = readReport(agent.message);
  if (agent.exitCode === 0 && agent.reason !== 'OOMKilled' && (!told || report.status === 'success')) {
    return done(
      agent,
      'SUCCEEDED',
      outcome(agent, { reason: 'Completed', message: 'The agent has finished.' }),
    );
  }
  if (ambiguous(agent, view) && !finalPod(pod)) return undefined;
  if (stop !== undefined && told) return finalPod(pod) ? stopped(stop, agent) : undefined;
  if (agent.reason === 'OOMKilled') {
    const message =
      agent.exitCode === 0
        ? 'The kernel killed a process of the agent for memory, although the agent reported exit code 0.'
        : 'The agent was killed for memory: it reached its limit.';
    return failed(agent, { category: 'RESOURCES', reason: 'OOMKilled', message, retry: 'MORE_RESOURCES' });
  }
  return byPod(job, view, agent) ?? byExitCode(agent);
}

/** An end that a kill from outside would explain: the pod's phase, about a second later, says which. */
const ambiguous = (agent: Terminated, view: PodView): boolean =>
  agent.reason !== 'OOMKilled' &&
  (signalOf(agent.exitCode) !== undefined ||
    view.deleteTime !== undefined ||
    condition(view.conditions, 'DisruptionTarget') !== undefined);

/** What the pod says of why its container was ended. */
function byPod(job: JobView, view: PodView, agent: Terminated): Ended | undefined {
  const disruption = condition(view.conditions, 'DisruptionTarget');
  if (disruption !== undefined) {
    const reasons: Readonly<Record<string, string>> = {
      PreemptionByScheduler: 'Preempted',
      DeletionByTaintManager: 'NodeTainted',
      EvictionByEvictionAPI: 'Evicted',
      TerminationByKubelet: 'Evicted',
      DeletionByPodGC: 'NodeLost',
    };
    const reason = reasons[disruption.reason] ?? 'Disrupted';
    return failed(agent, { category: 'DISRUPTION', reason, message: disruption.message, retry: 'SAME' });
  }
  if (view.reason === 'Evicted') {
    return failed(agent, {
      category: 'RESOURCES',
      reason: 'Evicted',
      message: view.message,
      retry: 'MORE_RESOURCES',
    });
  }
  if (view.reason === 'DeadlineExceeded')
    return timedOut(agent, 'RunTimeout', 'The pod reached its own deadline on the node.');
  if (view.deleteTime === undefined) return undefined;
  if (deadlinePassed(job)) return timedOut(agent, 'TotalTimeout', totalMessage(job));
  const reason = job.deleteTime === undefined ? 'PodDeleted' : 'JobDeleted';
  const what = job.deleteTime === undefined ? 'pod' : 'Job';
  const message = `Somebody deleted the ${what}; the API server does not tell who.`;
  return failed(agent, { category: 'DISRUPTION', reason, message, retry: 'SAME' });
}

function byExitCode(agent: Terminated): Ended {
  const neverRan = agent.startTime === undefined;
  if (neverRan) {
    const message = agent.message === '' ? 'The container could not be started.' : agent.message;
    return failed(agent, {
      category: 'PLATFORM',
      reason: agent.reason || 'StartError',
      message,
      retry: 'NO',
    });
  }
  const meaning = exitMeaning(agent.exitCode);
  const message = `Exit code ${agent.exitCode}: ${meaning.sentence}.`;
  return failed(agent, { category: meaning.category, reason: meaning.reason, message, retry: meaning.retry });
}

/** A pod that is over without a word about its agent's container. */
function neverStarted(job: JobView, pod: PodFacts, stop: Stop | undefined): Ended {
  const { view, waited } = pod;
  const time = view.deleteTime ?? job.createTime;
  if (stop !== undefined) return stopped(stop, undefined, time);
  const base = { exitMeaning: '', mayHaveStarted: false, agentReportJson: '' } as const;
  const end = (
    state: End['state'],
    rest: Pick<Outcome, 'category' | 'reason' | 'message' | 'retry'>,
  ): Ended => ({
    state,
    time,
    outcome: { ...base, ...rest },
  });
  if (view.failedInit !== undefined) {
    const message = `Init container ${view.failedInit.name} failed with exit code ${view.failedInit.exitCode}.`;
    return end('FAILED', { category: 'PLATFORM', reason: 'InitFailed', message, retry: 'SAME' });
  }
  if (deadlinePassed(job)) {
    return end('TIMED_OUT', {
      category: 'TIMEOUT',
      reason: 'TotalTimeout',
      message: totalMessage(job),
      retry: 'SAME',
    });
  }
  const said = view.message || waited?.message || 'The pod ended before its agent could start.';
  const reason = view.reason || waited?.reason || (pod.gone ? 'PodDeleted' : 'PodFailed');
  return end('FAILED', { category: 'PLATFORM', reason, message: said, retry: 'ELSEWHERE' });
}

/** From a Job whose pods are gone, or never were. */
function fromJob(
  job: JobView,
  facts: JobFacts,
  pod: PodFacts | undefined,
  stop: Stop | undefined,
): Ended | undefined {
  const complete = condition(job.conditions, 'Complete');
  const failure = condition(job.conditions, 'Failed');
  const nothing = {
    exitMeaning: '',
    mayHaveStarted: pod !== undefined || job.failed + job.succeeded > 0,
    agentReportJson: '',
  };
  const end = (
    state: End['state'],
    time: EpochMs | undefined,
    rest: Partial<Outcome> & Pick<Outcome, 'reason' | 'message'>,
  ): Ended => ({
    state,
    time: time ?? job.createTime,
    outcome: { ...nothing, ...rest },
  });
  if (complete !== undefined) {
    const message = 'The Job is complete; its pod was gone before it could be read.';
    return end('SUCCEEDED', complete.time, { reason: 'Completed', message, exitCode: 0 });
  }
  const exitCode = /failed with exit code (\d{1,3}) matching/.exec(failure?.message ?? '')?.[1];
  if (failure !== undefined && exitCode !== undefined && stop === undefined) {
    const code = Number(exitCode);
    const { category, reason, retry, sentence, name } = exitMeaning(code);
    const message = `Exit code ${code}: ${sentence}. The pod was gone before it could be read.`;
    return end('FAILED', failure.time, {
      category,
      reason,
      message,
      retry,
      exitCode: code,
      exitMeaning: name,
    });
  }
  const never = pod === undefined && job.failed + job.succeeded === 0;
  if (failure !== undefined && never) {
    if (stop !== undefined) return stopped(stop, undefined, failure.time);
    if (failure.reason === 'DeadlineExceeded') {
      return end('TIMED_OUT', failure.time, {
        category: 'TIMEOUT',
        reason: 'TotalTimeout',
        message: totalMessage(job),
        retry: 'SAME',
      });
    }
    return end('FAILED', failure.time, {
      category: 'PLATFORM',
      reason: failure.reason,
      message: failure.message,
      retry: 'SAME',
    });
  }
  if (facts.gone && never) {
    const message = 'The Job was deleted before it had a pod.';
    return end('FAILED', job.deleteTime, {
      category: 'DISRUPTION',
      reason: 'JobDeleted',
      message,
      retry: 'SAME',
    });
  }
  if (failure === undefined && !facts.gone) return undefined;
  const message = 'The pod is gone and no node has reported the end of its process, which may still run.';
  return end('FAILED', failure?.time ?? job.deleteTime, {
    category: 'PLATFORM',
    reason: 'EndUnconfirmed',
    message,
    retry: 'LATER',
  });
}

function stopped(stop: Stop, agent: Terminated | undefined, time?: EpochMs): Ended {
  const at = agent?.endTime ?? time ?? stop.time;
  if (stop.cause === 'Cancel') {
    const message = 'Cancelled on request.';
    return { state: 'CANCELLED', time: at, outcome: outcome(agent, { reason: 'Cancelled', message }) };
  }
  const rest = {
    category: 'TIMEOUT',
    reason: stop.cause,
    message: stop.reason,
    retry: 'MORE_RESOURCES',
  } as const;
  return { state: 'TIMED_OUT', time: at, outcome: outcome(agent, rest) };
}

function timedOut(agent: Terminated, reason: string, message: string): Ended {
  return done(
    agent,
    'TIMED_OUT',
    outcome(agent, { category: 'TIMEOUT', reason, message, retry: 'MORE_RESOURCES' }),
  );
}

function failed(agent: Terminated, rest: Pick<Outcome, 'category' | 'reason' | 'message' | 'retry'>): Ended {
  return done(agent, 'FAILED', outcome(agent, rest));
}

function done(agent: Terminated, state: End['state'], told: Outcome): Ended {
  return { state, outcome: told, time: agent.endTime ?? agent.startTime ?? 0 };
}

function outcome(
  agent: Terminated | undefined,
  rest: Partial<Outcome> & Pick<Outcome, 'reason' | 'message'>,
): Outcome {
  if (agent === undefined) return { exitMeaning: '', mayHaveStarted: false, agentReportJson: '', ...rest };
  const signal = agent.signal ?? signalOf(agent.exitCode);
  const started = agent.startTime !== undefined;
  return {
    exitMeaning: agent.exitCode === 0 ? 'success' : exitMeaning(agent.exitCode).name,
    mayHaveStarted: started,
    agentReportJson: readReport(agent.message).json,
    ...(started && { exitCode: agent.exitCode }),
    ...(started && signal !== undefined && { signal }),
    ...(started && { startTime: agent.startTime }),
    ...(agent.endTime !== undefined && { endTime: agent.endTime }),
    ...rest,
  };
}

const deadlinePassed = (job: JobView): boolean =>
  job.conditions.some((c) => c.status === 'True' && c.reason === 'DeadlineExceeded');

const totalMessage = (job: JobView): string =>
  `The step reached its total time${job.deadlineSeconds === undefined ? '' : ` of ${job.deadlineSeconds} s`}.`;
