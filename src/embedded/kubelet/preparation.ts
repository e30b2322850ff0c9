import { type Clock, pause } from '../clock.ts';
import type { Delays } from '../delays.ts';
import type { Container, ContainerState, Pod } from '../objects.ts';
import { CATALOGUE_RULE, type Catalogue, type CatalogueEntry, findEntry, pullFailure } from './catalogue.ts';
import { type Prepared, prepareContainer } from './container.ts';
import { ConfigError, type Lookup, type PathMap } from './environment.ts';
import type { Reporter } from './reporter.ts';
import { layOutMounts, MountError, resolveVolumes, writeVolumes } from './volumes.ts';

export type PreparationDeps = {
  readonly clock: Clock;
  readonly delays: Delays;
  readonly catalogue: Catalogue;
  readonly lookup: Lookup;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
};

const LONGEST_MOUNT_WAIT = 120_000;
const LONGEST_PULL_WAIT = 300_000;

/** Waits until everything that the pod mounts is there, and writes it. False when the pod is stopped first. */
export async function mountVolumes(deps: PreparationDeps, pod: Pod, directory: string): Promise<boolean> {
  const { clock, delays, reporter, signal } = deps;
  for (let wait = delays.mountRetry; !signal.aborted; wait = Math.min(wait * 2, LONGEST_MOUNT_WAIT)) {
    try {
      await writeVolumes(directory, resolveVolumes(pod, deps.lookup));
      return true;
    } catch (error) {
      if (!(error instanceof MountError)) throw error;
      reporter.event('Warning', 'FailedMount', error.message);
      await pause(clock, wait, signal);
    }
  }
  return false;
}

type Waiting = (name: string, state: ContainerState) => void;

/** Waits until the catalogue has the image: as it never changes, until the pod is stopped. Undefined when it is. */
export async function pullImage(
  deps: PreparationDeps,
  { name, image }: Container,
  waiting: Waiting,
): Promise<CatalogueEntry | undefined> {
  const { clock, delays, reporter, signal } = deps;
  const entry = findEntry(deps.catalogue, image);
  if (entry !== undefined) {
    const message = `Container image "${image}" already present on machine and can be accessed by the pod`;
    reporter.event('Normal', 'Pulled', message, name);
    return entry;
  }
  const failure = pullFailure(image);
  for (let wait = delays.pullRetry; !signal.aborted; wait = Math.min(wait * 2, LONGEST_PULL_WAIT)) {
    reporter.event('Normal', 'Pulling', `Pulling image "${image}"`, name);
    reporter.event('Warning', 'Failed', `Failed to pull image "${image}": ${failure}`, name);
    reporter.event('Warning', 'Failed', 'Error: ErrImagePull', name);
    waiting(name, { waiting: { reason: 'ErrImagePull', message: failure } });
    if (!(await pause(clock, wait, signal))) return undefined;
    reporter.event('Normal', 'BackOff', `Back-off pulling image "${image}"`, name);
    reporter.event('Warning', 'Failed', 'Error: ImagePullBackOff', name);
    waiting(name, {
      waiting: {
        reason: 'ImagePullBackOff',
        message: `Back-off pulling image "${image}": ErrImagePull: ${failure}`,
      },
    });
    await pause(clock, wait, signal);
  }
  return undefined;
}

/** Waits until what the container's environment refers to is there. Undefined when the pod is stopped first. Throws RefusedError. */
export async function configure(
  deps: PreparationDeps,
  pod: Pod,
  container: Container,
  entry: CatalogueEntry,
  directory: string,
  waiting: Waiting,
): Promise<Prepared | undefined> {
  const { clock, delays, reporter, signal } = deps;
  const mounts: PathMap = await layOutMounts(directory, pod, container.name);
  while (!signal.aborted) {
    try {
      return prepareContainer(pod, container, entry, directory, mounts, deps.lookup);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      reporter.event('Warning', 'Failed', `Error: ${error.message}`, container.name);
      waiting(container.name, { waiting: { reason: 'CreateContainerConfigError', message: error.message } });
      await pause(clock, delays.configRetry, signal);
    }
  }
  return undefined;
}

/** What of a pod this cluster never runs, or undefined. */
export function refusalOf(pod: Pod): string | undefined {
  return (pod.spec.initContainers?.length ?? 0) > 0
    ? `${CATALOGUE_RULE}: init containers are refused`
    : undefined;
}
