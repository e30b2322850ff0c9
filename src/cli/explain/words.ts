import { FailureCategory, StepPhase } from '../../../gen/glip/executor/v1/step_pb.js';

/** Where a step is on its way, for somebody who does not know Kubernetes; a sentence. `node` may be empty. */
export function phaseWords(phase: StepPhase, node: string): string {
  const there = node === '' ? '' : ` on the machine ${node}`;
  switch (phase) {
    case StepPhase.QUEUED:
      return 'It waits to be let into the cluster.';
    case StepPhase.SCHEDULING:
      return 'It waits for a machine with room.';
    case StepPhase.PULLING_IMAGE:
      return `It is${there || ' on its machine'}, which fetches the agent's image.`;
    case StepPhase.STARTING:
      return `It is about to start${there}.`;
    case StepPhase.RUNNING:
      return `It runs${there}.`;
    case StepPhase.TERMINATING:
      return `It is being stopped${there}.`;
    case StepPhase.FINISHED:
      return 'It is over.';
    default:
      return 'It is somewhere that this program does not know yet.';
  }
}

/** Whose business a failure is; empty without one. */
export function categoryWords(category: FailureCategory | undefined): string {
  switch (category) {
    case FailureCategory.AGENT:
      return "the agent's own code";
    case FailureCategory.INPUT:
      return "the step's inputs";
    case FailureCategory.PLATFORM:
      return 'the cluster, not the agent';
    case FailureCategory.DISRUPTION:
      return 'something or somebody took it away; the agent did nothing wrong';
    case FailureCategory.RESOURCES:
      return 'a limit of memory, disk or another resource';
    case FailureCategory.IMAGE:
      return "the agent's image";
    case FailureCategory.POLICY:
      return 'a rule of the cluster';
    case FailureCategory.TIMEOUT:
      return 'a time limit of the step';
    default:
      return '';
  }
}
