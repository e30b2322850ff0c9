import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** One step of the demo, before its run is known. */
export interface DemoStep {
  readonly stepId: string;
  readonly image: string;
  readonly agent: string;
  readonly inputs: readonly DemoInput[];
  readonly output: string;
  readonly params: Readonly<Record<string, string | number | boolean>>;
}

export interface DemoInput {
  readonly name: string;
  readonly artifact_uri: string;
  readonly sha256: string;
  readonly source_step?: string;
}

/** Pauses make the work slow enough to be watched; nothing else is put on. */
const pause = (ms: number) => ({ pause_ms_per_row: ms });

export function cleanStep(activity: DemoInput, pauseMs = 8): DemoStep {
  return {
    stepId: 'clean',
    image: 'glip-demo/clean-activity-data:1.0.0',
    agent: 'DEMO.ACTIVITY.Clean',
    inputs: [activity],
    output: 'cleaned',
    params: { period_start: '2024-01-01', period_end: '2024-12-31', ...pause(pauseMs) },
  };
}

export function computeStep(results: string): DemoStep {
  return {
    stepId: 'compute',
    image: 'glip-demo/compute-emissions:1.0.0',
    agent: 'DEMO.EMISSIONS.Compute',
    inputs: [artifact(results, 'clean', 'cleaned', 'cleaned')],
    output: 'emissions',
    params: { factor_set: 'uk-desnz-2024', ...pause(6) },
  };
}

export function reportStep(results: string): DemoStep {
  return {
    stepId: 'report',
    image: 'glip-demo/write-report:1.0.0',
    agent: 'DEMO.REPORT.Write',
    inputs: [
      artifact(results, 'compute', 'emissions', 'emissions'),
      artifact(results, 'clean', 'quality', 'quality'),
    ],
    output: 'report',
    params: { title: 'Greenhouse gas emissions 2024', ...pause(50) },
  };
}

/** An input file as it lies on this machine. */
export function fileInput(name: string, path: string): DemoInput {
  const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
  return { name, artifact_uri: pathToFileURL(path).href, sha256 };
}

/** What an earlier step has written, as the manifest of its outputs names it. */
function artifact(results: string, step: string, artifactName: string, name: string): DemoInput {
  const manifest = JSON.parse(readFileSync(join(results, step, 'manifest.json'), 'utf8')) as {
    artifacts: readonly { name: string; uri: string; sha256: string }[];
  };
  const found = manifest.artifacts.find((a) => a.name === artifactName);
  if (found === undefined) throw new Error(`step ${step} has written no artifact ${artifactName}`);
  return { name, artifact_uri: found.uri, sha256: found.sha256, source_step: step };
}

/** The GLIP v1 manifest of a step, as an orchestrator would write it. */
export function manifestOf(step: DemoStep, runId: string, results: string): string {
  const { stepId, agent, image, inputs, output, params } = step;
  return JSON.stringify({
    apiVersion: 'glip/v1',
    kind: 'Invocation',
    metadata: {
      invocation_id: `inv-${runId.slice(0, 8)}-${stepId}`,
      run_id: runId,
      step_id: stepId,
      pipeline_id: 'demo',
    },
    spec: {
      agent: { name: agent, version: '1.0.0', image },
      inputs,
      outputs: [{ name: output, artifact_prefix: `${pathToFileURL(join(results, stepId)).href}/` }],
      params,
      resources: { cpu: '250m', memory: '256Mi', timeout_seconds: 60 },
    },
  });
}
