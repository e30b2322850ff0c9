import type { Told } from './ordered-end.ts';
import type { OutcomeReason } from './outcome-reasons.ts';

type Reading = readonly [words: RegExp, reason: OutcomeReason, sentence: (command: string) => string];

/** runc's words for what it could not start (libcontainer), most exact first. */
const readings: readonly Reading[] = [
  [
    /chdir to cwd|working directory/i,
    'WorkingDirectoryMissing',
    () => 'The working directory is not in the image',
  ],
  [
    /exec format error/i,
    'CommandNotExecutable',
    (command) => `The command${command} is not made for this node's kind of machine`,
  ],
  [
    /executable file not found|no such file or directory/i,
    'CommandNotFound',
    (command) => `The command${command} is not in the image`,
  ],
  [/permission denied/i, 'CommandNotExecutable', (command) => `The command${command} may not be executed`],
];

/**
 * What runc writes as the container's own output, and ends it with 1, when the kernel does not know the command's format: it looks like an
 * agent that ran and failed. Whoever forges it calls only itself broken.
 */
export const isWrongFormat = (exitCode: number, message: string): boolean =>
  [1, 255].includes(exitCode) && /^exec \S+: exec format error$/.test(message.trim());

/** Why the container's process could not be started, from the runtime's message. */
export function startError(message: string): Told {
  const image = { category: 'IMAGE', retry: 'NO' } as const;
  const found = readings.find(([words]) => words.test(message));
  if (found === undefined) return { ...image, reason: 'StartError', message };
  const command = /exec:? ("[^"]*"|\/\S+(?=:))/.exec(message)?.[1];
  return {
    ...image,
    reason: found[1],
    message: `${found[2](command === undefined ? '' : ` ${command}`)}: ${message}`,
  };
}
