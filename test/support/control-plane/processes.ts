import { join } from 'node:path';
import { type BinaryName, findBinary, ofLine } from './binaries.ts';
import {
  type Component,
  type ComponentName,
  type ComponentSignal,
  logTail,
  startComponent,
} from './component.ts';
import * as flags from './flags.ts';

/** The programs of one control plane: which run, and why one that should does not. */
export interface Processes {
  readonly logs: Readonly<Record<ComponentName, string>>;
  readonly start: (name: ComponentName) => Promise<void>;
  /** Ends one on purpose; resolves when its process is gone. */
  readonly end: (name: ComponentName, signal: 'SIGKILL' | 'SIGTERM') => Promise<void>;
  readonly signal: (name: ComponentName, signal: ComponentSignal) => void;
  readonly pids: () => Readonly<Partial<Record<ComponentName, number>>>;
  /** Throws, with the end of its log, when one has ended that was not asked to. */
  readonly check: () => void;
  readonly endAll: () => Promise<void>;
}

const commandFlags = {
  etcd: flags.etcdFlags,
  'kube-apiserver': flags.apiServerFlags,
  'kube-controller-manager': flags.controllerManagerFlags,
  'kube-scheduler': flags.schedulerFlags,
  kwok: flags.kwokFlags,
} as const satisfies Record<ComponentName, (layout: flags.Layout) => readonly string[]>;

export const componentNames = Object.keys(commandFlags) as readonly ComponentName[];

export function createProcesses(layout: flags.Layout): Processes {
  const running = new Map<ComponentName, Component>();
  const logPath = (name: ComponentName): string => join(layout.directory, 'logs', `${name}.log`);

  /** Forgets one, so that its end is no fault any more. */
  const release = (name: ComponentName): Component | undefined => {
    const component = running.get(name);
    running.delete(name);
    return component;
  };
  const end = async (name: ComponentName, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> => {
    const component = release(name);
    component?.signal(signal);
    await component?.ended;
  };

  return {
    logs: Object.fromEntries(componentNames.map((name) => [name, logPath(name)])) as Record<
      ComponentName,
      string
    >,
    start: async (name) => {
      if (running.has(name)) throw new Error(`${name} runs already`);
      const component = await startComponent({
        name,
        binary: pathOf(ofLine(name, layout.line)),
        args: commandFlags[name](layout),
        logPath: logPath(name),
        supervisor: pathOf('supervise'),
      });
      running.set(name, component);
      void component.ended.then(() => {
        if (running.get(name) === component) console.error(ending(component));
      });
    },
    end,
    signal: (name, signal) => running.get(name)?.signal(signal),
    pids: () => Object.fromEntries([...running.values()].map(({ name, pid }) => [name, pid])),
    check: () => {
      for (const component of running.values()) {
        if (component.exitCode() !== undefined) throw new Error(ending(component));
      }
    },
    endAll: async () => {
      await Promise.all([...running.keys()].map((name) => end(name, 'SIGKILL')));
    },
  };
}

/** The path of a program that is known to be there. */
export function pathOf(name: BinaryName): string {
  const path = findBinary(name);
  if (path === undefined) throw new Error(`${name} is not built`);
  return path;
}

const ending = ({ name, exitCode, logPath }: Component): string =>
  `${name} ended by itself with exit code ${exitCode()}; its log ends:\n${logTail(logPath)}`;
