import type { LogStore } from '../job/ports.ts';
import type { ObjectRef } from '../step/step.ts';
import { createLineReader } from './log-line.ts';

/** More than a screen, and more than is kept of it. */
const tailLines = 40;
const longestLine = 2_048;
const most = 4_096;

/** The end of a container's output, without times; empty where there is none, or where it cannot be had. */
export async function readLogTail(
  store: LogStore,
  pod: ObjectRef,
  container: string,
  signal: AbortSignal,
): Promise<string> {
  const answer = await store.openLog(pod, { container, follow: false, tailLines }, signal);
  if (typeof answer === 'string') return '';
  const reader = createLineReader(longestLine);
  let text = '';
  for await (const chunk of answer)
    for (const line of reader.lines(chunk))
      if (line.time !== undefined) text = `${text}${line.text}\n`.slice(-most);
  const rest = reader.rest();
  return rest?.time === undefined ? text : `${text}${rest.text}`.slice(-most);
}
