import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';

export const AGENTS = fileURLToPath(new URL('../../../agents/', import.meta.url));

export const SAMPLE = join(AGENTS, 'samples/activity-data.csv');

/** The agents run on older releases than the executor; AGENT_NODE names one to prove it on. */
const NODE = process.env.AGENT_NODE ?? process.execPath;

/** The parsed JSON of an agent's files; a test asserts what it needs of it. */
// biome-ignore lint/suspicious/noExplicitAny: documents of another program, checked by the assertions themselves.
export type Document = any;

/** What a test says about one invocation; the rest is filled in. */
export interface Invocation {
  readonly agent: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly output?: string;
  readonly params?: Record<string, unknown>;
  readonly env?: Record<string, string>;
  readonly manifest?: (manifest: Document) => Document;
}

/** A process at work on one invocation, in its own directory. */
export interface Run {
  readonly process: ChildProcess;
  readonly directory: string;
  readonly outputs: string;
  readonly published: string;
  readonly terminationLog: string;
  readonly invocationId: string;
  readonly stdout: () => string;
  readonly ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

export const readJson = (...path: string[]): Document => JSON.parse(readFileSync(join(...path), 'utf8'));

export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'glip-agent-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Starts the agent as the executor would: by its environment and its manifest, and by nothing else. */
export function start(invocation: Invocation): Run {
  const directory = temporaryDirectory();
  const paths = {
    directory,
    outputs: join(directory, 'outputs'),
    published: join(directory, 'published'),
    terminationLog: join(directory, 'termination-log'),
  };
  const invocationId = `inv-${directory.slice(-6)}`;
  const manifestPath = join(directory, 'manifest.json');
  const manifest = manifestOf(invocation, invocationId, paths.published);
  writeFileSync(manifestPath, JSON.stringify(invocation.manifest?.(manifest) ?? manifest));
  const child = spawn(NODE, [join(AGENTS, invocation.agent, 'main.mjs')], {
    env: {
      GLIP_INVOCATION_ID: invocationId,
      GLIP_INPUT_MANIFEST: manifestPath,
      GLIP_OUTPUT_DIR: paths.outputs,
      TERMINATION_MESSAGE_PATH: paths.terminationLog,
      ...invocation.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.pipe(process.stderr);
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  return { ...paths, process: child, invocationId, stdout: () => stdout, ended };
}

/** Runs one invocation to its end. */
export async function run(invocation: Invocation): Promise<Run & { code: number | null }> {
  const started = start(invocation);
  const { code } = await started.ended;
  return { ...started, code };
}

export const logLines = (text: string): Document[] =>
  text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line));

export const terminationMessage = ({ terminationLog }: Run): Document =>
  existsSync(terminationLog) ? JSON.parse(readFileSync(terminationLog, 'utf8')) : undefined;

/** Imports a module of the agents; they are plain JavaScript, so the caller says what it expects. */
export const importAgentModule = async <Module>(path: string): Promise<Module> =>
  (await import(/* @vite-ignore */ pathToFileURL(join(AGENTS, path)).href)) as Module;

function manifestOf(
  { inputs = {}, output, params = {} }: Invocation,
  id: string,
  published: string,
): Document {
  return {
    apiVersion: 'glip/v1',
    kind: 'Invocation',
    metadata: { invocation_id: id, run_id: 'run-1', step_id: 'step-1' },
    spec: {
      agent: { name: 'ANY.AGENT', version: '1.0.0', image: 'demo/any:1.0.0' },
      inputs: Object.entries(inputs).map(([name, path]) => ({
        name,
        artifact_uri: pathToFileURL(path).href,
        sha256: existsSync(path) ? sha256(path) : '0'.repeat(64),
      })),
      outputs: output ? [{ name: output, artifact_prefix: `${pathToFileURL(published).href}/` }] : [],
      params,
      observability: {
        trace_context: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
      },
    },
  };
}
