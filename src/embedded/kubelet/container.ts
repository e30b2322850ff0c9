import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { timestamp } from '../clock.ts';
import type { Container, ContainerState, Pod } from '../objects.ts';
import { quantityOf, wholeUnits } from '../quantity.ts';
import type { CatalogueEntry } from './catalogue.ts';
import { environmentOf, type Lookup, type PathMap } from './environment.ts';
import { createLogFile, type LogFile } from './log-file.ts';
import type { MemoryGuard } from './memory.ts';
import { type Program, startProgram } from './process.ts';
import { terminationMessage } from './termination-message.ts';
import type { Watchdog } from './watchdog.ts';

/** A container whose program runs. */
export type RunningContainer = {
  readonly name: string;
  readonly id: string;
  readonly startedAt: string;
  readonly log: LogFile;
  readonly program: Program;
  /** Resolves to its final state when it has ended. */
  readonly ended: Promise<ContainerState>;
};

export type ContainerDeps = {
  readonly now: () => number;
  readonly watchdog: Watchdog;
  readonly memory: MemoryGuard;
};

/** What a container is to run, settled before it starts. */
export type Prepared = {
  readonly container: Container;
  readonly entry: CatalogueEntry;
  readonly env: Record<string, string>;
  readonly directory: string;
  readonly messageFile: string;
};

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Settles command and environment. Throws ConfigError or RefusedError. */
export function prepareContainer(
  pod: Pod,
  container: Container,
  entry: CatalogueEntry,
  podDirectory: string,
  mounts: PathMap,
  lookup: Lookup,
): Prepared {
  const directory = join(podDirectory, 'containers', container.name);
  const messageFile = join(directory, 'termination-message');
  const base = {
    PATH,
    HOME: join(directory, 'root'),
    HOSTNAME: pod.metadata.name,
    TERMINATION_MESSAGE_PATH: messageFile,
  };
  const paths: PathMap = [
    ...mounts,
    [container.terminationMessagePath ?? '/dev/termination-log', messageFile],
  ];
  return {
    container,
    entry,
    env: environmentOf(pod, container, entry, paths, lookup, base),
    directory,
    messageFile,
  };
}

function reasonOf(exitCode: number, outOfMemory: boolean): string {
  if (outOfMemory) return 'OOMKilled';
  return exitCode === 0 ? 'Completed' : 'Error';
}

/** Starts a prepared container. Rejects with StartError. */
export async function startContainer(deps: ContainerDeps, prepared: Prepared): Promise<RunningContainer> {
  const { container, entry, env, directory, messageFile } = prepared;
  const cwd = join(directory, 'root');
  await mkdir(cwd, { recursive: true });
  const log = createLogFile(join(directory, 'logs'));
  const program = await startProgram(entry.command, { cwd, env, log, watchdog: deps.watchdog });
  const id = `embedded://${randomBytes(32).toString('hex')}`;
  const startedAt = timestamp(deps.now());
  let outOfMemory = false;
  const limit = wholeUnits(quantityOf(container.resources?.limits?.memory));
  const unwatch =
    limit > 0
      ? deps.memory.watch(program.pid, limit, () => {
          outOfMemory = true;
          program.kill();
        })
      : () => undefined;
  const ended = program.exited.then(async (exitCode): Promise<ContainerState> => {
    unwatch();
    const finishedAt = timestamp(deps.now());
    const message = await terminationMessage(
      messageFile,
      container.terminationMessagePolicy,
      exitCode !== 0,
      log,
    );
    const said = message === '' ? {} : { message };
    const reason = reasonOf(exitCode, outOfMemory);
    return { terminated: { exitCode, reason, ...said, startedAt, finishedAt, containerID: id } };
  });
  return { name: container.name, id, startedAt, log, program, ended };
}
